/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-init: PID 1 of a container that runs one command. The engine exec'ed me from a
 * descriptor, confined already; I am root of the container's user namespace and all its signals
 * come to me. I start the command, hand signals on to it, reap whatever is orphaned, and end as
 * the command ended: with its status, or 128 + N when signal N killed it.
 *
 *	virt-sandbox-init [-u USER] -- COMMAND [ARGUMENT...]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/start/init-rest.h"
#include "engine/start/init-user.h"

#define EXIT_NOT_FOUND 127
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_INIT_FAILED 125
#define EXIT_SIGNAL 128

static void complain(const char *what, const char *name, const char *why)
{
	const char *parts[] = { "virt-sandbox-init: ", what, " ", name, ": ", why, "\n" };

	/* Nothing can be done about a standard error that takes nothing. */
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
			return;
}

/* The command leads a process group in the foreground of the terminal, if there is one, so that ^C
 * is its alone. */
static void take_foreground(void)
{
	(void)setpgid(0, 0); /* cannot fail for a new child */
	(void)tcsetpgrp(
		STDIN_FILENO, getpid()); /* fails where stdin is no terminal, which is fine */
}

static int run_command(char **argv, const char *user, const sigset_t *mask)
{
	int reason;

	take_foreground(); /* with every signal still blocked: SIGTTOU would stop us */
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	if (user && identity_take(user) < 0) {
		complain("cannot become", user, "no such user or group inside");
		return EXIT_NOT_EXECUTABLE;
	}
	(void)execvp(argv[0], argv);
	reason = errno;
	complain("cannot execute", argv[0], strerror(reason));
	return reason == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

/* vfork: no copy of our memory is made, and we sleep until the child has become the command or has
 * ended. One that looks up its user first would leave too much behind in our memory. */
static pid_t start_command(char **argv, const char *user, const sigset_t *mask)
{
	pid_t pid = user ? fork() : vfork();

	if (pid == 0)
		_exit(run_command(argv, user, mask));
	return pid;
}

/* A pipe that we kept open would hide from its reader that the command closed it. */
static void let_go_of_standard(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3 && fd >= 0; i++)
		(void)dup2(fd, i);
	if (fd > 2)
		(void)close(fd);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* True when the command has ended. */
static int reap(pid_t command, int *ret_status)
{
	pid_t pid;
	int status, ended = 0;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		*ret_status = status_of(status);
		ended = 1;
	}
	return ended;
}

/* True when the command has ended. A time that is over is no signal. */
static int handle(pid_t command, int signal, int *ret_status)
{
	if (signal == SIGCHLD)
		return reap(command, ret_status);
	if (signal > 0)
		(void)kill(command, signal); /* one that has just ended gets nothing */
	return 0;
}

/* True when the command has ended before it came to rest. */
static int rest(pid_t command, const sigset_t *all, int *ret_status)
{
	unsigned int waited = 0;
	uint64_t before = 0;

	for (unsigned int looks = 0; waited < REST_MSEC; looks++) {
		unsigned int pause = rest_pause(looks);
		struct timespec time = { .tv_nsec = (long)pause * 1000000 };
		uint64_t now;

		if (handle(command, sigtimedwait(all, NULL, &time), ret_status))
			return 1;
		now = rest_look();
		if (now && now == before)
			return 0;
		before = now;
		waited += pause;
	}
	return 0;
}

static int serve(pid_t command, const sigset_t *all, const char *manager)
{
	int status = 0, ended = manager && rest(command, all, &status);

	if (manager && (!ended || status == 0)) /* one that has done its work has started, too */
		rest_tell(manager);
	while (!ended)
		ended = handle(command, sigwaitinfo(all, NULL), &status);
	return status;
}

/* It is for me alone: the command's words would not be heard. */
static const char *take_manager(void)
{
	const char *value = getenv("NOTIFY_SOCKET"), *copy = value ? strdup(value) : NULL;

	(void)unsetenv("NOTIFY_SOCKET");
	return copy;
}

int main(int argc, char **argv)
{
	const char *user = NULL, *manager = take_manager();
	sigset_t all, none;
	pid_t command;
	int i = 1;

	if (i + 1 < argc && strcmp(argv[i], "-u") == 0) {
		user = argv[i + 1];
		i += 2;
	}
	if (i + 1 >= argc || strcmp(argv[i], "--") != 0) {
		complain("usage", "is", "virt-sandbox-init [-u USER] -- COMMAND [ARGUMENT...]");
		return EXIT_INIT_FAILED;
	}
	(void)prctl(PR_SET_NAME, "virt-sandbox-in", 0, 0,
		0); /* exec'ed from a descriptor, our name is a number */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &none);
	command = start_command(argv + i + 1, user, &none);
	if (command < 0) {
		complain("cannot", "fork", strerror(errno));
		return EXIT_INIT_FAILED;
	}
	let_go_of_standard();
	return serve(command, &all, manager);
}
