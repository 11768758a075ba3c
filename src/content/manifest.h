/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a container's /etc was when the tool last wrote it: path and digest of every file, so that upgrade can tell the administrator's changes
 * from the packages'.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define MANIFEST_FILES_MAX 65536 /* files of one /etc */
#define MANIFEST_BYTES_MAX (1024u * 1024 * 1024) /* that are read to make one */
#define MANIFEST_DEPTH_MAX 400

typedef struct ManifestFile {
	char *path; /* relative to the directory */
	uint64_t digest;
} ManifestFile;

typedef struct Manifest {
	ManifestFile *files; /* sorted by path */
	size_t n_files;
} Manifest;

void manifest_done(Manifest *manifest);
#define _cleanup_manifest_ _cleanup_(manifest_done)

/* Remembers what was just written to path, so that it need not be read again. 0 or a negative errno. */
int manifest_note(Manifest *noted, const char *path, bool link, const char *content, size_t size);
/* Regular files and symbolic links below directory_fd; nothing is followed. noted, or NULL: what need not be read; it is sorted. */
int manifest_make(int directory_fd, Manifest *noted, Manifest *ret, Error **ret_error);
/* The digest of path, or NULL if it is not in the manifest. */
const uint64_t *manifest_find(const Manifest *manifest, const char *path);

/* Not yet on disk when it returns: see file_write_unsynced(). */
int manifest_save(const Manifest *manifest, const char *path, Error **ret_error);
/* A container without one has an empty manifest: everything counts as changed by the administrator. */
int manifest_load(const char *path, Manifest *ret, Error **ret_error);
int manifest_forget(const char *path, Error **ret_error);

/* The text of the file, as manifest_load() reads it. -EINVAL with the line's number for what is not a manifest. */
int manifest_parse(const char *text, Manifest *ret, Error **ret_error);
