/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plug-ins: parts that need a library which the start of a container does not (libselinux, libnftables, librpm, ...).
 * Each is one shared object that exports one const struct named vsb_plugin_NAME. They stay loaded until the process ends.
 */
#pragma once

#include "base/error.h"

/* Loads NAME.so from our libexec directory and finds vsb_plugin_NAME. -ENOENT with a sentence when it is not installed. */
int plugin_load(const char *name, const void **ret, Error **ret_error);
