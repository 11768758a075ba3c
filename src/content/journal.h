/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal of one tree: an append-only text that says what there is to undo, written before it is done.
 *
 *	virt-sandbox-journal 1
 *	temporary PATH        the empty directory that becomes the tree, under a name that no container can have and nobody else uses
 *	tree INODE BORN PATH  the tree; what has another inode number, or was made at another time, is not ours. Not the number of its device: that may be
 *	                      another one after a reboot. BORN: nanoseconds, 0 where the file system does not know; missing before 0.1.1
 *	kept-back PATH        below the tree: a secret of the host, not copied
 *	changing PATH         below the tree: written to by the host while it was copied
 *	beyond PATH           below the tree: its owner has a number that no container has
 *	astray PATH           below the tree: a link to what only the host has
 *	done                  the tree is complete
 *
 * A last line without its newline was torn by a crash and counts as not written.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "content/plan-watch.h"

#define JOURNAL_REMARKS_MAX                                                                        \
	1024 /* lines of kept-back, changing and astray: what nobody would read through is not written */

typedef struct JournalText {
	char *temporary, *tree; /* NULL: not written */
	uint64_t inode, born; /* born 0: not known */
	PlanRemarks remarks;
	bool done;
} JournalText;

/* Parses what an attacker could not have written but a crash could have mangled: -EBADMSG with the line for anything that is not as above, for
 * paths that are not normal, and for a temporary that is not beside its tree. */
int journal_parse(const char *text, JournalText *ret, Error **ret_error);
void journal_text_done(JournalText *text);

/* When a file was made, in nanoseconds; 0 where the file system does not know. 0 or a negative errno. */
int journal_born(int fd, uint64_t *ret);

int journal_open(const char *path, int *ret_fd, Error **ret_error);
int journal_write(int fd, const char *fmt, ...) _printf_(2, 3);
/* kept-back, changing or astray. The path was named by the owner of a copied directory, who need not be root: it cannot make a line of its own, a newline becomes '?'. */
int journal_remark(int fd, const char *what, const char *path);

/* What plan_apply() has to say about what it copied, from its journal. */
int plan_remarks(const char *journal, PlanRemarks *ret, Error **ret_error);
/* Removes what the journal says was made, then the journal. A missing journal is success. */
int plan_undo(const char *journal, Error **ret_error);
