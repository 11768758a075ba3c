/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether units that were started stay up, where no health check says so.
 */
#pragma once

#include "sandbox/registry.h"

/* Watches a running container for two seconds. -ECHILD: one of the units is not active, or systemd had to restart it. */
int watch_up(const Container *container, char *const *units, Error **ret_error);
