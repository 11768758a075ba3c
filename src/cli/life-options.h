/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the commands of a container's life share.
 */
#pragma once

#include "cli/command.h"

#define DEFAULT_STOP_SECONDS 30
#define STOP_SECONDS_PROBLEM "--time expects a number of seconds up to one day"

/* Of an option; -1 if it is no number of seconds. */
int seconds_of(const Args *args, const char *option, int otherwise);
/* --time; -1 if it is no number of seconds. */
int stop_seconds(const Args *args);
/* The address, for scripts: http://$(virt-sandbox-service start web1)/. With several names each is told. */
int print_address(const char *name, const Args *args, vsb_error **error);
/* Of a container that runs: prints what is in the way of its network. No failure. */
void warn_of_network(const char *name);
