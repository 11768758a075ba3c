/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file that export writes and import reads: a tar archive of three members, in this order, that tar(1) lists and extracts as well:
 *
 *	virt-sandbox-export   the head: lines of a word and its value, see ExportHead; the first is "virt-sandbox-export 1"
 *	container.sandbox     the description, without an identity
 *	tree.tar.zst          the content, a tar archive packed by zstd(1)
 *
 * Whoever made it may have put anything into it. Here only the outer archive is read, and strictly: what is not as we write it is refused. What is in the content
 * nobody reads but tar(1) in a sandbox, and no more than the head says that it is.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

#define EXPORT_HEAD_MAX (4u << 20) /* bytes of the head */
#define EXPORT_DESCRIPTION_MAX (1u << 20)
#define EXPORT_HASH_SIZE 64 /* hex digits of SHA-256 */

typedef struct ExportHead {
	char *name; /* of the container */
	char *version; /* of virt-sandbox that wrote it */
	char *machine; /* uname -m: "x86_64" */
	char *system; /* of its host, as os-release(5) names it: "Debian GNU/Linux 12 (bookworm)" */
	char *hash; /* of the packed content */
	uint64_t size; /* bytes of the content, unpacked, as a tar archive */
	uint64_t entries; /* files and directories in it */
	char **packages; /* "NAME VERSION": those that it needs from its host, as they were there */
} ExportHead;

typedef struct ExportFile {
	ExportHead head;
	char *description; /* NUL-terminated */
	uint64_t offset, packed; /* where the content is, bytes */
} ExportFile;

void export_head_done(ExportHead *head);
void export_file_done(ExportFile *file);
#define _cleanup_export_head_ _cleanup_(export_head_done)
#define _cleanup_export_file_ _cleanup_(export_file_done)

/* Text of a head and back. -EBADMSG names the line. */
int export_head_format(const ExportHead *head, char **ret, Error **ret_error);
int export_head_parse(const char *text, ExportHead *ret, Error **ret_error);

/* Reads all but the content, of which it says where it is. -EBADMSG, -EFBIG. */
int export_file_read(int fd, ExportFile *ret, Error **ret_error);
/* Writes all of it at the beginning of fd; content_fd is read from its beginning to its end. */
int export_file_write(
	int fd, const ExportHead *head, const char *description, int content_fd, Error **ret_error);
