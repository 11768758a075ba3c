/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * systemd-machined, where the host has it: it is told of containers, so that machinectl and what else asks it shows them.
 */
#pragma once

#include "engine/spec/spec.h"

/* Returns at once: busctl does it beside us, and a container runs on where it fails. */
void machine_register(const char *name, const Spec *spec, pid_t leader);
void machine_unregister(const char *name, const Spec *spec);
