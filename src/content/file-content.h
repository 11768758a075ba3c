/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The content of one file: shared with its source where the file system can, else copied with its holes; and whether it is a
 * secret.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "plan/secret.h"

#define CONTENT_SECRET 1
#define CONTENT_SMALL (64 * 1024) /* bytes: read and written at once, looked through whole */

/* What went through our hands while a file was copied. */
typedef struct ContentSeen {
	char data[CONTENT_SMALL];
	size_t size;
	bool whole; /* data is all of the copy; larger files are copied by the kernel */
} ContentSeen;

/* Copies size bytes from in to the empty file out. 0, CONTENT_SECRET when it is one by these words (out is unspecified then; NULL: nobody asks), or a
 * negative errno. blocks: st_blocks of the source, to know whether it has holes. */
int content_copy(int in, int out, off_t size, blkcnt_t blocks, const SecretWords *secrets,
	ContentSeen *ret_seen);

/* Shares all of the content of in with the empty file out: 0; 1: the file system cannot. */
int content_clone(int in, int out);
/* Copies the bytes from begin to end, to the same place. */
int content_copy_extent(int in, int out, off_t begin, off_t end);

/* Copies the extended attributes that mean the same inside: user.* and POSIX ACLs, with their ids counted from these. ret_capability: the source has file capabilities. */
int content_copy_attributes(int in, int out, uid_t from_base, uid_t to_base, bool *ret_capability);

/* File capabilities, which a change of owner takes away: to be copied last. Those of another user namespace are not. */
int content_copy_capability(int in, int out);
