/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which existing files were relabelled for a container and what they had before, one file for each container. Written before the first label changes; it is
 * what delete goes by where the files themselves cannot remember.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

#define RELABEL_NONE "-" /* stands for: had no label */

typedef struct RelabelEntry {
	char *path, *old;
} RelabelEntry;

typedef struct RelabelJournal {
	RelabelEntry *entries; /* sorted by path once loaded or saved */
	size_t n, room;
} RelabelJournal;

void relabel_journal_done(RelabelJournal *journal);
#define _cleanup_relabel_journal_ _cleanup_(relabel_journal_done)

/* Lines "LABEL PATH"; in the path blank, newline and backslash are \ooo. -EINVAL names file and line. */
int relabel_journal_parse(
	const char *text, const char *file, RelabelJournal *ret, Error **ret_error);
int relabel_journal_load(
	const char *container, RelabelJournal *ret, Error **ret_error); /* missing: empty */
/* Drops what is gone from the file system. -EBUSY with the first path when something is left: it must be restored first. */
int relabel_journal_close(const char *container, Error **ret_error);
/* Replaces it on disk; an empty one is removed. */
int relabel_journal_save(const char *container, RelabelJournal *journal, Error **ret_error);

int relabel_journal_add(
	RelabelJournal *journal, const char *path, const char *old, Error **ret_error);
/* Of the first n entries, which must be sorted. NULL if there is none. */
const RelabelEntry *relabel_journal_find(const RelabelJournal *journal, size_t n, const char *path);
