/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A service as one process that nobody's systemd starts: what its unit says of it that a bare process can have.
 */
#pragma once

#include "host/facts.h"

typedef struct UnitProcess {
	char **argv; /* variables replaced */
	char **environment;
	char *user, *group; /* names or numbers; NULL: root, and the user's */
	char *directory; /* NULL: "/" */
	char *signal; /* that ends it, "SIGTERM" */
	char **runtime; /* below /run, its own: "NAME" */
	mode_t runtime_mode;
	char **notes; /* what it has under systemd, and a bare process has not */
} UnitProcess;

void unit_process_done(UnitProcess *process);
#define _cleanup_unit_process_ _cleanup_(unit_process_done)

/* Text of a file of the container, newly allocated; -ENOENT. */
typedef int (*UnitReadFile)(const char *path, void *data, char **ret);

/* The one service of the facts: an asked one, or the one that it stands for. -EINVAL: there is none, or several. */
int unit_process_find(const Facts *facts, const FactUnit **ret, Error **ret_error);
/* -EOPNOTSUPP: systemd alone can run it; the remedy is the caller's to name. */
int unit_process_make(const Facts *facts, const FactUnit *unit, UnitReadFile read, void *data,
	UnitProcess *ret, Error **ret_error);
