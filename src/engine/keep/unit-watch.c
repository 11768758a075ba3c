/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The watch over units. What moves it, directories that come and go, root inside can do as often as he likes: after the first of a series nothing is
 * heard until the next question, and the questions get rarer.
 */
#include "engine/keep/unit-watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/keep/readiness.h"
#include "engine/start/namespace-owner.h"

#define SLICE                                                                                      \
	"system.slice" /* where the cgroups of services are, unless Slice= says something else */
#define SETTLE_MSEC 50 /* from the end of a unit's cgroup until systemd has said why */
#define GAP_MIN 1u /* seconds between two questions ... */
#define GAP_MAX 60u /* ... and when one has followed the other again and again */

void unit_watch_init(UnitWatch *watch, Loop *loop,
	void (*changed)(void *data, const Outcome *outcome), void *data)
{
	*watch = (UnitWatch){ .loop = loop,
		.changed = changed,
		.data = data,
		.changes = LOOP_WATCH_NONE,
		.inotify_fd = -EBADF,
		.cgroup_fd = -EBADF,
		.gap = GAP_MIN };
	inquiry_init(&watch->inquiry, loop);
}

static void stop_listening(UnitWatch *watch)
{
	loop_unwatch(watch->loop, &watch->changes);
	watch->inotify_fd = fd_close(watch->inotify_fd);
}

void unit_watch_pause(UnitWatch *watch)
{
	stop_listening(watch);
	inquiry_stop(&watch->inquiry);
	loop_stop_timer(watch->loop, &watch->next);
	watch->begun = false;
}

void unit_watch_stop(UnitWatch *watch)
{
	unit_watch_pause(watch);
	outcome_done(&watch->known);
	watch->cgroup_fd = -EBADF;
}

static void ask(void *data);

static void ask_in(UnitWatch *watch, int64_t msec)
{
	int64_t soonest = deadline_left(watch->earliest);

	loop_set_timer(watch->loop, &watch->next, deadline_in_msec(msec > soonest ? msec : soonest),
		ask, watch);
}

/* What comes after the first is in the next answer as well. */
static void on_change(void *data)
{
	UnitWatch *watch = data;

	loop_unwatch(watch->loop, &watch->changes);
	if (watch->begun)
		ask_in(watch, SETTLE_MSEC);
}

/* Anew for each question: what the kernel still held of the old one goes with it. Without it (root inside has all inotify instances of his container) the container
 * runs on, and what has failed is seen in its journal alone. */
static void listen_anew(UnitWatch *watch)
{
	_cleanup_fd_ int slice = -EBADF;
	char path[40];

	stop_listening(watch);
	if (watch->cgroup_fd < 0)
		return;
	slice = path_open_no_links(watch->cgroup_fd, SLICE, O_PATH | O_DIRECTORY, 0);
	watch->inotify_fd = owner_inotify(watch->container.spec);
	if (slice < 0 || watch->inotify_fd < 0)
		return;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", slice);
	if (inotify_add_watch(watch->inotify_fd, path, IN_ONLYDIR | IN_CREATE | IN_DELETE) >= 0)
		(void)loop_watch(watch->loop, &watch->changes, watch->inotify_fd, EPOLLIN,
			on_change, watch, NULL);
}

static bool is_same(const Outcome *a, const Outcome *b)
{
	if (a->verdict != b->verdict || a->n_units != b->n_units)
		return false;
	for (size_t i = 0; i < a->n_units; i++)
		if (!outcome_unit(b, a->units[i].name))
			return false;
	return true;
}

/* Of a unit that had failed before we know since when. */
static void keep_times(const Outcome *old, Outcome *fresh)
{
	for (size_t i = 0; i < fresh->n_units; i++) {
		const OutcomeUnit *unit = outcome_unit(old, fresh->units[i].name);

		if (unit)
			fresh->units[i].time = unit->time;
	}
}

static void take_answer(UnitWatch *watch, const char *answer)
{
	_cleanup_outcome_ Outcome fresh = { 0 };
	Outcome old = watch->known;
	int r = readiness_outcome(
		answer, watch->container.spec->keep.units, (int64_t)time(NULL), &fresh);

	if (r < 0)
		return;
	if (r > 0) /* between two states: it says itself when it has come to one only by what it does */
		ask_in(watch, (int64_t)GAP_MIN * 1000);
	if (is_same(&old, &fresh))
		return;
	keep_times(&old, &fresh);
	watch->known = fresh;
	fresh = old;
	watch->changed(watch->data, &watch->known);
}

static void on_answer(void *data, int status, const char *output, Error **error)
{
	UnitWatch *watch = data;

	/* Root inside can keep his systemd from answering; that is the state of his own container. */
	if (!*error && status == 0)
		take_answer(watch, output);
}

static void ask(void *data)
{
	UnitWatch *watch = data;
	_cleanup_error_ Error *error = NULL;
	int64_t now = clock_now_msec();
	bool soon = now - watch->asked_at < (int64_t)watch->gap * 2000;

	if (inquiry_is_open(&watch->inquiry)) {
		ask_in(watch, (int64_t)watch->gap * 1000);
		return;
	}
	watch->gap = !soon ? GAP_MIN : watch->gap * 2 < GAP_MAX ? watch->gap * 2 : GAP_MAX;
	watch->asked_at = now;
	watch->earliest = deadline_in(watch->gap);
	listen_anew(watch);
	(void)inquiry_begin(&watch->inquiry, &watch->container,
		readiness_show_command(watch->container.spec->keep.units), on_answer, watch,
		&error); /* what the next one will find is missing until then */
}

void unit_watch_prepare(UnitWatch *watch, const EnterSpec *container, int cgroup_fd)
{
	unit_watch_stop(watch);
	watch->container = *container;
	watch->cgroup_fd = cgroup_fd;
	watch->gap = GAP_MIN;
	watch->earliest = deadline_in(0);
	listen_anew(watch);
}

void unit_watch_begin(UnitWatch *watch, const char *answer)
{
	bool missed = watch->inotify_fd >= 0 && watch->changes.fd < 0;

	watch->begun = true;
	take_answer(watch, answer);
	if (missed) /* something has come or gone since the question */
		ask_in(watch, (int64_t)GAP_MIN * 1000);
}

void unit_watch_note(UnitWatch *watch, const Notification *said)
{
	Outcome *known = &watch->known;

	if (!said->failed[0] || known->n_units > 0 ||
		outcome_add_failed(known, said->failed, said->result, said->signaled, said->number,
			(int64_t)time(NULL)) < 0)
		return;
	known->verdict = OUTCOME_FAILED;
}
