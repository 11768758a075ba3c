/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of the running host stops with units: they themselves, what starts them by itself (sockets, timers, paths), and what depends on them. Read only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define STOP_UNITS_MAX 256 /* more hang on nothing that one container takes over */

typedef struct StopUnit {
	char *name;
	bool active; /* or about to be: it would stop */
	bool enabled; /* starts when the host boots */
	bool fixed; /* starts with what wants it, and cannot be disabled */
	bool dependent; /* no trigger: it stops because it needs another one */
	char **triggers, **dependents;
	char *cgroup; /* of its processes; NULL: none */
	char **listen; /* of a socket: "[::]:22 (Stream)" */
} StopUnit;

typedef struct StopUnits {
	StopUnit *units; /* those asked for first */
	size_t n;
} StopUnits;

void stop_units_done(StopUnits *units);
#define _cleanup_stop_units_ _cleanup_(stop_units_done)

/* names: complete ones. -ENOENT: the host's systemd has no such unit. */
int stop_units_ask(char *const *names, StopUnits *ret, Error **ret_error);
/* One unit's part of "systemctl show", cut up in place. 0, -EBADMSG, -ENOMEM. */
int stop_unit_parse(char *text, StopUnit *ret);
