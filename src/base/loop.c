/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One loop over descriptors and deadlines. Timers are few: a list that is looked through costs less than a descriptor for each.
 */
#include "base/loop.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/fd.h"

#define EVENTS_MAX 8 /* taken from the kernel at once */

int loop_open(Loop *ret, Error **ret_error)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return error_errno(ret_error, errno, "cannot create an event queue");
	*ret = (Loop){ .epoll_fd = fd };
	return 0;
}

void loop_done(Loop *loop)
{
	loop->epoll_fd = fd_close(loop->epoll_fd);
	loop->timers = loop->due = NULL;
}

int loop_watch(Loop *loop, LoopWatch *watch, int fd, uint32_t events, LoopCall call, void *data,
	Error **ret_error)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return error_errno(ret_error, errno, "cannot watch a descriptor");
	*watch = (LoopWatch){ .fd = fd, .call = call, .data = data };
	return 0;
}

void loop_change(Loop *loop, LoopWatch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (watch->fd >= 0)
		(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd,
			&event); /* is in it: cannot fail */
}

void loop_unwatch(Loop *loop, LoopWatch *watch)
{
	if (watch->fd >= 0)
		(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = 0; i < loop->n_events; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL; /* whose it is may free it now */
	watch->fd = -EBADF;
}

static void take_out(LoopTimer **list, const LoopTimer *timer)
{
	while (*list && *list != timer)
		list = &(*list)->next;
	if (*list)
		*list = timer->next;
}

void loop_stop_timer(Loop *loop, LoopTimer *timer)
{
	if (!timer->set)
		return;
	take_out(&loop->timers, timer);
	take_out(&loop->due, timer);
	timer->set = false;
}

void loop_set_timer(Loop *loop, LoopTimer *timer, Deadline deadline, LoopCall call, void *data)
{
	loop_stop_timer(loop, timer);
	*timer = (LoopTimer){ deadline, call, data, loop->timers, true };
	loop->timers = timer;
}

/* As epoll_wait(2) has it. */
static int time_to_wait(const Loop *loop)
{
	int wait = -1;

	for (const LoopTimer *timer = loop->timers; timer; timer = timer->next) {
		int left = deadline_left(timer->deadline);

		if (wait < 0 || left < wait)
			wait = left;
	}
	return wait;
}

static void call_due(Loop *loop)
{
	for (LoopTimer **place = &loop->timers; *place;) {
		LoopTimer *timer = *place;

		if (deadline_left(timer->deadline) > 0) {
			place = &timer->next;
			continue;
		}
		*place = timer->next;
		timer->next = loop->due;
		loop->due = timer;
	}
	while (loop->due) {
		LoopTimer *timer = loop->due;

		loop->due = timer->next;
		timer->set = false;
		timer->call(timer->data);
	}
}

int loop_run(Loop *loop, Error **ret_error)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, time_to_wait(loop));

	if (n < 0 && errno != EINTR)
		return error_errno(ret_error, errno, "cannot wait for events");
	loop->events = events;
	loop->n_events = n > 0 ? n : 0;
	for (int i = 0; i < n; i++) {
		LoopWatch *watch = events[i].data.ptr;

		if (watch) /* else who was called before has taken it out */
			watch->call(watch->data);
	}
	loop->events = NULL;
	loop->n_events = 0;
	call_due(loop);
	return 0;
}
