/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has to be undone when a take-over ends too early, on disk before it is done: LAYOUT_RESERVATIONS/take-over/NAME. Who lives holds its lock; the record of a
 * command that died is undone by the next one.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

typedef struct TakeOverRecord {
	char *name, *path; /* of the container, of the record */
	int fd;
	char **stopped; /* units of the host that ran */
	char **disabled; /* and those that started at boot */
	bool made, disabling; /* how far it has come */
} TakeOverRecord;

#define TAKE_OVER_RECORD_NONE                                                                      \
	{                                                                                          \
		.fd = -EBADF                                                                       \
	}

/* -EBUSY: there is one already, of a command that lives or that cannot be undone. The lists are the record's from now on, also where it fails. */
int take_over_record_begin(
	const char *name, char **stopped, char **disabled, TakeOverRecord *ret, Error **ret_error);
/* Before it happens: there is a container of ours, or: the host's units are disabled. */
int take_over_record_made(TakeOverRecord *record, Error **ret_error);
int take_over_record_disabling(TakeOverRecord *record, Error **ret_error);
/* No container, and the host's units as they were. All is tried; the first failure is reported. */
int take_over_record_undo(TakeOverRecord *record, Error **ret_error);
/* There is nothing to undo any more. */
void take_over_record_commit(TakeOverRecord *record);
void take_over_record_done(TakeOverRecord *record);
#define _cleanup_take_over_record_ _cleanup_(take_over_record_done)

/* Undoes those of commands that died. What cannot be undone stays for the next command, and is no failure of this one. */
int take_over_sweep(Error **ret_error);
