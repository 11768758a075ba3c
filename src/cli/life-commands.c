/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * start, stop, reload, kill, pause, resume, wait, relabel and set.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/life-options.h"
#include "cli/report.h"

#define WAIT_SECONDS 3600
#define SECONDS_MAX 86400

int print_address(const char *name, const Args *args, vsb_error **error)
{
	_cleanup_info_ vsb_info *info = NULL;
	const char *address;
	int r = vsb_info_of(name, &info, error);
	if (r < 0)
		return r;
	address = vsb_info_address(info);
	if (args->n_words > 1)
		(void)printf("%s %s\n", name, address ? address : "-");
	else if (address)
		(void)puts(address);
	(void)fflush(stdout); /* the next one may take a while */
	return 0;
}

void warn_of_network(const char *name)
{
	_cleanup_strv_ char **lines = NULL;

	if (vsb_network_warnings(name, &lines, NULL) < 0)
		return;
	for (char **line = lines; line && *line; line++) {
		_cleanup_text_ char *text = vsb_text_sanitize(*line, "");

		if (text)
			report_problem(text);
	}
}

static int start(const char *name, const Args *args, vsb_error **error)
{
	int r = vsb_start(name, error);

	if (r == 0 && args_has(args, "healthy"))
		r = vsb_wait_healthy(name, error);
	wait_end();
	if (r == 0)
		warn_of_network(name);
	return r < 0 ? r : print_address(name, args, error);
}

static int print_start(const char *name, const Args *args, vsb_error **error)
{
	char *plan;
	int r = vsb_start_plan(name, &plan, error);

	(void)args;
	if (r < 0)
		return r;
	(void)fputs(plan, stdout);
	vsb_free(plan);
	return 0;
}

static int start_in_order(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	Args ordered = *args;
	char **names;
	int code;

	if (vsb_start_order(args->words, &names, &error) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	ordered.words = names;
	for (ordered.n_words = 0; names && names[ordered.n_words];)
		ordered.n_words++;
	code = command_each(&ordered, "starting", start);
	vsb_strv_free(names);
	return code;
}

int run_start(const Args *args)
{
	if (args_has(args, "dry-run"))
		return command_each(args, "reading", print_start);
	return start_in_order(args);
}

int seconds_of(const Args *args, const char *option, int otherwise)
{
	return args_number(args, option, 0, SECONDS_MAX, otherwise);
}

int stop_seconds(const Args *args)
{
	return seconds_of(args, "time", DEFAULT_STOP_SECONDS);
}

static int stop(const char *name, const Args *args, vsb_error **error)
{
	return vsb_stop(name, (unsigned int)stop_seconds(args), error);
}

int run_stop(const Args *args)
{
	if (stop_seconds(args) < 0)
		return report_usage("stop", STOP_SECONDS_PROBLEM);
	return command_each(args, "stopping", stop);
}

int run_rename(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;

	if (vsb_rename(args->words[0], args->words[1], &error) == 0)
		return 0;
	report_error(error);
	return EXIT_FAILED;
}

int each_reload(const char *name, const Args *args, vsb_error **error)
{
	char **units = args_values(args, "unitfile");
	int r;

	if (!units)
		return -ENOMEM;
	r = vsb_reload(name, *units ? units : NULL, error);
	free(units);
	return r;
}

int each_send_signal(const char *name, const Args *args, vsb_error **error)
{
	const char *signal = args_value(args, "signal");

	return vsb_kill(name, signal ? signal : "TERM", args_has(args, "all"), error);
}

int each_pause(const char *name, const Args *args, vsb_error **error)
{
	(void)args;
	return vsb_pause(name, error);
}

int each_resume(const char *name, const Args *args, vsb_error **error)
{
	(void)args;
	return vsb_resume(name, error);
}

static int wait_for(const char *name, const Args *args, vsb_error **error)
{
	const char *state = args_value(args, "for");

	return vsb_wait(name, state ? state : "stopped",
		(unsigned int)seconds_of(args, "timeout", WAIT_SECONDS), error);
}

int run_wait_for(const Args *args)
{
	if (seconds_of(args, "timeout", WAIT_SECONDS) < 0)
		return report_usage("wait", "--timeout expects a number of seconds up to one day");
	return command_each(args, "waiting for", wait_for);
}

int each_relabel(const char *name, const Args *args, vsb_error **error)
{
	(void)args;
	return vsb_relabel(name, error);
}

/* Each value alone, where the option it was given by is known. */
static int check_values(const Args *args, vsb_error **error)
{
	vsb_desc *desc = NULL;
	int r = vsb_desc_new(&desc, error);

	if (r == 0)
		r = command_describe(desc, args, error);
	vsb_desc_free(desc);
	return r;
}

/* What is wrong with the change itself, and not with the container, is said of the option, where there is only one that asks for it. */
static void blame_option(const char *name, const Args *args, const vsb_error *error)
{
	_cleanup_desc_ vsb_desc *desc = NULL;
	int code = error ? vsb_error_code(error) : 0;
	const ParsedOption *only = NULL;

	for (size_t i = 0; i < args->n_given; i++)
		if (args->given[i].option.key) {
			if (only)
				return;
			only = &args->given[i];
		}
	if ((code == EINVAL || code == EOPNOTSUPP) && vsb_desc_load(name, &desc, NULL) == 0)
		report_about(only);
}

static int set(const char *name, const Args *args, vsb_error **error)
{
	char keys[OPTION_KEY_MAX * 16], *next = keys;
	char **pairs = calloc(2 * args->n_given + 1, sizeof(*pairs));
	size_t count = 0;
	int r;

	report_about(NULL); /* of the container before */
	r = check_values(args, error);

	if (!pairs || r < 0) {
		free(pairs);
		return r < 0 ? r : -ENOMEM;
	}
	for (size_t i = 0; i < args->n_given; i++) {
		const ParsedOption *given = &args->given[i];
		size_t room = (size_t)(keys + sizeof(keys) - next);

		if (!given->option.key || room < OPTION_KEY_MAX)
			continue;
		pairs[count++] = next;
		pairs[count++] = (char *)given->value;
		next += snprintf(next, OPTION_KEY_MAX, "%s.%s", given->option.section,
				given->option.key) +
			1;
	}
	r = vsb_change(name, pairs, error);
	if (r < 0)
		blame_option(name, args, *error);
	else if (args_has(args, "egress"))
		warn_of_network(name);
	free(pairs);
	return r;
}

int run_set(const Args *args)
{
	for (size_t i = 0; i < args->n_given; i++)
		if (args->given[i].option.key)
			return command_each(args, "changing", set);
	return report_usage(
		"set", "set expects an option that says what to change, such as --memory");
}
