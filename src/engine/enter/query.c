/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command inside whose output we want to know.
 */
#include "engine/enter/query.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

#define READ_SIZE 4096 /* bytes at once, on the stack */

void query_done(Query *query)
{
	enter_process_done(&query->process);
	(void)fd_close(query->out_fd);
	buf_done(&query->output);
	*query = QUERY_NONE;
}

int query_start(const EnterSpec *spec, Query *ret, Error **ret_error)
{
	_cleanup_fd_ int in = -EBADF, out = -EBADF, out_end = -EBADF, err = -EBADF;
	_cleanup_query_ Query query = QUERY_NONE;
	int fds[2], r;

	/* The other end is closed at once: its input is empty. */
	r = label_pipe(spec->label, fds, ret_error);
	if (r < 0)
		return r;
	in = fds[0];
	(void)fd_close(fds[1]);
	r = label_pipe(spec->label, fds, ret_error);
	if (r < 0)
		return r;
	out = fds[0];
	out_end = fds[1];
	err = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (err < 0 || fcntl(out, F_SETFL, O_NONBLOCK) < 0)
		return error_errno(ret_error, errno, "cannot set up the command's output");
	r = enter_process_start(spec,
		(int[3]){ spec->input_fd > 0 ? spec->input_fd : in, out_end, err }, &query.process,
		ret_error);
	if (r != 0)
		return r;
	query.out_fd = TAKE_FD(out);
	*ret = query;
	query = QUERY_NONE;
	return 0;
}

int query_read(Query *query, Error **ret_error)
{
	char data[READ_SIZE];
	ssize_t n;

	/* Ends at end of file, when nothing is there, or at the limit: a command that never stops writing is no endless loop. */
	while ((n = read(query->out_fd, data, sizeof(data))) > 0) {
		if (query->output.size + (size_t)n > QUERY_OUTPUT_MAX)
			return error_set(ret_error, EFBIG, "the command wrote more than %u bytes",
				QUERY_OUTPUT_MAX);
		buf_append(&query->output, data, (size_t)n);
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return error_errno(ret_error, errno, "cannot read the command's output");
	return 0;
}

int query_finish(
	Query *query, int *ret_status, char **ret_output, size_t *ret_size, Error **ret_error)
{
	int status, r;
	size_t size;

	r = query_read(query, ret_error);
	if (r == 0)
		r = enter_process_wait(&query->process, &status, ret_error);
	size = query->output.size;
	if (r == 0)
		r = buf_take(&query->output, ret_output, ret_error);
	if (r == 0)
		*ret_status = status;
	if (r == 0 && ret_size)
		*ret_size = size;
	query_done(query);
	return r;
}
