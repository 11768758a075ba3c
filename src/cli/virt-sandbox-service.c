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

	if (code >= 0)
		return code;
	return command->each ? command_each(&args, command->doing, command->each)
			     : command->run(&args);
}

static void explain(void)
{
	help_program(PROGRAM, service_commands);
}

/* May the one be the other with one letter wrong, missing, too many, or two exchanged? */
static bool is_nearly(const char *typed, const char *name)
{
	size_t n = 0;
	const char *a, *b;

	while (typed[n] && typed[n] == name[n])
		n++;
	a = typed + n;
	b = name + n;
	if (!*a || !*b)
		return strlen(a) + strlen(b) == 1;
	return strcmp(a + 1, b + 1) == 0 || strcmp(a + 1, b) == 0 || strcmp(a, b + 1) == 0 ||
	       (a[1] == b[0] && a[0] == b[1] && strcmp(a + 2, b + 2) == 0);
}

static int refuse_command(const char *typed)
{
	char problem[OPTION_PROBLEM_MAX];
	const Command *command = service_commands;

	while (command->name && !is_nearly(typed, command->name))
		command++;
	(void)snprintf(problem, sizeof(problem), "unknown command \"%.64s\"%s%s%s", typed,
		command->name ? "; did you mean \"" : "", command->name ? command->name : "",
		command->name ? "\"?" : "");
	return report_usage(NULL, problem);
}

/* "help" is --help, of the whole or of a command. */
static int help(char **words)
{
	static char option[] = "--help";
	char *argv[] = { option, NULL };
	const Command *command = *words ? find_command(*words) : NULL;

	if (command)
		return run_command(command, argv);
	if (*words)
		return refuse_command(*words);
	explain();
	return 0;
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
	const Command *command;
	int code = command_begin(&outer, PROGRAM, argv, &args);
	if (code >= 0)
		return code;
	command = find_command(args.words[0]);
	if (command)
		return run_command(command, args.words + 1);
	return strcmp(args.words[0], "help") == 0 ? help(args.words + 1)
						  : refuse_command(args.words[0]);
}

int main(int argc, char **argv)
{
	int code;

	command_tell_package_wait();
	code = run(argc > 0 ? argv + 1 : argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		report_problem("cannot write the result");
		return code ? code : EXIT_FAILED;
	}
	return code;
}
