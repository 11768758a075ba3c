/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Settings of the whole host that its units live by.
 */
#pragma once

#include "host/host-root.h"

/* Fills facts->manager_settings, sysctls, hosts, and adds to tmpfiles. */
int host_settings_read(const HostRoot *root, Facts *facts, Error **ret_error);
