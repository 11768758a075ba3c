/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One file's label and what is remembered with it, through any descriptor (O_PATH, symbolic links and device nodes included); and the walk over a tree.
 */
#pragma once

#include "label/driver.h"

#define FILELABEL_DEPTH_MAX 256 /* directories inside each other */

/* NULL label: the file has none, or its file system keeps none. */
int filelabel_get(const Label *label, int fd, char **ret, Error **ret_error);
/* text NULL: takes the label away. */
int filelabel_set(const Label *label, int fd, const char *text, Error **ret_error);
bool filelabel_is_ours(const Label *label, const char *text);

/* The label that was there before ours, and the containers that use the file: names and not their number, so that one that died on its way is neither
 * counted twice nor taken off without having been counted. users NULL: nothing is remembered. */
typedef struct FileMemory {
	char *old;
	char **users;
} FileMemory;
void filememory_done(FileMemory *memory);
#define _cleanup_filememory_ _cleanup_(filememory_done)

int filememory_get(const Label *label, int fd, FileMemory *ret, Error **ret_error);
/* Without users it forgets. On file systems without such attributes a no-op: the journal remembers as well. */
int filememory_set(const Label *label, int fd, const FileMemory *memory, Error **ret_error);

/* Called for a directory before what is in it. path is the full one; inherited is what the visitor left in *inherited at the directory above (borrowed
 * text that must outlive the walk, or NULL). */
typedef int (*FileVisitor)(int fd, const struct stat *st, const char *path, const char **inherited,
	void *data, Error **ret_error);

/* Visits path, in which no component is a link, and all below it, without following links or going into what is mounted there. What vanishes meanwhile is passed over. */
int filelabel_walk(const char *path, FileVisitor visitor, void *data, Error **ret_error);
