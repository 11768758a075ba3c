/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A question to the inside of a container, without waiting for the answer.
 */
#include "engine/keep/inquiry.h"

#include <sys/epoll.h>

#include "base/strv.h"

void inquiry_init(Inquiry *inquiry, Loop *loop)
{
	*inquiry = (Inquiry){
		.loop = loop,
		.output_watch = LOOP_WATCH_NONE,
		.process_watch = LOOP_WATCH_NONE,
		.query = QUERY_NONE,
	};
}

bool inquiry_is_open(const Inquiry *inquiry)
{
	return inquiry->answer;
}

void inquiry_stop(Inquiry *inquiry)
{
	loop_unwatch(inquiry->loop, &inquiry->output_watch);
	loop_unwatch(inquiry->loop, &inquiry->process_watch);
	loop_stop_timer(inquiry->loop, &inquiry->timeout);
	query_done(&inquiry->query);
	inquiry->answer = NULL;
}

/* The receiver may ask the next question at once: all of this one is gone before. */
static void give_answer(Inquiry *inquiry, int status, const char *output, Error **error)
{
	InquiryAnswer answer = inquiry->answer;

	inquiry_stop(inquiry);
	answer(inquiry->data, status, output, error);
}

static void on_output(void *data)
{
	Inquiry *inquiry = data;
	_cleanup_error_ Error *error = NULL;
	size_t before = inquiry->query.output.size;

	if (query_read(&inquiry->query, &error) < 0)
		give_answer(inquiry, 0, NULL, &error);
	else if (inquiry->query.output.size == before) /* end of file: readable for ever */
		loop_unwatch(inquiry->loop, &inquiry->output_watch);
}

static void on_end(void *data)
{
	Inquiry *inquiry = data;
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *output = NULL;
	int status = 0;

	/* Not after query_finish(), which closes what is watched. */
	loop_unwatch(inquiry->loop, &inquiry->output_watch);
	loop_unwatch(inquiry->loop, &inquiry->process_watch);
	(void)query_finish(&inquiry->query, &status, &output, NULL, &error); /* the error tells */
	give_answer(inquiry, status, output, &error);
}

static void on_timeout(void *data)
{
	_cleanup_error_ Error *error = NULL;

	(void)error_set(&error, ETIMEDOUT, "a command inside did not end within %d seconds",
		INQUIRY_TIMEOUT);
	give_answer(data, 0, NULL, &error);
}

static int watch_query(Inquiry *inquiry, Error **ret_error)
{
	int r = loop_watch(inquiry->loop, &inquiry->output_watch, inquiry->query.out_fd, EPOLLIN,
		on_output, inquiry, ret_error);

	if (r < 0)
		return r;
	/* Not its pidfd: that a tracer inside keeps its end from us must not make us wait. */
	return loop_watch(inquiry->loop, &inquiry->process_watch, inquiry->query.process.status_fd,
		EPOLLIN, on_end, inquiry, ret_error);
}

int inquiry_begin(Inquiry *inquiry, const EnterSpec *container, char **argv, InquiryAnswer answer,
	void *data, Error **ret_error)
{
	_cleanup_strv_ char **owned = argv;
	EnterSpec spec = *container;
	int r;

	if (!owned)
		return error_oom(ret_error);
	spec.argv = owned;
	r = query_start(&spec, &inquiry->query, ret_error);
	if (r > 0)
		return -ENOEXEC;
	if (r == 0)
		r = watch_query(inquiry, ret_error);
	if (r < 0) {
		inquiry_stop(inquiry);
		return error_wrap(ret_error, "cannot run %s inside", owned[0]);
	}
	inquiry->answer = answer;
	inquiry->data = data;
	loop_set_timer(inquiry->loop, &inquiry->timeout, deadline_in(INQUIRY_TIMEOUT), on_timeout,
		inquiry);
	return 0;
}
