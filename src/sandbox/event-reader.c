/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log of events, as it is and as it grows; and the host's log of denials.
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
#define AUDIT_DIRECTORY "/var/log/audit" /* the audit daemon's */
#define AUDIT_NAME "audit.log"
#define AUDIT_RECORD_MAX 8192 /* bytes of one record of the kernel's log */
#define AUDIT_RECORDS_MAX 65536 /* records that are looked at; the kernel's log holds fewer */

struct Follower {
	int inotify_fd, file_fd; /* -EBADF: nothing is followed */
	const char *name; /* of the file */
	char *directory, *path;
	EventLine call;
	void *data;
	char line[EVENT_LINE_MAX * 2]; /* what has no end yet */
	size_t used;
	bool ended; /* the caller has heard enough */
};

#define FOLLOWER(file, function, argument)                                                         \
	((Follower){ .inotify_fd = -EBADF,                                                         \
		.file_fd = -EBADF,                                                                 \
		.name = (file),                                                                    \
		.call = (function),                                                                \
		.data = (argument) })

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

/* directory: given away. */
static int begin(Follower *f, char *directory, Error **ret_error)
{
	f->directory = directory;
	if (!directory || asprintf(&f->path, "%s/%s", directory, f->name) < 0) {
		f->path = NULL;
		return error_oom(ret_error);
	}
	f->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->inotify_fd < 0 ||
		inotify_add_watch(f->inotify_fd, f->directory, IN_MODIFY | IN_CREATE) < 0)
		return error_errno(ret_error, errno, "cannot watch %s", f->directory);
	open_new(f, true);
	return 0;
}

static int begin_log(Follower *f, Error **ret_error)
{
	char *directory = layout_path(LAYOUT_RESERVATIONS);
	int r = directory ? file_mkdir_p(directory, 0700, ret_error) : 0;

	if (r < 0)
		free(directory);
	return r < 0 ? r : begin(f, directory, ret_error);
}

/* Each read of /dev/kmsg gives one record: "PRIORITY,SEQUENCE,TIME,FLAGS;text". */
static int read_kernel_log(int fd, EventLine call, void *data, Error **ret_error)
{
	char record[AUDIT_RECORD_MAX + 1], *text;

	for (size_t i = 0; i < AUDIT_RECORDS_MAX; i++) {
		ssize_t n = read(fd, record, AUDIT_RECORD_MAX);

		if (n < 0 && errno == EPIPE)
			continue; /* overwritten while we read: the next one is there */
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return error_errno(
				ret_error, n < 0 ? errno : EIO, "cannot read the kernel's log");
		record[n] = '\0';
		text = strchr(record, ';');
		if (text && !call(text + 1, data))
			return 1;
	}
	return 0;
}

static int open_kernel_log(Error **ret_error)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? error_errno(ret_error, errno, "cannot open the kernel's log /dev/kmsg")
		      : fd;
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
					       strcmp(event->name, f->name) == 0);
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
	*f = FOLLOWER(LOG_NAME, NULL, NULL);
	r = begin_log(f, ret_error);
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

/* What cannot be followed is not: who needs to know asks `audit`, which says why. */
static int begin_audit(Follower *f)
{
	int fd = -EBADF;

	if (file_exists(AUDIT_DIRECTORY "/" AUDIT_NAME)) {
		(void)begin(f, strdup(AUDIT_DIRECTORY), NULL);
	} else {
		fd = open_kernel_log(NULL);
		if (fd >= 0)
			(void)lseek(fd, 0, SEEK_END); /* cannot fail */
	}
	return fd;
}

int events_follow(int seconds, EventLine audit, EventLine call, void *data, Error **ret_error)
{
	_cleanup_follower_ Follower f = FOLLOWER(LOG_NAME, call, data),
				    denials = FOLLOWER(AUDIT_NAME, audit, data);
	_cleanup_fd_ int kernel_fd = audit ? begin_audit(&denials) : -EBADF;
	Deadline deadline = deadline_in(seconds < 0 ? 0 : (unsigned int)seconds);
	int r = begin_log(&f, ret_error);

	while (r == 0 && !f.ended && !denials.ended) {
		struct pollfd p[] = { { .fd = f.inotify_fd, .events = POLLIN },
			{ .fd = denials.inotify_fd, .events = POLLIN },
			{ .fd = kernel_fd, .events = POLLIN } };

		r = seconds < 0 ? poll(p, ARRAY_SIZE(p), -1)
				: deadline_poll(p, ARRAY_SIZE(p), deadline);
		if (r == -ETIMEDOUT)
			return 0;
		if (r < 0)
			return error_errno(
				ret_error, seconds < 0 ? errno : -r, "cannot wait for events");
		on_change(&f);
		on_change(&denials);
		r = p[2].revents ? read_kernel_log(kernel_fd, audit, data, NULL) : 0;
		if (r < 0) {
			kernel_fd = fd_close(kernel_fd);
			r = 0;
		}
	}
	return r < 0 ? r : 1;
}

int audit_log_read(EventLine call, void *data, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd = -EBADF;
	char *save = NULL;
	int r;

	if (!file_exists(AUDIT_DIRECTORY "/" AUDIT_NAME)) {
		fd = open_kernel_log(ret_error);
		return fd < 0 ? fd : read_kernel_log(fd, call, data, ret_error);
	}
	r = file_read(AUDIT_DIRECTORY "/" AUDIT_NAME, &text, NULL, ret_error);
	for (char *line = r < 0 ? NULL : strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		if (!call(line, data))
			return 1;
	return r < 0 ? r : 0;
}

int events_read(EventLine call, void *data, Error **ret_error)
{
	static const char *const files[] = { LOG_NAME ".old", LOG_NAME };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_follower_ Follower f = FOLLOWER(files[i], call, data);

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
