/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every command line has in common.
 */
#include "cli/command.h"
#include "cli/help.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/report.h"
#include "cli/variables.h"

#define URI "lxc:///" /* libvirt's name for containers of this host; what old scripts say */

int command_fail(vsb_error *error)
{
	report_error(error);
	vsb_error_free(error);
	return EXIT_FAILED;
}

char **command_names(bool running)
{
	_cleanup_list_ vsb_info **infos = NULL;
	vsb_error *error = NULL;
	char **names;
	size_t n = 0;

	if (vsb_list(&infos, &error) < 0) {
		(void)command_fail(error);
		return NULL;
	}
	while (infos[n])
		n++;
	names = calloc(n + 1, sizeof(*names));
	n = 0;
	for (vsb_info **i = infos; names && *i; i++) {
		if (running && vsb_info_pid(*i) <= 0)
			continue;
		names[n] = strdup(vsb_info_name(*i));
		if (!names[n++]) {
			vsb_strv_free(names);
			names = NULL;
		}
	}
	if (!names)
		(void)command_fail(NULL);
	return names;
}

static void tell_of_packages(const char *sentence, void *data)
{
	(void)data;
	wait_end();
	report_problem(sentence);
}

void command_tell_package_wait(void)
{
	vsb_tell_package_wait(tell_of_packages, NULL);
}

int command_each(const Args *args, const char *doing, CommandWork work)
{
	int code = 0;

	for (size_t i = 0; i < args->n_words; i++) {
		_cleanup_error_ vsb_error *error = NULL;
		int r;

		wait_begin(doing, args->words[i]);
		r = work(args->words[i], args, &error);
		wait_end();
		if (r < 0) {
			report_error(error);
			code = EXIT_FAILED;
		}
	}
	return code;
}

int command_describe(vsb_desc *desc, const Args *args, vsb_error **error)
{
	for (size_t i = 0; i < args->n_given; i++) {
		const ParsedOption *given = &args->given[i];
		char key[OPTION_KEY_MAX];
		int r;

		if (!given->option.key || strcmp(given->option.name, "env") == 0)
			continue;
		(void)snprintf(key, sizeof(key), "%s.%s", given->option.section, given->option.key);
		report_about(given);
		r = vsb_desc_set(desc, key, given->value ? given->value : "yes", error);
		if (r < 0)
			return r;
		report_about(NULL);
	}
	for (char **variable = args->variables; variable && *variable; variable++) {
		int r = vsb_desc_set(desc, "environment.variable", *variable, error);
		if (r < 0)
			return r;
	}
	for (char **word = args->command; word && *word; word++) {
		int r = vsb_desc_set(desc, "command.argv", *word, error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Is the number of words what the command takes: NULL, or what is wrong. */
static const char *check_words(const Command *command, Args *args)
{
	if (args->n_words < command->min_words)
		(void)snprintf(args->problem, sizeof(args->problem),
			command->name ? "%s expects %s" : "%s%s is missing",
			command->name ? command->name : "", command->arguments);
	else if (args->n_words > command->max_words)
		(void)snprintf(args->problem, sizeof(args->problem), "unexpected word \"%.64s\"%s",
			args->words[command->max_words],
			command->takes_command ? "; a command comes after --" : "");
	else if (args->command && !command->takes_command)
		(void)snprintf(
			args->problem, sizeof(args->problem), "%s takes no command", command->name);
	else
		return NULL;
	return args->problem;
}

int command_begin(const Command *command, const char *program, char **argv, Args *ret_args)
{
	const char *uri, *problem;
	int r;

	(void)umask(0022); /* what a container gets has the modes that we choose, not our caller */
	r = args_parse(ret_args, &command->options, command->mode, argv);
	if (r == -ENOMEM) {
		report_error(NULL);
		return EXIT_FAILED;
	}
	if (r < 0)
		return report_usage(command->name, ret_args->problem);
	if (args_has(ret_args, "debug"))
		vsb_debug();
	if (args_has(ret_args, "help")) {
		if (command->explain)
			command->explain();
		else
			help_command(program, command);
		return 0;
	}
	if (args_has(ret_args, "version")) {
		(void)printf("%s %s\n", program, vsb_version());
		return 0;
	}
	uri = args_value(ret_args, "connect");
	if (uri && strcmp(uri, URI) != 0) {
		(void)snprintf(ret_args->problem, sizeof(ret_args->problem),
			"only " URI " URIs are currently supported, not \"%.128s\"", uri);
		report_problem(ret_args->problem);
		return EXIT_FAILED;
	}
	problem = check_words(command, ret_args);
	if (problem)
		return report_usage(command->name, problem);
	r = variables_read(ret_args, &ret_args->variables, ret_args->problem);
	if (r == 0)
		return -1;
	if (r == -ENOMEM)
		report_error(NULL);
	else
		report_problem(ret_args->problem);
	return command->failed ? command->failed : EXIT_FAILED;
}
