/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * connect, execute and logs: what runs inside a container. The exit status is the command's; 125
 * says that we failed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

/* The best shell there is inside, as a login shell. */
#define SHELL "command -v bash >/dev/null && exec bash -l; exec sh -l"

static bool on_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* A command that cannot be found or executed inside is a failure that sets the status, too. */
static int execute(const char *name, char **argv, const vsb_execute_options *options)
{
	_cleanup_error_ vsb_error *error = NULL;
	int status = EXIT_SANDBOX;

	if (vsb_execute(name, argv, options, &status, &error) < 0)
		report_error(error);
	return status;
}

int run_connect(const Args *args)
{
	const char *name = args->words[0];
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)SHELL, NULL };
	vsb_execute_options options = { .terminal = on_terminal(), .detach = true };
	_cleanup_error_ vsb_error *error = NULL;
	vsb_info *info = NULL;
	bool running;
	int status;

	if (vsb_info_of(name, &info, &error) < 0) {
		report_error(error);
		return EXIT_SANDBOX;
	}
	running = info->pid > 0;
	vsb_info_free(info, 1);
	if (running && options.terminal) {
		(void)printf(
			"Connected to %s.\nType 'Ctrl + ]' to detach from the console.\n", name);
		(void)fflush(stdout);
	}
	status = execute(name, argv, &options);
	if (status >= 0)
		return status;
	(void)puts(""); /* detached: the caller's prompt gets a line of its own */
	return 0;
}

int run_execute(const Args *args)
{
	vsb_execute_options options = { .terminal = on_terminal() && !args_has(args, "detach"),
		.background = args_has(args, "detach"),
		.directory = args_value(args, "workdir"),
		.noseclabel = args_has(args, "noseclabel"),
		.user = args_value(args, "user") };
	char **argv = args->command ? args->command : args->words + 1;

	if (!*argv || (args->command && args->n_words > 1)) {
		(void)report_usage("execute", "execute expects NAME -- COMMAND...");
		return EXIT_SANDBOX;
	}
	options.environment = args->variables;
	return execute(args->words[0], argv, &options);
}

int run_logs(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	int status = EXIT_SANDBOX;

	if (vsb_logs(args->words[0], args->words + 1, &status, &error) < 0) {
		report_error(error);
		return EXIT_SANDBOX;
	}
	return status;
}
