/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command inside whose output we want to know. It is the container's own program and answers what it likes, as long as it likes: the
 * output has a limit, and waiting is the caller's, who has a descriptor to poll and a clock.
 */
#pragma once

#include "base/buf.h"
#include "engine/enter/helper.h"

#define QUERY_OUTPUT_MAX (1024u * 1024) /* bytes */

typedef struct Query {
	EnterProcess process;
	int out_fd; /* -EBADF: there is no query */
	Buf output;
} Query;

#define QUERY_NONE                                                                                 \
	((Query){ .process = { .pidfd = -EBADF,                                                    \
			  .helper_fd = -EBADF,                                                     \
			  .status_fd = -EBADF,                                                     \
			  .master_fd = -EBADF },                                                   \
		.out_fd = -EBADF })

/* 0: out_fd and process.status_fd can be polled for POLLIN. 126, 127 as enter_process_start(). */
int query_start(const EnterSpec *spec, Query *ret, Error **ret_error);
/* Reads what is there. -EFBIG. */
int query_read(Query *query, Error **ret_error);
/* When the process has ended: its status, and its output, newly allocated. The query is empty then. */
int query_finish(Query *query, int *ret_status, char **ret_output, size_t *ret_size,
	Error **ret_error); /* ret_size may be NULL */
void query_done(Query *query); /* kills it if it still runs */
#define _cleanup_query_ _cleanup_(query_done)
