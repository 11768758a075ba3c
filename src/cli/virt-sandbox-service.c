/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-service: services of the host in containers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/report.h"

#define PROGRAM "virt-sandbox-service"

static const Command *find_command(const char *name)
{
	for (const Command *command = service_commands; command->name; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

static int run_command(const Command *command, char **argv)
{
	_cleanup_(args_done) Args args = {};
	int code = command_begin(command, PROGRAM, argv, &args);

	return code >= 0 ? code : command->run(&args);
}

static void explain(void)
{
	help_program(PROGRAM, service_commands);
}

/* The command comes after the options that all commands have. */
static int run(char **argv)
{
	static const Command outer = { .mode = ARGS_LEADING,
		.arguments = "a command, as create or start,",
		.min_words = 1,
		.max_words = WORDS_MANY,
		.explain = explain };
	_cleanup_(args_done) Args args = {};
	char problem[OPTION_PROBLEM_MAX];
	const Command *command;
	int code;

	code = command_begin(&outer, PROGRAM, argv, &args);
	if (code >= 0)
		return code;
	command = find_command(args.words[0]);
	if (command)
		return run_command(command, args.words + 1);
	(void)snprintf(problem, sizeof(problem), "unknown command \"%.64s\"", args.words[0]);
	return report_usage(NULL, problem);
}

int main(int argc, char **argv)
{
	int code = run(argc > 0 ? argv + 1 : argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		report_problem("cannot write the result");
		return code ? code : EXIT_FAILED;
	}
	return code;
}
