/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container, or the snapshot of one, that is written to a file: its content does not change meanwhile.
 */
#pragma once

#include "sandbox/handle.h"
#include "sandbox/still.h"

typedef struct ExportSource {
	Container container;
	NameLock *lock;
	Still still;
	char *scratch;
	int scratch_lock;
} ExportSource;

#define EXPORT_SOURCE_NONE                                                                         \
	(ExportSource)                                                                             \
	{                                                                                          \
		.scratch_lock = -EBADF                                                             \
	}

/* Its description; a full system is -EOPNOTSUPP. */
int export_source_open(const char *name, ExportSource *ret, char **ret_tag, Error **ret_error);
/* From here on it is still, and there is a place to work in. flags: VSB_PAUSE. tag: NULL: the container itself. */
int export_source_begin(
	ExportSource *source, const char *tag, unsigned int flags, Error **ret_error);
void export_source_end(ExportSource *source);
#define _cleanup_export_source_ _cleanup_(export_source_end)
