/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Following what changes on the host. Every directory that was looked into on the way is watched, for the names that were looked up there: a link that is exchanged
 * anywhere on the way counts as much as the file in the end.
 */
#include "engine/keep/copies.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/keep/mirror.h"
#include "engine/start/namespace-owner.h"
#include "engine/start/network-server.h"

#define EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB)
#define RETRY_MSEC 1000 /* when the container cannot be told just now */

typedef struct CopiesPlace {
	int number; /* of inotify_add_watch() */
	char *path;
} CopiesPlace;

void copies_init(Copies *copies, Loop *loop, const CopiesCalls *calls, void *data)
{
	*copies = (Copies){ .loop = loop,
		.calls = calls,
		.data = data,
		.inotify_fd = -EBADF,
		.watch = LOOP_WATCH_NONE };
}

int copies_make(Copies *c, const Spec *spec, const Label *label, Error **ret_error)
{
	_cleanup_mirror_ Mirror mirror = { .spec = spec, .label = label };
	_cleanup_fd_ int probe = -EBADF;
	int r = 0;

	/* What is made could not be removed without openat2(). */
	if (spec->n_copies > 0)
		probe = path_open_same_mount(AT_FDCWD, ".", O_PATH);
	if (spec->n_copies > 0 && probe < 0)
		return error_errno(ret_error, -probe, "cannot copy to %s", spec->copies[0].target);

	for (size_t i = 0; r == 0 && i < spec->n_copies; i++) {
		log_step("copy", "%s", spec->copies[i].source);
		r = mirror_update(&mirror, &spec->copies[i], ret_error);
	}
	if (r == 0) {
		strv_free(c->servers);
		c->servers = TAKE_PTR(mirror.servers);
	}
	return r;
}

static void forget_places(Copies *c)
{
	for (size_t i = 0; i < c->n_places; i++)
		free(c->places[i].path);
	free(c->places);
	c->places = NULL;
	c->n_places = 0;
	loop_unwatch(c->loop, &c->watch);
	c->inotify_fd = fd_close(c->inotify_fd);
}

void copies_stop(Copies *c)
{
	forget_places(c);
	loop_stop_timer(c->loop, &c->settle);
	loop_stop_timer(c->loop, &c->tell);
	c->names = strv_free(c->names);
	c->directories = strv_free(c->directories);
	free(c->complaint);
	c->complaint = NULL;
	c->untold = false;
}

static void refresh(void *data);

static void refresh_soon(Copies *c)
{
	if (!c->settle.set)
		loop_set_timer(
			c->loop, &c->settle, deadline_in_msec(COPIES_SETTLE_MSEC), refresh, c);
}

static bool is_watched(const Copies *c, const struct inotify_event *event)
{
	_cleanup_free_ char *path = NULL;

	if (event->mask & (IN_Q_OVERFLOW | IN_IGNORED))
		return true;
	for (size_t i = 0; !path && i < c->n_places; i++) {
		const char *place = c->places[i].path;

		if (c->places[i].number != event->wd)
			continue;
		if (strv_contains(c->directories, place))
			return true;
		path = path_join(
			strcmp(place, "/") == 0 ? "" : place, event->len ? event->name : "");
	}
	return path && strv_contains(c->names, path);
}

static void on_change(void *data)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	Copies *c = data;
	bool counts = false;
	ssize_t n;

	while ((n = read(c->inotify_fd, buffer, sizeof(buffer))) > 0)
		for (char *at = buffer; at < buffer + n;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			counts = counts || is_watched(c, event);
			at += sizeof(*event) + event->len;
		}
	if (counts)
		refresh_soon(c);
}

static int watch_place(Copies *c, const char *path)
{
	int number = inotify_add_watch(c->inotify_fd, path, EVENTS | IN_ONLYDIR);

	if (number <
		0) /* gone; the name of it above is watched, or the limit of the host is reached */
		return errno == ENOSPC ? -ENOSPC : 0;
	for (size_t i = 0; i < c->n_places; i++)
		if (c->places[i].number == number)
			return 0;
	if (array_room(&c->places, c->n_places, sizeof(*c->places)) < 0)
		return -ENOMEM;
	c->places[c->n_places] = (CopiesPlace){ number, strdup(path) };
	return c->places[c->n_places++].path ? 0 : -ENOMEM;
}

static int watch_parent(Copies *c, const char *name)
{
	const char *slash = strrchr(name, '/');
	char path[PATH_MAX];

	if (!slash || snprintf(path, sizeof(path), "%.*s", (int)(slash - name), name) >=
			      (int)sizeof(path))
		return 0;
	return watch_place(c, *path ? path : "/");
}

/* Anew: what the kernel still held of the old ones goes with them. */
static int watch_all(Copies *c, Error **ret_error)
{
	int r = 0;

	forget_places(c);
	c->inotify_fd = owner_inotify(c->spec);
	if (c->inotify_fd < 0)
		return error_errno(ret_error, -c->inotify_fd, "cannot watch what is followed");
	STRV_FOREACH (directory, c->directories)
		if (r == 0)
			r = watch_place(c, *directory);
	STRV_FOREACH (name, c->names)
		if (r == 0)
			r = watch_parent(c, *name);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot watch what is followed");
	return loop_watch(c->loop, &c->watch, c->inotify_fd, EPOLLIN, on_change, c, ret_error);
}

static void complain(Copies *c, const Error *error)
{
	const char *text = error_message(error);

	if (c->complaint && strcmp(c->complaint, text) == 0)
		return;
	free(c->complaint);
	c->complaint = strdup(text);
	c->calls->failed(c->data, error);
}

static void tell(void *data)
{
	Copies *c = data;

	if (deadline_left(c->earliest) > 0) {
		loop_set_timer(c->loop, &c->tell, c->earliest, tell, c);
	} else if (c->calls->renewed(c->data)) {
		c->untold = false;
		c->earliest = deadline_in(COPIES_GAP);
	} else {
		loop_set_timer(c->loop, &c->tell, deadline_in_msec(RETRY_MSEC), tell, c);
	}
}

static void take_servers(Copies *c, Mirror *mirror)
{
	if (strv_equal(c->servers, mirror->servers))
		return;
	strv_free(c->servers);
	c->servers = TAKE_PTR(mirror->servers);
	c->calls->servers(c->data, c->servers);
}

/* One look at everything. True: it is as it was at the last one, and nothing had to be copied. */
static bool look(Copies *c)
{
	_cleanup_mirror_ Mirror mirror = { .spec = c->spec, .label = c->label };
	_cleanup_error_ Error *first = NULL;
	bool still;

	for (size_t i = 0; i < c->spec->n_copies; i++) {
		_cleanup_error_ Error *error = NULL;

		if (c->spec->copies[i].follow &&
			mirror_update(&mirror, &c->spec->copies[i], &error) < 0 && !first)
			first = TAKE_PTR(error);
	}
	if (first) {
		complain(c, first);
	} else {
		free(c->complaint);
		c->complaint = NULL;
	}
	c->untold = c->untold || mirror.news;
	if (!first)
		take_servers(c, &mirror);
	still = !mirror.changed && strv_equal(c->names, mirror.names);
	strv_free(c->names);
	strv_free(c->directories);
	c->names = TAKE_PTR(mirror.names);
	c->directories = TAKE_PTR(mirror.directories);
	return still;
}

/* What changes between the look and the watch is seen by the look after that. */
static void refresh(void *data)
{
	_cleanup_error_ Error *error = NULL;
	Copies *c = data;

	if (network_server_follow(c->spec, &error) < 0)
		complain(c, error); /* its own copies are followed all the same */
	(void)look(c);
	if (watch_all(c, &error) < 0) {
		complain(c, error);
		return;
	}
	if (!look(c))
		refresh_soon(c);
	if (c->untold && !c->tell.set)
		tell(c);
}

void copies_follow(Copies *c, const Spec *spec, const Label *label)
{
	bool follows = false;

	copies_stop(c);
	c->spec = spec;
	c->label = label;
	c->earliest = deadline_in(0);
	for (size_t i = 0; i < spec->n_copies; i++)
		follows = follows || spec->copies[i].follow;
	if (follows)
		refresh(c);
}

void copies_look(Copies *c)
{
	refresh(c);
}

void copies_done(Copies *c)
{
	copies_stop(c);
	c->servers = strv_free(c->servers);
}
