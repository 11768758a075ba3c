/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Taking a service of the host over: stop it, copy its data at rest, start the container, wait until it is up, and let that start at boot in its place.
 *
 * A child does the work. Its parent waits, and puts everything back when the child fails, or when a signal asks us to end: whatever the child was busy with, it can be
 * killed, for what an interrupted create leaves is known to the next one.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "host/host.h"
#include "host/unit-listen.h"
#include "host/unit-stop.h"
#include "sandbox/create.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"
#include "sandbox/take-over-record.h"
#include "sandbox/watch-up.h"

#define REPORT_SIZE_MAX (1024u * 1024) /* bytes of what the child has to say */

typedef struct TakeOver {
	vsb_desc *handle;
	const char *name; /* of the container */
	char **units; /* real names of what is taken over */
	StopUnits host; /* and all that stops with it */
	Listening listening; /* where they do on the host */
	char **ports; /* to be published in place of that: "80:80" */
	TakeOverRecord record;
	vsb_progress progress;
	void *data;
} TakeOver;

static void take_over_done(TakeOver *t)
{
	strv_free(t->units);
	stop_units_done(&t->host);
	listening_done(&t->listening);
	strv_free(t->ports);
	take_over_record_done(&t->record);
}
#define _cleanup_take_over_ _cleanup_(take_over_done)

/* -- Before anything is touched -- */

static int add_units(Desc *desc, char *const *units, Error **ret_error)
{
	STRV_FOREACH (unit, units)
		if (strv_append_unique(&desc->units, *unit) < 0)
			return error_oom(ret_error);
	return 0;
}

static bool is_inside(const Facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n_units; i++)
		if (strv_contains(facts->units[i].names, name))
			return true;
	return false;
}

/* What would be missing on the host afterwards, and is in no container either. One that does not run stays as it is. */
static int check_dependents(TakeOver *t, const Facts *facts, Error **ret_error)
{
	for (size_t i = 0; i < t->host.n; i++) {
		StopUnit *unit = &t->host.units[i];

		if (!unit->dependent || is_inside(facts, unit->name))
			continue;
		unit->enabled = false;
		if (unit->active)
			return error_set(ret_error, EBUSY,
				"%s of this host depends on it and would stop with it; take that "
				"over, too (--take-over %s), or stop it before",
				unit->name, unit->name);
	}
	return 0;
}

/* The real names on this host of what was asked for. */
static int find_units(TakeOver *t, char *const *units, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_facts_ Facts *facts = NULL;
	int r = desc_copy(t->handle->desc, &desc, ret_error);

	if (r < 0)
		return r;
	desc->units = strv_free(desc->units);
	r = add_units(desc, units, ret_error);
	if (r == 0)
		r = desc_resolve(desc, ret_error);
	if (r == 0)
		r = host_facts(desc, &facts, ret_error);
	for (size_t i = 0; r == 0 && i < facts->n_units; i++)
		if (facts->units[i].asked && strv_append(&t->units, facts->units[i].name) < 0)
			r = error_oom(ret_error);
	if (r == 0)
		r = stop_units_ask(t->units, &t->host, ret_error);
	return r < 0 ? r : check_dependents(t, facts, ret_error);
}

/* Whoever reached the service at every address of the host reaches the container there, unless the description says which ports it publishes. */
static int find_ports(TakeOver *t, Error **ret_error)
{
	Desc *desc = t->handle->desc;
	bool ours = desc->n_networks == 0 || desc_published_network(desc) >= 0;
	int r = unit_listening(&t->host, &t->listening, ret_error);

	for (size_t i = 0; r == 0 && ours && !desc->published && i < t->listening.n; i++) {
		const ListenPort *port = &t->listening.ports[i];

		if (port->reach == LISTEN_ANYWHERE &&
			strv_appendf(&t->ports, "%u:%u%s", port->port, port->port,
				port->udp ? "/udp" : "") < 0)
			r = error_oom(ret_error);
	}
	if (r == 0 && t->ports && strv_copy(&desc->published, t->ports) < 0)
		r = error_oom(ret_error);
	return r;
}

static int check_plan(const TakeOver *t, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	_cleanup_desc_ Desc *asked = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	int r = create_with_site(t->handle->desc, &asked, ret_error);

	return r < 0 ? r : create_plan(asked, &container, &plan, ret_error);
}

static int prepare(TakeOver *t, char *const *units, Error **ret_error)
{
	Desc *desc = t->handle->desc;
	int r;

	if (!desc->copy)
		return error_set(ret_error, EINVAL,
			"the container needs the service's data: add --copy (-C)");
	if (!units || !*units)
		return error_set(ret_error, EINVAL, "no unit is named");
	if (!host_runs_systemd())
		return error_set(
			ret_error, EOPNOTSUPP, "this host has no systemd that runs its units");
	r = desc_check_name(t->name, ret_error);
	if (r < 0)
		return r;
	if (registry_exists(t->name))
		return error_set(ret_error, EEXIST, "container %s exists already", t->name);
	r = find_units(t, units, ret_error);
	if (r == 0)
		r = add_units(desc, units, ret_error);
	if (r == 0)
		r = find_ports(t, ret_error);
	return r < 0 ? r : check_plan(t, ret_error);
}

/* Which of them: those that run, and those that start at boot. */
static int select_units(const StopUnits *host, char ***ret_active, char ***ret_enabled)
{
	for (size_t i = 0; i < host->n; i++) {
		const StopUnit *unit = &host->units[i];

		if (unit->active && strv_append(ret_active, unit->name) < 0)
			return -ENOMEM;
		if (unit->enabled && strv_append(ret_enabled, unit->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* -- The child's work -- */

/* A stop may have been answered by a start: by a connection to a socket that we do not know of, or by somebody. */
static int check_at_rest(TakeOver *t, Error **ret_error)
{
	_cleanup_stop_units_ StopUnits now = { 0 };
	int r = stop_units_ask(t->units, &now, ret_error);

	for (size_t i = 0; r == 0 && i < now.n; i++)
		if (now.units[i].active)
			r = error_set(ret_error, EBUSY, "%s of the host runs again after its stop",
				now.units[i].name);
	return r;
}

static int make_container(TakeOver *t, char ***notes, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = name_lock_new(t->name, &lock, ret_error);

	if (r == 0) /* from now on what has that name is ours */
		r = take_over_record_made(&t->record, ret_error);
	return r < 0 ? r
		     : create_claimed(t->handle->desc, lock, t->progress, t->data, &container,
			       notes, ret_error);
}

static int start_container(TakeOver *t, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	_cleanup_strv_ char **units = NULL;
	int r = vsb_start(t->name, ret_error);

	if (r < 0)
		return r;
	if (t->handle->desc->health_command)
		return vsb_wait_healthy(t->name, ret_error);
	STRV_FOREACH (unit, t->units) /* a job that runs now and then need not be up */
		if (strv_contains(t->record.stopped, *unit) && strv_append(&units, *unit) < 0)
			return error_oom(ret_error);
	r = registry_load(t->name, &container, ret_error);
	return r < 0 ? r : watch_up(&container, units, ret_error);
}

static int hand_over_boot(TakeOver *t, char ***notes, Error **ret_error)
{
	_cleanup_free_ char *unit = NULL;
	int r = 0;

	if (!t->record.disabled)
		return 0;
	if (asprintf(&unit, "%s_sandbox.service", t->name) < 0) {
		unit = NULL;
		return error_oom(ret_error);
	}
	r = take_over_record_disabling(&t->record, ret_error);
	if (r == 0 && host_has_systemd())
		r = host_systemctl("enable", unit, ret_error);
	if (r == 0)
		r = host_systemctl_each("disable", t->record.disabled, ret_error);
	STRV_FOREACH (name, t->record.disabled)
		if (r == 0 && strv_appendf(notes, "Disabled %s of this host", *name) < 0)
			r = error_oom(ret_error);
	if (r == 0 && host_has_systemd() &&
		strv_appendf(notes, "Enabled %s in its place", unit) < 0)
		r = error_oom(ret_error);
	return r;
}

/* Who used it where a container cannot be reached has to be told another way. */
static int note_ports(const TakeOver *t, char ***notes, Error **ret_error)
{
	static const char *const reaches[] = {
		[LISTEN_ADDRESS] = "one address of this host",
		[LISTEN_LOOPBACK] = "the loopback address of this host",
	};
	const Desc *desc = t->handle->desc;
	bool host_network = desc->n_networks > 0 && desc->networks[0].type == DESC_NETWORK_HOST,
	     failed = false;

	STRV_FOREACH (port, t->ports)
		failed = failed || strv_appendf(notes, "Published port %s of this host", *port) < 0;
	for (size_t i = 0; !host_network && i < t->listening.n; i++) {
		const ListenPort *port = &t->listening.ports[i];

		if (port->reach != LISTEN_ANYWHERE)
			failed =
				failed ||
				strv_appendf(notes,
					"Warning: it listened at %s, port %u/%s, where nobody "
					"reaches "
					"it in a container; let it listen at every address, and "
					"publish "
					"the port (--publish %s%u:%u%s)",
					reaches[port->reach], port->port, port->udp ? "udp" : "tcp",
					port->reach == LISTEN_LOOPBACK ? "127.0.0.1:" : "",
					port->port, port->port, port->udp ? "/udp" : "") < 0;
	}
	STRV_FOREACH (path, t->listening.sockets)
		failed = failed || strv_appendf(notes,
					   "Warning: programs of this host no longer find it at %s",
					   *path) < 0;
	return failed ? error_oom(ret_error) : 0;
}

static int note_stopped(const TakeOver *t, char ***notes, Error **ret_error)
{
	_cleanup_free_ char *units = strv_join(t->units, " ");
	bool failed = !units;

	STRV_FOREACH (unit, t->record.stopped)
		failed = failed || strv_appendf(notes, "Stopped %s of this host", *unit) < 0;
	for (size_t i = 0; i < t->host.n; i++)
		if (t->host.units[i].fixed && !t->host.units[i].dependent &&
			!t->host.units[i].triggers)
			failed = failed ||
				 strv_appendf(notes,
					 "Warning: %s of this host starts at boot if another unit "
					 "wants it, and cannot be disabled; systemctl mask %s "
					 "prevents it",
					 t->host.units[i].name, t->host.units[i].name) < 0;
	failed =
		failed ||
		strv_appendf(notes,
			"To give it back: systemctl disable --now %s_sandbox.service; systemctl enable --now %s",
			t->name, units) < 0;
	return failed ? error_oom(ret_error) : 0;
}

static int work(TakeOver *t, char ***notes, Error **ret_error)
{
	int r;

	log_step("stop", "%s of the host", t->units[0]);
	r = host_systemctl_each("stop", t->record.stopped, ret_error);
	if (r == 0)
		r = check_at_rest(t, ret_error);
	if (r == 0)
		r = make_container(t, notes, ret_error);
	if (r == 0)
		r = start_container(t, ret_error);
	if (r == 0)
		r = hand_over_boot(t, notes, ret_error);
	if (r == 0)
		r = note_ports(t, notes, ret_error);
	return r < 0 ? r : note_stopped(t, notes, ret_error);
}

/* -- Parent and child -- */

/* The child's last words: a number that is 0 or an errno, and strings, each with its NUL. */
static int write_report(int fd, int code, char *const *strings)
{
	int r = fd_write_all(fd, &code, sizeof(code));

	STRV_FOREACH (s, strings)
		if (r == 0)
			r = fd_write_all(fd, *s, strlen(*s) + 1);
	return r;
}

static int read_report(int fd, char ***notes, Error **ret_error)
{
	_cleanup_strv_ char **strings = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int code = 0, r;

	r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_read_all(fd, REPORT_SIZE_MAX, &text, &size);
	if (r == 0 && size < sizeof(code))
		r = -EBADMSG;
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read the reply of the worker process");
	memcpy(&code, text, sizeof(code));
	for (size_t i = sizeof(code); i < size; i += strlen(text + i) + 1)
		if (strv_append(&strings, text + i) < 0)
			return error_oom(ret_error);
	if (code != 0)
		return error_set(ret_error, code, "%s", strings ? strings[0] : "it failed");
	*notes = TAKE_PTR(strings);
	return 0;
}

/* I am a fork of who called the library, with its signals as they were. What I do is written down in the record; when I have said how it ended I am done. */
_noreturn_ static void child(TakeOver *t, const sigset_t *mask, pid_t parent, int report_fd)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_strv_ char **notes = NULL;
	char *words[2] = { NULL, NULL };
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	if (getppid() != parent)
		_exit(1);
	r = work(t, &notes, &error);
	words[0] = (char *)error_message(error);
	r = write_report(report_fd, r < 0 ? -r : 0, r < 0 ? words : notes);
	_exit(r < 0);
}

/* 0: it has ended; -EINTR: we are asked to end, and it was killed. */
static int wait_for(pid_t pid, int signal_fd, Error **ret_error)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN } };
	int r = pidfd < 0 ? -errno : 0, status;

	while (r == 0 && !fds[0].revents && !fds[1].revents)
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			r = -errno;
	if (r < 0 || !fds[0].revents)
		(void)kill(pid, SIGKILL); /* ours, and nobody has waited for it */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return error_errno(ret_error, -r, "cannot wait for the worker process");
	return fds[1].revents ? error_set(ret_error, EINTR, "interrupted") : 0;
}

static int run_child(
	TakeOver *t, const sigset_t *mask, int signal_fd, char ***notes, Error **ret_error)
{
	_cleanup_fd_ int report_fd = spawn_memory_file(NULL, ret_error);
	pid_t parent = getpid(), pid;
	int r;

	if (report_fd < 0)
		return report_fd;
	pid = fork();
	if (pid < 0)
		return error_errno(ret_error, errno, "cannot create a process");
	if (pid == 0)
		child(t, mask, parent, report_fd);
	r = wait_for(pid, signal_fd, ret_error);
	return r < 0 ? r : read_report(report_fd, notes, ret_error);
}

/* The failure, and what became of the host's units. */
static int put_back(TakeOver *t, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *why = NULL, *units = strv_join(t->record.stopped, " ");
	int code = ret_error ? error_errnum(*ret_error) : EIO,
	    r = take_over_record_undo(&t->record, &error);

	why = strdup(error_message(ret_error ? *ret_error : NULL));
	if (!why || !units)
		return error_oom(ret_error);
	take_over_record_commit(&t->record);
	if (r < 0)
		return error_set(ret_error, code,
			"%s; and to put back what was, failed: %s; see to it that %s runs", why,
			error_message(error), *units ? units : t->units[0]);
	if (!*units)
		return error_set(ret_error, code, "%s; nothing was changed", why);
	return error_set(ret_error, code, "%s; %s of the host runs again, without container %s",
		why, units, t->name);
}

static int run_held(TakeOver *t, char ***notes, Error **ret_error)
{
	_cleanup_fd_ int signal_fd = -EBADF;
	struct signalfd_siginfo info;
	sigset_t held, before;
	int r;

	(void)sigemptyset(&held); /* these do not fail for valid signals */
	(void)sigaddset(&held, SIGINT);
	(void)sigaddset(&held, SIGTERM);
	(void)sigaddset(&held, SIGHUP);
	signal_fd = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0 || sigprocmask(SIG_BLOCK, &held, &before) < 0)
		return error_errno(ret_error, errno, "cannot hold signals");
	r = run_child(t, &before, signal_fd, notes, ret_error);
	if (r < 0)
		r = put_back(t, ret_error);
	else
		take_over_record_commit(&t->record);
	/* Those that came are answered. */
	while (read(signal_fd, &info, sizeof(info)) > 0)
		;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int begin_record(TakeOver *t, Error **ret_error)
{
	_cleanup_strv_ char **active = NULL, **enabled = NULL;

	if (select_units(&t->host, &active, &enabled) < 0)
		return error_oom(ret_error);
	return take_over_record_begin(
		t->name, TAKE_PTR(active), TAKE_PTR(enabled), &t->record, ret_error);
}

static int take_over(TakeOver *t, char *const *units, char ***notes, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	int r = prepare(t, units, ret_error);

	if (r == 0)
		r = begin_record(t, ret_error);
	if (r == 0)
		r = run_held(t, notes, ret_error);
	if (r < 0)
		return error_wrap(
			ret_error, "cannot take over %s", units && *units ? *units : "nothing");
	r = registry_load(t->name, &container, ret_error);
	if (r == 0)
		create_tell(t->handle, &container);
	return r;
}

PUBLIC int vsb_take_over(vsb_desc *handle, char **units, vsb_progress progress, void *data,
	char ***ret_notes, vsb_error **error)
{
	_cleanup_take_over_ TakeOver t = { .handle = handle,
		.name = handle->desc->name ? handle->desc->name : "",
		.record = TAKE_OVER_RECORD_NONE,
		.progress = progress,
		.data = data };
	_cleanup_free_ char *name = strdup(t.name);
	_cleanup_strv_ char **notes = NULL;
	int r;

	if (!name)
		return error_oom(error);
	t.name = name; /* the description is exchanged in the end */
	r = sandbox_begin_work(error);
	if (r == 0)
		r = take_over(&t, units, &notes, error);
	if (r == 0 && ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return r;
}

PUBLIC int vsb_take_over_plan(vsb_desc *handle, char **units, char ***ret, vsb_error **error)
{
	_cleanup_take_over_ TakeOver t = { .handle = handle,
		.name = handle->desc->name ? handle->desc->name : "",
		.record = TAKE_OVER_RECORD_NONE };
	_cleanup_strv_ char **active = NULL, **enabled = NULL, **lines = NULL;
	int r = prepare(&t, units, error);

	if (r < 0)
		return error_wrap(
			error, "cannot take over %s", units && *units ? *units : "nothing");
	if (select_units(&t.host, &active, &enabled) < 0)
		return error_oom(error);
	STRV_FOREACH (unit, active)
		if (strv_appendf(&lines, "stop %s", *unit) < 0)
			return error_oom(error);
	STRV_FOREACH (unit, enabled)
		if (strv_appendf(&lines, "disable %s", *unit) < 0)
			return error_oom(error);
	STRV_FOREACH (port, t.ports)
		if (strv_appendf(&lines, "publish %s", *port) < 0)
			return error_oom(error);
	*ret = TAKE_PTR(lines);
	return 0;
}
