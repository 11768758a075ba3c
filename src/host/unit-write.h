/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of the host's units for a container. Pure: no file is touched.
 *
 * NAME_sandbox.service runs the container. UNIT@NAME.service is the same container under the name of what runs in it. systemd allows
 * an alias only between names of one kind (plain, template, instance), so it is a small unit of its own, tied both ways:
 * each is started, stopped, restarted, enabled and disabled with the other.
 */
#pragma once

#include "desc/places.h"

typedef struct WrittenUnit {
	char *name; /* "web1_sandbox.service" */
	char *text;
} WrittenUnit;

typedef struct WrittenUnits {
	WrittenUnit *items; /* NAME_sandbox.service first */
	size_t n;
} WrittenUnits;

/* First line of each text: what is written without it is somebody else's. */
int unit_write_mark(const Desc *desc, char **ret, Error **ret_error);
int unit_write(const Desc *desc, const Places *places, WrittenUnits *ret, Error **ret_error);
void written_units_done(WrittenUnits *units);
#define _cleanup_written_units_ _cleanup_(written_units_done)
