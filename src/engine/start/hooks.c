/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hooks: a child for each, with the environment of the hook and nothing of ours. Who runs them may be the builder, which shares its
 * parent's memory, or PID 1 of the container: the child is cloned by system call, and does nothing before its exec that needs a lock.
 */
#include "engine/start/hooks.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/text.h"
#include "engine/start/attributes.h"

#define OCI_VERSION "1.0.2" /* of the state */
#define TIMEOUT_MOST                                                                               \
	3600u /* seconds of a hook that has no limit of its own: whatever we wait for has an end */
#define EXIT_NOT_RUN 127

static const char *const points[_SPEC_HOOK_POINT_MAX] = { "createRuntime", "createContainer",
	"startContainer", "poststart", "poststop" };

static unsigned int limit_of(const SpecHook *hook)
{
	return hook->timeout && hook->timeout < TIMEOUT_MOST ? hook->timeout : TIMEOUT_MOST;
}

int hooks_check(const Spec *spec, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_hooks; i++) {
		const SpecHook *hook = &spec->hooks[i];

		if ((unsigned int)hook->point >= _SPEC_HOOK_POINT_MAX)
			return error_set(
				ret_error, EINVAL, "cannot run a hook: there is no such point");
		if (!hook->path || !path_is_normal(hook->path))
			return error_set(ret_error, EINVAL,
				"cannot run the hook %s: it needs an absolute path without '.' and '..'",
				hook->path ? hook->path : "without path");
	}
	return 0;
}

bool hooks_have(const Spec *spec, SpecHookPoint point)
{
	for (size_t i = 0; i < spec->n_hooks; i++)
		if (spec->hooks[i].point == point)
			return true;
	return false;
}

unsigned int hooks_seconds(const Spec *spec, SpecHookPoint point)
{
	unsigned int seconds = 0;

	for (size_t i = 0; i < spec->n_hooks; i++)
		if (spec->hooks[i].point == point)
			seconds += limit_of(&spec->hooks[i]);
	return seconds;
}

static void put_json(Buf *buf, const char *before, const char *text, bool *failed)
{
	_cleanup_free_ char *json = text_json(text);

	*failed = *failed || !json;
	buf_printf(buf, "%s%s", before, json ? json : "");
}

/* The state of a container as OCI's runtime.md has it. Newly allocated; NULL without memory. */
static char *format_state(const Spec *spec, const HookState *state)
{
	_cleanup_buf_ Buf buf = { 0 };
	bool failed = false;
	char *text = NULL;

	buf_puts(&buf, "{\"ociVersion\":\"" OCI_VERSION "\"");
	put_json(&buf, ",\"id\":", spec->name ? spec->name : "", &failed);
	put_json(&buf, ",\"status\":", state->status, &failed);
	if (state->pid > 0)
		buf_printf(&buf, ",\"pid\":%d", (int)state->pid);
	put_json(&buf, ",\"bundle\":", spec->bundle ? spec->bundle : "/", &failed);
	buf_puts(&buf, ",\"annotations\":{");
	for (size_t i = 0; i < spec->n_annotations; i++) {
		const SpecSetting *annotation = &spec->annotations[i];

		put_json(&buf, i ? "," : "", annotation->key ? annotation->key : "", &failed);
		put_json(&buf, ":", annotation->value ? annotation->value : "", &failed);
	}
	buf_puts(&buf, "}}\n");
	return failed || buf_take(&buf, &text, NULL) < 0 ? NULL : text;
}

/* The child's files: what it is told, and what it says. */
typedef struct Files {
	int in, out, err;
} Files;

static void files_done(Files *files)
{
	(void)fd_close(files->in);
	(void)fd_close(files->out);
	(void)fd_close(files->err);
}

static int open_files(const Spec *spec, const HookState *state, Files *ret, Error **ret_error)
{
	_cleanup_free_ char *text = format_state(spec, state);

	if (!text)
		return error_oom(ret_error);
	ret->in = spawn_memory_file(text, ret_error);
	if (ret->in < 0)
		return ret->in;
	ret->out = spawn_memory_file(NULL, ret_error);
	if (ret->out < 0)
		return ret->out;
	ret->err = spawn_memory_file(NULL, ret_error);
	return ret->err < 0 ? ret->err : 0;
}

static int become_hook(const Spec *spec, const SpecHook *hook, const HookState *state,
	const Files *files, Error **ret_error)
{
	static char *const nothing[] = { NULL };
	char *const plain[] = { hook->path, NULL };
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot set the parent death signal");
	r = attributes_reset(state->confine ? &spec->scheduling : NULL, ret_error);
	if (r < 0)
		return r;
	if (dup2(files->in, 0) < 0 || dup2(files->out, 1) < 0 || dup2(files->err, 2) < 0 ||
		syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot set the descriptors");
	if (state->directory && chdir(state->directory) < 0)
		return error_errno(
			ret_error, errno, "cannot enter the directory %s", state->directory);
	r = state->confine ? state->confine(spec, state->data, ret_error) : 0;
	if (r < 0)
		return r;
	(void)execve(hook->path, hook->argv ? hook->argv : plain,
		hook->environment ? hook->environment : nothing);
	return error_errno(ret_error, errno, "cannot execute %s", hook->path);
}

_noreturn_ static void child(
	const Spec *spec, const SpecHook *hook, const HookState *state, const Files *files)
{
	_cleanup_error_ Error *error = NULL;

	(void)become_hook(spec, hook, state, files, &error); /* returns only on failure */
	(void)dprintf(files->err, "%s\n", error_message(error)); /* nothing more can be done */
	_exit(EXIT_NOT_RUN);
}

static int await(const SpecHook *hook, pid_t pid, int pidfd, int *ret_status, Error **ret_error)
{
	siginfo_t info;
	int r = deadline_reap(pidfd, deadline_in(limit_of(hook)), &info);

	if (r == 0) {
		*ret_status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
		return 0;
	}
	(void)kill(pid, SIGKILL); /* ours, not yet waited for */
	(void)deadline_reap(pidfd, deadline_in(1), &info);
	return r == -ETIMEDOUT ? error_set(ret_error, ETIMEDOUT, "it did not end within %u seconds",
					 limit_of(hook))
			       : error_errno(ret_error, -r, "cannot wait for it");
}

static int run(const Spec *spec, const SpecHook *hook, const HookState *state, Error **ret_error)
{
	_cleanup_(files_done) Files files = { -EBADF, -EBADF, -EBADF };
	_cleanup_fd_ int pidfd = -EBADF;
	struct clone_args args = {
		.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd, .exit_signal = SIGCHLD
	};
	int status = 0, r = open_files(spec, state, &files, ret_error);
	long pid;

	if (r < 0)
		return r;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return error_errno(ret_error, errno, "cannot create a process");
	if (pid == 0)
		child(spec, hook, state, &files);
	r = await(hook, (pid_t)pid, pidfd, &status, ret_error);
	if (r < 0 || status == 0)
		return r;
	return spawn_report(path_base(hook->path), status, files.err, ret_error);
}

int hooks_run(
	const Spec *spec, SpecHookPoint point, const HookState *state, bool all, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; i < spec->n_hooks && (r == 0 || all); i++) {
		const SpecHook *hook = &spec->hooks[i];
		int q = hook->point == point ? run(spec, hook, state, r < 0 ? NULL : ret_error) : 0;

		if (q < 0 && r == 0)
			r = error_wrap(
				ret_error, "cannot run the %s hook %s", points[point], hook->path);
	}
	return r;
}
