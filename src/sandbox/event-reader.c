/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log of events, as it is and as it grows.
 */
#include "sandbox/event-reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "engine/keep/event-log.h"

#define LOG_NAME "events"

struct Follower {
	int inotify_fd, file_fd;
	char *directory, *path;
	EventLine call;
	void *data;
	char line[EVENT_LINE_MAX * 2]; /* what has no end yet */
	size_t used;
	bool ended; /* the caller has heard enough */
};

static void follower_done(Follower *f)
{
	(void)fd_close(f->inotify_fd);
	(void)fd_close(f->file_fd);
	free(f->directory);
	free(f->path);
}
#define _cleanup_follower_ _cleanup_(follower_done)

static void take_lines(Follower *f)
{
	char *end;

	while ((end = memchr(f->line, '\n', f->used))) {
		size_t size = (size_t)(end - f->line) + 1;

		*end = '\0';
		if (!f->ended)
			f->ended = !f->call(f->line, f->data);
		memmove(f->line, f->line + size, f->used - size);
		f->used -= size;
	}
	if (f->used == sizeof(f->line)) /* nothing that we wrote */
		f->used = 0;
}

static void read_on(Follower *f)
{
	ssize_t n;

	while (f->file_fd >= 0 &&
		(n = read(f->file_fd, f->line + f->used, sizeof(f->line) - f->used)) > 0) {
		f->used += (size_t)n;
		take_lines(f);
	}
}

/* It was renamed when it was full, or is made by the first event. */
static void open_new(Follower *f, bool at_end)
{
	f->file_fd = fd_close(f->file_fd);
	f->file_fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f->file_fd >= 0 && at_end)
		(void)lseek(f->file_fd, 0, SEEK_END); /* a regular file */
	f->used = 0;
}

static int begin(Follower *f, Error **ret_error)
{
	int r;

	f->directory = layout_path(LAYOUT_RESERVATIONS);
	f->path = layout_pathf(LAYOUT_RESERVATIONS, LOG_NAME);
	if (!f->directory || !f->path)
		return error_oom(ret_error);
	r = file_mkdir_p(f->directory, 0700, ret_error);
	if (r < 0)
		return r;
	f->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->inotify_fd < 0 ||
		inotify_add_watch(f->inotify_fd, f->directory, IN_MODIFY | IN_CREATE) < 0)
		return error_errno(ret_error, errno, "watch %s", f->directory);
	open_new(f, true);
	return 0;
}

static void on_change(Follower *f)
{
	char space[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool made = false;
	ssize_t n;

	while ((n = read(f->inotify_fd, space, sizeof(space))) > 0)
		for (const char *at = space; at < space + n;
			at += sizeof(struct inotify_event) +
			      ((const struct inotify_event *)(const void *)at)->len) {
			const struct inotify_event *event = (const void *)at;

			made = made || ((event->mask & IN_CREATE) && event->len &&
					       strcmp(event->name, LOG_NAME) == 0);
		}
	read_on(f); /* of the one that was renamed, too */
	if (made) {
		open_new(f, false);
		read_on(f);
	}
}

int follower_new(Follower **ret, Error **ret_error)
{
	Follower *f = malloc(sizeof(*f));
	int r;

	if (!f)
		return error_oom(ret_error);
	*f = (Follower){ .inotify_fd = -EBADF, .file_fd = -EBADF };
	r = begin(f, ret_error);
	if (r < 0)
		follower_free(f);
	else
		*ret = f;
	return r;
}

int follower_fd(const Follower *follower)
{
	return follower->inotify_fd;
}

int follower_take(Follower *follower, EventLine call, void *data)
{
	follower->call = call;
	follower->data = data;
	follower->ended = false;
	on_change(follower);
	return follower->ended;
}

void follower_free(Follower *follower)
{
	if (follower)
		follower_done(follower);
	free(follower);
}

int events_follow(int seconds, EventLine call, void *data, Error **ret_error)
{
	_cleanup_follower_ Follower f = {
		.inotify_fd = -EBADF, .file_fd = -EBADF, .call = call, .data = data
	};
	Deadline deadline = deadline_in(seconds < 0 ? 0 : (unsigned int)seconds);
	int r = begin(&f, ret_error);

	while (r == 0 && !f.ended) {
		struct pollfd p = { .fd = f.inotify_fd, .events = POLLIN };

		r = seconds < 0 ? poll(&p, 1, -1) : deadline_poll(&p, 1, deadline);
		if (r == -ETIMEDOUT)
			return 0;
		if (r < 0)
			return error_errno(ret_error, seconds < 0 ? errno : -r, "wait for events");
		on_change(&f);
		r = 0;
	}
	return r < 0 ? r : 1;
}

int events_read(EventLine call, void *data, Error **ret_error)
{
	static const char *const files[] = { LOG_NAME ".old", LOG_NAME };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_follower_ Follower f = {
			.inotify_fd = -EBADF, .file_fd = -EBADF, .call = call, .data = data
		};

		f.path = layout_pathf(LAYOUT_RESERVATIONS, "%s", files[i]);
		if (!f.path)
			return error_oom(ret_error);
		open_new(&f, false);
		read_on(&f);
		if (f.ended)
			return 1;
	}
	return 0;
}
