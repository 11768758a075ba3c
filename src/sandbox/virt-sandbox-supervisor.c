/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-supervisor [--tell FD] NAME: runs a defined container in the foreground until it ends. A service manager starts me (Type=notify), or
 * supervisor_launch() with the socket FD that waits for ready or for the reason why not. My status is the command's of a generic container; 0 when a
 * system was shut down; 1 for every failure, which is one line on standard error.
 */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desc/desc.h"
#include "engine/keep/state.h"
#include "engine/keep/supervisor.h"
#include "sandbox/compile-run.h"
#include "sandbox/domain-run.h"
#include "sandbox/registry.h"

#define EXIT_USAGE 2

static int parse_arguments(int argc, char **argv, LaunchNotifier *ret)
{
	static const struct option options[] = { { "tell", required_argument, NULL, 't' }, { 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option != 't' || sscanf(optarg, "%d", &ret->fd) != 1 ||
			fcntl(ret->fd, F_SETFD, FD_CLOEXEC) < 0)
			return -EINVAL;
	}
	if (optind + 1 != argc)
		return -EINVAL;
	ret->name = argv[optind];
	return 0;
}

/* poweroff, halt and reboot inside end PID 1 with SIGINT or SIGHUP, a shutdown that took too long with SIGKILL: all are ends that were asked for. */
static int exit_status(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGHUP ? 0
									: 128 + WTERMSIG(status);
}

/* A container of ours; else a domain of that name, whose reservations end with it. */
static int compile(const char *name, Spec **ret, Error **ret_error)
{
	return registry_exists(name) ? compile_defined(name, ret, ret_error)
				     : domain_run_compile(name, ret, ret_error);
}

static void end(const char *name, bool clean)
{
	(void)domain_run_put_away(name, clean, NULL); /* the next command tries again */
}

static const SupervisorCalls calls = { .compile = compile, .end = end };

int main(int argc, char **argv)
{
	_cleanup_error_ Error *error = NULL;
	LaunchNotifier launcher = { .fd = -EBADF };
	int status = EXIT_FAILURE << 8; /* as from wait(2) */

	if (parse_arguments(argc, argv, &launcher) < 0) {
		(void)fprintf(stderr, "Usage: virt-sandbox-supervisor NAME\n");
		return EXIT_USAGE;
	}
	(void)umask(0077);
	(void)signal(SIGPIPE, SIG_IGN); /* a log or a client that goes away is no reason to end */
	/* It names a file of each of our places. */
	if (desc_check_name(launcher.name, &error) < 0) {
		(void)error_wrap(&error, "container %s", launcher.name);
		launch_notifier_failed(&launcher, error);
		(void)fprintf(stderr, "virt-sandbox-supervisor: %s\n", error_message(error));
		return EXIT_FAILURE;
	}
	supervisor_take_debug(launcher.name);
	if (supervisor_run(launcher.name, &calls, &launcher, &status, &error) < 0)
		(void)fprintf(stderr, "virt-sandbox-supervisor: %s\n", error_message(error));
	return exit_status(status);
}
