/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file that a Spec wants the console to be written to, and the one before it: what a container says must not fill the host's disk.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

#define CONSOLE_LOG_MAX                                                                            \
	(16u * 1024 *                                                                              \
		1024) /* bytes of one; then it becomes PATH.1, in the place of the last one of that name */

typedef struct ConsoleLog {
	int directory_fd, fd; /* -EBADF: no file is wanted */
	const char *name; /* borrowed from the path */
	size_t size;
} ConsoleLog;

#define CONSOLE_LOG_NONE ((ConsoleLog){ .directory_fd = -EBADF, .fd = -EBADF })

/* Appends to a file of that path, which is borrowed, or makes it, readable by root alone. Nobody else may be able to change the way to it. */
int console_log_open(ConsoleLog *log, const char *path, Error **ret_error);
void console_log_write(ConsoleLog *log, const char *text, size_t size);
void console_log_close(ConsoleLog *log);
