/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs of the host that read what others made: a script of the shell in a sandbox of its own, with ids of its own. It has nothing but what it reads, a
 * directory to fill, and one to speak in: a path or link that leads out of these leads nowhere, and no device can be made.
 */
#pragma once

#include "base/error.h"
#include "desc/desc.h"
#include "sandbox/execute.h"

#define TOOL_FROM "/mnt/from" /* what it reads: a file or a directory of the host */
#define TOOL_INTO "/mnt/base" /* SCRATCH/root */
#define TOOL_SAY "/mnt/say" /* SCRATCH/say, emptied before: what it says, in "out" and "err" */

#define TOOL_BEGIN "exec >" TOOL_SAY "/out 2>" TOOL_SAY "/err; umask 022; "
/* What tar(1) keeps of a file beside its mode and times. */
#define TOOL_TAR_META                                                                              \
	"--numeric-owner --acls --xattrs --xattrs-include=security.capability "                    \
	"--xattrs-include='user.*' "
#define TOOL_TAR_IN                                                                                \
	"tar --extract --directory=" TOOL_INTO                                                     \
	" --same-owner --preserve-permissions --delay-directory-restore " TOOL_TAR_META
/* The same bytes of the same files. */
#define TOOL_TAR_OUT                                                                               \
	"tar --create --format=pax --one-file-system --sort=name "                                 \
	"--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime " TOOL_TAR_META

/* from: NULL: nothing. readonly: what it fills, it only reads. ret_said: its output; NULL: not wanted. -EINVAL with its first words of complaint where it fails, or
 * took names that begin with "/" or have ".." in them; -EINTR: it was ended by who watches, if somebody does. */
int tool_run_watched(const OneshotWatch *watch, const char *script, const char *scratch,
	const char *from, bool readonly, char **ret_said, Error **ret_error);
