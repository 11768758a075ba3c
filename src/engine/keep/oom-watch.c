/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The watch over memory.events. Who reaches his limit again and again moves it as often as he likes: after each change nothing is heard for a while.
 */
#include "engine/keep/oom-watch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fd.h"

#define GAP_MIN 1u /* seconds */
#define GAP_MAX 60u
#define TEXT_MAX 512 /* bytes of memory.events: a dozen counters */

void oom_watch_init(OomWatch *watch, Loop *loop, void (*killed)(void *, uint64_t), void *data)
{
	*watch = (OomWatch){ .loop = loop,
		.killed = killed,
		.data = data,
		.changes = LOOP_WATCH_NONE,
		.fd = -EBADF,
		.gap = GAP_MIN };
}

static uint64_t count(int fd)
{
	char text[TEXT_MAX];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	const char *at;

	if (n < 0)
		return 0;
	text[n] = '\0';
	at = strstr(text, "oom_kill ");
	return at ? strtoull(at + strlen("oom_kill "), NULL, 10) : 0;
}

static void look(OomWatch *watch)
{
	uint64_t now = count(watch->fd);

	if (now > watch->known)
		watch->killed(watch->data, now - watch->known);
	watch->known = now > watch->known ? now : watch->known;
}

static void on_change(void *data);

static void listen_again(void *data)
{
	OomWatch *watch = data;

	look(watch); /* the kernel tells of what comes after it was read */
	(void)loop_watch(watch->loop, &watch->changes, watch->fd, EPOLLPRI, on_change, watch,
		NULL); /* without it the end tells */
}

static void on_change(void *data)
{
	OomWatch *watch = data;
	int64_t now = clock_now_msec();
	bool soon = now - watch->told_at < (int64_t)watch->gap * 2000;

	watch->gap = !soon ? GAP_MIN : watch->gap * 2 < GAP_MAX ? watch->gap * 2 : GAP_MAX;
	watch->told_at = now;
	loop_unwatch(watch->loop, &watch->changes);
	look(watch);
	loop_set_timer(watch->loop, &watch->next, deadline_in(watch->gap), listen_again, watch);
}

static void open_it(OomWatch *watch, int cgroup_fd)
{
	if (watch->fd < 0 && cgroup_fd >= 0)
		watch->fd = openat(cgroup_fd, "memory.events", O_RDONLY | O_CLOEXEC);
}

void oom_watch_begin(OomWatch *watch, int cgroup_fd)
{
	oom_watch_stop(watch);
	open_it(watch, cgroup_fd);
	if (watch->fd >= 0)
		listen_again(watch);
}

void oom_watch_end(OomWatch *watch, int cgroup_fd)
{
	open_it(watch, cgroup_fd);
	look(watch);
	oom_watch_stop(watch);
}

void oom_watch_stop(OomWatch *watch)
{
	loop_unwatch(watch->loop, &watch->changes);
	loop_stop_timer(watch->loop, &watch->next);
	watch->fd = fd_close(watch->fd);
	watch->known = 0;
	watch->gap = GAP_MIN;
}
