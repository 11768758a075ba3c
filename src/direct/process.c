/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One process of the service, from fork() to its program, in the order of systemd: what root must do comes first, its ids next, the filter last.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/strv.h"
#include "direct/service.h"

/* capset(2), as the kernel has it: musl comes without the kernel's headers. */
#define CAPABILITY_VERSION 0x20080522u
#define CAPABILITY_LAST 63
#define FILTER_MODE 2 /* SECCOMP_MODE_FILTER */
#define FIRST_SOCKET 3 /* SD_LISTEN_FDS_START */
#define BEGIN_MSEC 10000 /* from fork() to the program */

/* systemd.exec(5): the exit statuses of what could not be executed. */
enum { EXIT_STEP = 203, EXIT_STEP_FILES = 202, EXIT_STEP_USER = 217 };

typedef struct CapabilityHead {
	uint32_t version;
	int pid;
} CapabilityHead;

typedef struct CapabilitySet {
	uint32_t effective, permitted, inheritable;
} CapabilitySet;

typedef struct FilterProgram {
	unsigned short length;
	void *code;
} FilterProgram;

typedef struct Child {
	const Service *service;
	const Steps *steps;
	StepsCommand command;
	Person person;
	char **environment;
	const char *what; /* it cannot do, if it fails now */
} Child;

static bool set_limits(Child *c)
{
	STRV_FOREACH (line, c->steps->limits) {
		unsigned long number;
		char soft[24], hard[24];
		struct rlimit limit;

		c->what = "set a limit";
		if (sscanf(*line, "%lu %23s %23s", &number, soft, hard) != 3) {
			errno = EINVAL;
			return false;
		}
		limit.rlim_cur =
			strcmp(soft, "max") == 0 ? RLIM_INFINITY : strtoull(soft, NULL, 10);
		limit.rlim_max =
			strcmp(hard, "max") == 0 ? RLIM_INFINITY : strtoull(hard, NULL, 10);
		if (setrlimit((int)number, &limit) < 0 && errno == EPERM) {
			struct rlimit own; /* as systemd does: no more than we have ourselves */

			if (getrlimit((int)number, &own) < 0)
				return false;
			limit.rlim_cur =
				limit.rlim_cur < own.rlim_max ? limit.rlim_cur : own.rlim_max;
			limit.rlim_max =
				limit.rlim_max < own.rlim_max ? limit.rlim_max : own.rlim_max;
			if (setrlimit((int)number, &limit) < 0)
				return false;
		}
	}
	return true;
}

static bool set_scheduling(Child *c)
{
	char text[8];
	int fd;

	c->what = "set its priority";
	if (c->steps->nice && setpriority(PRIO_PROCESS, 0, (int)c->steps->nice) < 0)
		return false;
	c->what = "set OOMScoreAdjust=";
	if (!c->steps->oom_score)
		return true;
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	(void)snprintf(text, sizeof(text), "%d", (int)c->steps->oom_score);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return false;
	(void)close(fd);
	return true;
}

/* A FIFO that nobody reads fails; what is open is as usual then. */
static int open_written(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | flags, 0644);

	return fd < 0 || fcntl(fd, F_SETFL, flags & O_APPEND) == 0 ? fd : -1;
}

static int open_output(const char *wish, int console)
{
	static const struct {
		const char *prefix;
		int flags;
	} kinds[] = { { "file:", 0 }, { "append:", O_APPEND }, { "truncate:", O_TRUNC } };

	if (strcmp(wish, "null") == 0)
		return open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncmp(wish, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return open_written(wish + strlen(kinds[i].prefix), kinds[i].flags);
	return console;
}

static bool set_standard(Child *c)
{
	const char *errors = c->steps->errors ? c->steps->errors : "output";
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC), out, err;

	c->what = "open its standard output";
	out = open_output(c->steps->output, STDERR_FILENO);
	err = strcmp(errors, "output") == 0 ? out : open_output(errors, STDERR_FILENO);
	if (in < 0 || out < 0 || err < 0)
		return false;
	err = fcntl(err, F_DUPFD_CLOEXEC, FIRST_SOCKET); /* dup2() below would lose it */
	return err >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2;
}

/* To 3 and what follows, where the service looks for them; report_fd is moved out of the way. */
static bool give_sockets(Child *c, int *report_fd)
{
	size_t n = c->service->n_sockets;
	_cleanup_free_ int *moved = calloc(n + 1, sizeof(*moved));
	char text[40];

	c->what = "hand over its sockets";
	*report_fd = fcntl(*report_fd, F_DUPFD_CLOEXEC, FIRST_SOCKET + (int)n);
	if (!moved || *report_fd < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		moved[i] = fcntl(c->service->sockets[i], F_DUPFD_CLOEXEC, FIRST_SOCKET + (int)n);
		if (moved[i] < 0)
			return false;
	}
	for (size_t i = 0; i < n; i++)
		if (dup2(moved[i], FIRST_SOCKET + (int)i) < 0)
			return false;
	if (n == 0)
		return true;
	(void)snprintf(text, sizeof(text), "%d", (int)getpid());
	if (environment_set(&c->environment, "LISTEN_PID", text) < 0)
		return false;
	(void)snprintf(text, sizeof(text), "%zu", n);
	return environment_set(&c->environment, "LISTEN_FDS", text) == 0;
}

static bool set_capabilities(uint64_t permitted, uint64_t inheritable)
{
	const CapabilityHead head = { CAPABILITY_VERSION, 0 };
	CapabilitySet sets[2];

	for (int i = 0; i < 2; i++) {
		uint32_t own = (uint32_t)(permitted >> (32 * i));

		sets[i] = (CapabilitySet){ own, own, (uint32_t)(inheritable >> (32 * i)) };
	}
	return syscall(SYS_capset, &head, sets) == 0;
}

static bool drop_bounding(Child *c)
{
	c->what = "give up capabilities";
	for (int i = 0; i <= CAPABILITY_LAST; i++)
		if (!((uint64_t)c->steps->bounding >> i & 1) &&
			prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 &&
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return false;
	return true;
}

static bool raise_ambient(Child *c)
{
	uint64_t ambient = (uint64_t)c->steps->ambient;

	c->what = "keep AmbientCapabilities=";
	if (!ambient)
		return true;
	if (!set_capabilities(ambient, ambient))
		return false;
	for (int i = 0; i <= CAPABILITY_LAST; i++)
		if ((ambient >> i & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return false;
	return true;
}

static bool set_groups(Child *c)
{
	c->what = "take its groups";
	return setgroups(c->person.n_groups, c->person.groups) == 0 &&
	       setresgid(c->person.gid, c->person.gid, c->person.gid) == 0;
}

static bool take_ids(Child *c)
{
	if (!drop_bounding(c))
		return false;
	if (c->command.keeps_ids)
		return true;
	c->what = "take its user";
	if (c->steps->user || c->steps->group || c->steps->groups)
		if (!set_groups(c))
			return false;
	if (c->person.uid != 0 && c->steps->ambient && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return false;
	if (c->person.uid != 0 && setresuid(c->person.uid, c->person.uid, c->person.uid) < 0)
		return false;
	return raise_ambient(c);
}

static bool enter_directory(Child *c)
{
	const char *path = c->steps->directory ? c->steps->directory : "/";
	bool optional = *path == '-';

	path += optional;
	c->what = "enter its WorkingDirectory=";
	if (strcmp(path, "~") == 0)
		path = *c->person.home ? c->person.home : "/";
	return chdir(path) == 0 || (optional && errno == ENOENT && chdir("/") == 0);
}

static bool set_filter(Child *c)
{
	FilterProgram program;
	unsigned char *code;
	size_t n;

	c->what = "set its system call filter";
	if (c->steps->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	if (!c->steps->filter)
		return true;
	if (steps_bytes_parse(c->steps->filter, &code, &n) < 0) {
		errno = EINVAL;
		return false;
	}
	program = (FilterProgram){ (unsigned short)(n / 8), code };
	return prctl(PR_SET_SECCOMP, FILTER_MODE, &program, 0, 0) == 0;
}

static bool join_group(Child *c)
{
	int fd = openat(c->service->cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	c->what = "enter its cgroup";
	return fd >= 0 && write(fd, "0", 1) == 1 && close(fd) == 0;
}

/* Returns only when something failed. */
static int become(Child *c, int *report_fd)
{
	const char *place;
	char **argv;

	(void)setsid(); /* cannot fail for a new child */
	(void)umask((mode_t)c->steps->umask);
	if (!join_group(c) || !set_standard(c) || !give_sockets(c, report_fd) || !set_limits(c) ||
		!set_scheduling(c))
		return EXIT_STEP_FILES;
	if (!c->command.privileged && !confine(c->steps, &place)) {
		c->what = place;
		return 226; /* EXIT_NAMESPACE */
	}
	if (!c->command.privileged && !take_ids(c))
		return EXIT_STEP_USER;
	if (!enter_directory(c))
		return 200; /* EXIT_CHDIR */
	argv = c->command.literal ? c->command.argv
				  : variables_expand(c->command.argv, c->environment);
	c->what = "execute ";
	if (!argv)
		return EXIT_STEP;
	(void)sigprocmask(SIG_SETMASK, &c->service->mask, NULL);
	if (!c->command.privileged && !set_filter(c))
		return 228; /* EXIT_SECCOMP */
	c->what = "execute ";
	(void)execvpe(c->command.program, argv, c->environment);
	return EXIT_STEP;
}

static void reset_signals(bool ignore_pipe)
{
	for (int i = 1; i <= 64; i++)
		if (i != SIGKILL && i != SIGSTOP)
			(void)signal(i, i == SIGPIPE && ignore_pipe
						? SIG_IGN
						: SIG_DFL); /* some are the library's own */
}

typedef struct Report {
	int reason;
	char what[120];
} Report;

static void run(Child *c, int report_fd)
{
	Report report = { 0 };
	int status;

	reset_signals(c->steps->ignore_pipe);
	status = become(c, &report_fd);
	report.reason = errno;
	(void)snprintf(report.what, sizeof(report.what), "%s", c->what);
	(void)!write(report_fd, &report, sizeof(report)); /* our parent waits for it */
	_exit(status);
}

static int prepare(Service *s, const char *text, Child *c)
{
	const char *word = "";

	if (steps_command_parse(text, &c->command) < 0) {
		pump_say(s, "not enough memory");
		return -1;
	}
	if (person_find(&s->steps, &c->person, &word) < 0) {
		pump_say(s, "cannot become %s: /etc/passwd and /etc/group have no such name", word);
		return -1;
	}
	c->environment = variables_make(s, &c->person, &word);
	if (!c->environment) {
		pump_say(s, "cannot read the environment file %s: %s", word ? word : "",
			strerror(errno));
		return -1;
	}
	return 0;
}

/* Nothing: a program runs, which has closed it. -1: it still does not, and is killed. */
static ssize_t read_report(Service *s, int fd, pid_t pid, Report *ret)
{
	struct pollfd pollfd = { fd, POLLIN, 0 };

	if (poll(&pollfd, 1, BEGIN_MSEC) > 0)
		return read(fd, ret, sizeof(*ret));
	(void)kill(pid, SIGKILL);
	pump_say(s, "a process was not executed within %d seconds and was killed",
		BEGIN_MSEC / 1000);
	return -1;
}

static pid_t start(Service *s, Child *c, bool *ret_runs)
{
	Report report = { 0 };
	int ends[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		pump_say(s, "cannot start a process: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid < 0) {
		pump_say(s, "cannot start a process: %s", strerror(errno));
		(void)close(ends[0]);
		(void)close(ends[1]);
		return -1;
	}
	if (pid == 0) {
		(void)close(ends[0]);
		run(c, ends[1]);
	}
	(void)close(ends[1]);
	n = read_report(s, ends[0], pid, &report);
	(void)close(ends[0]);
	if (n == sizeof(report)) {
		report.what[sizeof(report.what) - 1] = '\0';
		pump_say(s, "cannot %s%s%s: %s", *report.what == '/' ? "confine " : "", report.what,
			strcmp(report.what, "execute ") == 0 ? c->command.program : "",
			strerror(report.reason));
	}
	*ret_runs = n == 0;
	return pid;
}

pid_t process_start(Service *s, const char *command, bool *ret_runs)
{
	Child child = { .service = s, .steps = &s->steps, .what = "start" };
	pid_t pid = -1;

	*ret_runs = false;
	if (prepare(s, command, &child) == 0)
		pid = start(s, &child, ret_runs);
	steps_command_done(&child.command);
	strv_free(child.environment);
	return pid;
}
