/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What engine_enter() asks virt-sandbox-enter to do, as one sealed piece of memory. Both are ours, but the reader is about to go among
 * hostile processes: lengths are checked all the same, and what it does not need is not in there.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

#define ENTER_REQUEST_MAX                                                                          \
	(4u * 1024 *                                                                               \
		1024) /* bytes; the kernel takes 128 KiB a string and 2 MiB in all by default */
#define ENTER_STRINGS_MAX 65536u

/* The helper's descriptors. */
enum {
	ENTER_FD_SOCKET = 3, /* the start protocol, SIDE_PAYLOAD */
	ENTER_FD_STATUS, /* a pipe for how the command ended: an int as from a shell's $? */
	ENTER_FD_REQUEST,
	ENTER_FD_PIDFD, /* the container's PID 1 */
	ENTER_FD_PROC, /* the host's /proc */
	_ENTER_FD_END,
};

typedef struct EnterRequest {
	char *spec; /* spec_format_process() of the container's */
	bool terminal;
	bool background; /* the caller does not stay */
	bool old_mounts; /* for seccomp_apply() */
	char *user; /* as given; NULL: root */
	char *directory; /* NULL: the home of the account */
	char *label_file; /* below /proc/thread-self; NULL: no label */
	char *label_text;
	char **argv; /* NULL: the user's login shell */
	char **envp; /* without HOME, USER, LOGNAME, SHELL, which come from the account inside */
} EnterRequest;

void enter_request_done(EnterRequest *request);
#define _cleanup_enter_request_ _cleanup_(enter_request_done)

void enter_request_format(const EnterRequest *request, Buf *buf);
/* -EBADMSG for anything that enter_request_format() does not make, -ENOMEM. */
int enter_request_parse(const char *data, size_t size, EnterRequest *ret);
