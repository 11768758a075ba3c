/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of the host that a command line names, beside vsb_open_file().
 */
#pragma once

#include "base/error.h"

typedef struct NewFile { /* one that will be made */
	char *path, *name;
	int directory; /* O_PATH */
} NewFile;

#define NEW_FILE_NONE                                                                              \
	(NewFile)                                                                                  \
	{                                                                                          \
		.directory = -EBADF                                                                \
	}

void new_file_done(NewFile *file);
#define _cleanup_new_file_ _cleanup_(new_file_done)

/* Where it will be: in a directory that no container can exchange. -EEXIST: it is there. */
int new_file_begin(const char *path, NewFile *ret, Error **ret_error);
/* Its content, without a name: to write and to read. */
int new_file_open(const NewFile *file, int *ret_fd, Error **ret_error);
/* Names it when all of it is on the disk: under its name there is all of it or nothing. */
int new_file_name(const NewFile *file, int fd, Error **ret_error);
/* From the current directory, in normal form; newly allocated, or NULL with errno. */
char *host_file_absolute(const char *path);
