/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The verbs of a container whose keeper is somebody else. What they hand on to each other is in the run directory: the Spec, the
 * state, and two FIFOs. PID 1 waits at the first until somebody starts it; what it cannot do then, it says into the second, which an exec
 * closes without a word.
 */
#include "engine/keep/foreign.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "engine/keep/engines.h"
#include "engine/keep/lock.h"
#include "engine/keep/run-directory.h"
#include "engine/keep/saved-spec.h"
#include "engine/keep/stale-run.h"
#include "engine/start/hooks.h"
#include "engine/start/links-program.h"
#include "engine/start/run.h"

#define GATE_NAME "gate" /* in the run directory: opened once */
#define ANSWER_NAME "answer"
#define START_TIMEOUT                                                                              \
	60 /* seconds until its program must have been executed, beside what hooks may take */
#define CONSOLE_NAME                                                                               \
	"console" /* what is said with the descriptor; receivers want at least a byte */

/* Both ends at once: opening it does not wait for another, and neither of us ever sees its end before its time. */
static int make_fifo(int run_fd, const char *name, int *ret_fd, Error **ret_error)
{
	if (mkfifoat(run_fd, name, 0600) < 0)
		return error_errno(ret_error, errno, "cannot create the FIFO %s", name);
	*ret_fd = openat(run_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(ret_error, errno, "cannot open the FIFO %s", name) : 0;
}

static int send_console(int socket, int console_fd, Error **ret_error)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS,
			      .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec iov = { .iov_base = (char[]){ CONSOLE_NAME },
		.iov_len = strlen(CONSOLE_NAME) };
	struct msghdr packet = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space) };

	memcpy(CMSG_DATA(&control.header), &console_fd, sizeof(console_fd));
	if (sendmsg(socket, &packet, MSG_NOSIGNAL) < 0)
		return error_errno(ret_error, errno, "cannot hand over the console");
	return 0;
}

static int check(const Spec *spec, const Channels *channels, Error **ret_error)
{
	if (spec->keep.keeper != SPEC_KEEPER_FOREIGN)
		return error_set(
			ret_error, EINVAL, "cannot create the container: its keeper is its parent");
	if (spec->n_copies > 0)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot create the container: nobody would copy %s, and renew it; mount it",
			spec->copies[0].source);
	if (spec->keep.ready != SPEC_READY_EXEC)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot create the container: nobody would be notified that it is ready; use ready=exec");
	if (spec->process.terminal != (channels->console_socket >= 0))
		return error_set(ret_error, EINVAL,
			"cannot create the container: a terminal and a socket that gets it belong together");
	return 0;
}

/* Whose life is the run's: until PID 1 is there, ours. */
static void adopt(RunState *state)
{
	state->supervisor = state->pid;
	state->supervisor_starttime = state->starttime;
}

static int build(RunDirectory *directory, const Spec *spec, const Label *label,
	const Channels *channels, Run **ret, Error **ret_error)
{
	_cleanup_fd_ int gate = -EBADF, answer = -EBADF;
	Channels own = *channels;
	int r = make_fifo(directory->fd, GATE_NAME, &gate, ret_error);

	if (r == 0)
		r = make_fifo(directory->fd, ANSWER_NAME, &answer, ret_error);
	own.gate = gate;
	own.answer = answer;
	return r < 0 ? r : engine_of(spec)->create(spec, label, &own, ret, ret_error);
}

static int note(RunDirectory *directory, const Spec *spec, const Run *run, const Channels *channels,
	Error **ret_error)
{
	int r = run->console_fd >= 0
			? send_console(channels->console_socket, run->console_fd, ret_error)
			: 0;

	if (r == 0)
		r = run_directory_note_run(directory, spec, run, true, ret_error);
	if (r < 0)
		return r;
	adopt(&directory->state);
	return run_directory_set_phase(directory, RUN_CREATED, ret_error);
}

static int create(RunDirectory *directory, const Spec *spec, const Label *label,
	const Channels *channels, pid_t *ret_pid, Error **ret_error)
{
	_cleanup_run_ Run *run = NULL;
	int r = label_load(label, ret_error);

	if (r == 0)
		r = build(directory, spec, label, channels, &run, ret_error);
	if (r < 0)
		return r;
	r = note(directory, spec, run, channels, ret_error);
	if (r < 0) {
		(void)links_detach(spec, NULL); /* the error to tell is the first */
		return r;
	}
	*ret_pid = run->pid;
	run_leave(TAKE_PTR(run));
	return 0;
}

/* One that has ended, but was not deleted, is there still. */
static int refuse_present(const char *name, Error **ret_error)
{
	int r = supervisor_left_something(name, ret_error);

	return r > 0 ? error_set(ret_error, EALREADY,
			       "there is one of that name already; delete it first")
		     : r;
}

static int create_labelled(const Spec *spec, const Label *label, const Channels *channels,
	RunDirectory *directory, pid_t *ret_pid, Error **ret_error)
{
	int r = refuse_present(spec->name, ret_error);

	if (r == 0)
		r = label_confirm((Label *)label, ret_error);
	if (r < 0)
		return r;
	r = run_directory_make(directory, spec, ret_error);
	if (r == 0)
		r = create(directory, spec, label, channels, ret_pid, ret_error);
	if (r < 0) {
		(void)label_unload(label, NULL); /* likewise */
		(void)stale_run_remove_state(spec->name, NULL);
	}
	return r;
}

int foreign_create(const Spec *spec, const Channels *channels, pid_t *ret_pid, Error **ret_error)
{
	_cleanup_(run_directory_done) RunDirectory directory = RUN_DIRECTORY_NONE(spec->name);
	_cleanup_label_ Label *label = NULL;
	int r = check(spec, channels, ret_error);

	if (r == 0)
		r = run_directory_claim(&directory, ret_error);
	if (r == 0)
		r = label_take_up(spec->name, &spec->label, &label, ret_error);
	if (r == 0)
		r = create_labelled(spec, label, channels, &directory, ret_pid, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", spec->name) : 0;
}

/* What a verb has in hand. */
typedef struct Visit {
	const char *name;
	RunDirectory directory;
	Spec *spec;
	Label *label;
} Visit;

static void visit_done(Visit *visit)
{
	run_directory_done(&visit->directory);
	label_free(visit->label);
	spec_free(visit->spec);
}
DEFINE_CLEANUP(Run *, run_leave)

#define _cleanup_visit_ _cleanup_(visit_done)

#define VISIT(container)                                                                           \
	{                                                                                          \
		.name = (container), .directory = RUN_DIRECTORY_NONE(container)                    \
	}

static int open_directory(RunDirectory *directory, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s", directory->name);

	if (!path)
		return error_oom(ret_error);
	directory->fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory->fd >= 0)
		return 0;
	return errno == ENOENT ? error_set(ret_error, ENOENT, "it does not exist")
			       : error_errno(ret_error, errno, "cannot open %s", path);
}

/* The lock keeps two verbs apart that change something. */
static int visit_begin(Visit *visit, bool lock, Error **ret_error)
{
	int r = lock ? run_directory_claim(&visit->directory, ret_error) : 0;

	if (r == 0)
		r = open_directory(&visit->directory, ret_error);
	if (r == 0)
		r = saved_spec_read(visit->name, &visit->spec, ret_error);
	if (r == 0 && visit->spec->keep.keeper != SPEC_KEEPER_FOREIGN)
		r = error_set(ret_error, EINVAL, "a supervisor keeps it");
	return r < 0 ? r : run_state_load(visit->name, &visit->directory.state, ret_error);
}

static int visit_label(Visit *visit, Error **ret_error)
{
	return label_take_up(visit->name, &visit->spec->label, &visit->label, ret_error);
}

/* What is needed of it to do something to it; its PID 1 is not our child. */
static int open_run(const Visit *visit, Run **ret, Error **ret_error)
{
	_cleanup_(run_leavep) Run *run = run_new();
	const RunState *state = &visit->directory.state;
	int r;

	if (!run)
		return error_oom(ret_error);
	r = run_state_pidfd(state, &run->pidfd, ret_error);
	if (r < 0)
		return r;
	run->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (run->proc_fd < 0)
		return error_errno(ret_error, errno, "cannot open /proc");
	if (state->cgroup) {
		run->cgroup_fd =
			open(state->cgroup, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (run->cgroup_fd < 0)
			return error_errno(
				ret_error, errno, "cannot open its cgroup %s", state->cgroup);
	}
	run->pid = state->pid;
	run->spec = visit->spec;
	*ret = TAKE_PTR(run);
	return 0;
}

static int open_gate(const Visit *visit, Run *run, Error **ret_error)
{
	int run_fd = visit->directory.fd;

	/* Before the gate, or what it says could be over before we listen. */
	run->answer_fd =
		openat(run_fd, ANSWER_NAME, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (run->answer_fd < 0)
		return error_errno(ret_error, errno, "cannot open the FIFO " ANSWER_NAME);
	run->gate_fd = openat(run_fd, GATE_NAME, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (run->gate_fd < 0) /* who waits there has it open */
		return error_errno(ret_error, errno == ENXIO ? ESRCH : errno,
			"cannot start the first process");
	return 0;
}

static int start(Visit *visit, Error **ret_error)
{
	_cleanup_(run_leavep) Run *run = NULL;
	int r = open_run(visit, &run, ret_error);

	if (r < 0)
		return r;
	r = open_gate(visit, run, ret_error);
	if (r == 0)
		r = engine_of(visit->spec)->start(run, visit->label, ret_error);
	if (r < 0)
		engine_of(visit->spec)->stop(run);
	return r;
}

int foreign_start(const char *name, Error **ret_error)
{
	_cleanup_visit_ Visit visit = VISIT(name);
	int r = visit_begin(&visit, true, ret_error);

	if (r == 0)
		r = visit_label(&visit, ret_error);
	if (r == 0 && visit.directory.state.phase != RUN_CREATED)
		r = error_set(ret_error, EINVAL, "it cannot be started: it is %s",
			run_phase_name(visit.directory.state.phase));
	if (r == 0)
		r = start(&visit, ret_error);
	if (r == 0)
		r = run_directory_set_phase(&visit.directory, RUN_RUNNING, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", name) : 0;
}

int foreign_state(const char *name, RunState *ret, Error **ret_error)
{
	_cleanup_visit_ Visit visit = VISIT(name);
	int r = visit_begin(&visit, false, ret_error);

	if (r < 0)
		return error_wrap(ret_error, "container %s", name);
	*ret = visit.directory.state;
	visit.directory.state = (RunState){ 0 };
	return 0;
}

static int visit_run(Visit *visit, bool lock, Run **ret, Error **ret_error)
{
	int r = visit_begin(visit, lock, ret_error);

	return r < 0 ? r : open_run(visit, ret, ret_error);
}

int foreign_signal(const char *name, int number, Error **ret_error)
{
	_cleanup_visit_ Visit visit = VISIT(name);
	_cleanup_(run_leavep) Run *run = NULL;
	int r = visit_run(&visit, false, &run, ret_error);

	if (r == 0)
		r = engine_of(visit.spec)->signal(run, number, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", name) : 0;
}

int foreign_freeze(const char *name, bool freeze, Error **ret_error)
{
	_cleanup_visit_ Visit visit = VISIT(name);
	_cleanup_(run_leavep) Run *run = NULL;
	int r = visit_run(&visit, true, &run, ret_error);

	if (r == 0)
		r = engine_of(visit.spec)->freeze(run, freeze, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", name) : 0;
}

int foreign_usage(const char *name, RunUsage *ret, Error **ret_error)
{
	_cleanup_visit_ Visit visit = VISIT(name);
	_cleanup_(run_leavep) Run *run = NULL;
	int r = visit_run(&visit, false, &run, ret_error);

	if (r == 0)
		r = engine_of(visit.spec)->usage(run, ret, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", name) : 0;
}

static int undo(Visit *visit, Error **ret_error)
{
	const HookState state = { .status = "stopped", .directory = "/" };
	int r = visit_label(visit, ret_error);

	if (r == 0)
		r = stale_run_remove(visit->spec, visit->label, ret_error);
	if (r < 0)
		return r;
	return hooks_run(visit->spec, SPEC_HOOK_POSTSTOP, &state, true, ret_error) < 0 ? 1 : 0;
}

int foreign_delete(const char *name, bool force, Error **ret_error)
{
	_cleanup_visit_ Visit visit = VISIT(name);
	int r = visit_begin(&visit, true, ret_error);

	if (r == -ENOENT && force) {
		if (ret_error)
			*ret_error = error_free(*ret_error);
		return 0;
	}
	if (r == 0 && visit.directory.state.phase == RUN_RUNNING && !force)
		r = error_set(ret_error, EBUSY, "it runs; stop it first, or force it");
	if (r == 0)
		r = undo(&visit, ret_error);
	if (r == 0)
		return 0;
	(void)error_wrap(ret_error, "container %s", name);
	return r;
}
