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

static void options_cleanup(vsb_execute_options **options)
{
	vsb_execute_options_free(*options);
}

#define _cleanup_options_ _cleanup_(options_cleanup)

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
	unsigned int flags = VSB_EXECUTE_DETACH | (on_terminal() ? VSB_EXECUTE_TERMINAL : 0);
	_cleanup_options_ vsb_execute_options *options = NULL;
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_info_ vsb_info *info = NULL;
	int status;

	if (vsb_info_of(name, &info, &error) < 0 || vsb_execute_options_new(&options, &error) < 0 ||
		vsb_execute_options_set_flags(options, flags, &error) < 0 ||
		vsb_execute_options_set_user(options, args_value(args, "user"), &error) < 0) {
		report_error(error);
		return EXIT_SANDBOX;
	}
	if (vsb_info_pid(info) > 0 && flags & VSB_EXECUTE_TERMINAL) {
		(void)printf(
			"Connected to %s.\nType 'Ctrl + ]' to detach from the console.\n", name);
		(void)fflush(stdout);
	}
	status = execute(name, argv, options);
	if (status >= 0)
		return status;
	(void)puts(""); /* detached: the caller's prompt gets a line of its own */
	return 0;
}

static int execute_options(const Args *args, vsb_execute_options *options, vsb_error **error)
{
	unsigned int flags = args_has(args, "noseclabel") ? VSB_EXECUTE_NO_LABEL : 0;
	int r;

	if (args_has(args, "detach"))
		flags |= VSB_EXECUTE_BACKGROUND;
	else if (on_terminal())
		flags |= VSB_EXECUTE_TERMINAL;
	r = vsb_execute_options_set_flags(options, flags, error);
	if (r >= 0)
		r = vsb_execute_options_set_user(options, args_value(args, "user"), error);
	if (r >= 0)
		r = vsb_execute_options_set_directory(options, args_value(args, "workdir"), error);
	if (r < 0)
		return r;
	return vsb_execute_options_set_environment(options, args->variables, error);
}

int run_execute(const Args *args)
{
	char **argv = args->command ? args->command : args->words + 1;
	_cleanup_options_ vsb_execute_options *options = NULL;
	_cleanup_error_ vsb_error *error = NULL;

	if (!*argv || (args->command && args->n_words > 1)) {
		(void)report_usage("execute", "execute expects NAME -- COMMAND...");
		return EXIT_SANDBOX;
	}
	if (vsb_execute_options_new(&options, &error) < 0 ||
		execute_options(args, options, &error) < 0) {
		report_error(error);
		return EXIT_SANDBOX;
	}
	return execute(args->words[0], argv, options);
}

/* Of options of journalctl that are not NAME=VALUE: what comes next is their value. */
static bool long_takes_value(const char *name)
{
	static const char *const names[] = { "output", "output-fields", "since", "until", "cursor",
		"after-cursor", "cursor-file", "unit", "user-unit", "identifier",
		"exclude-identifier", "priority", "facility", "grep", "directory", "file", "root",
		"image", "namespace", "machine", "field" };

	if (strchr(name, '=') || strcmp(name, "user") == 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(names[i], name, strlen(name)) == 0)
			return true;
	return strcmp(name, "lines") == 0;
}

static bool is_number(const char *word)
{
	word += *word == '-' || *word == '+';
	return *word && strspn(word, "0123456789") == strlen(word);
}

/* Of the letters of an option the first that takes a value has all that comes behind it. */
static bool letters_take_value(const char *letters, const char *next)
{
	for (; *letters; letters++) {
		if (strchr("outTpgSUcDMFi", *letters))
			return !letters[1];
		if (strchr("nb", *letters)) /* it may have none */
			return !letters[1] && next && (is_number(next) || strcmp(next, "all") == 0);
	}
	return false;
}

/* The word that is the container's name; n_words without. */
static size_t find_name(const Args *args)
{
	size_t i = 0;

	for (; i < args->n_words; i++) {
		const char *word = args->words[i], *next = args->words[i + 1];

		if (strncmp(word, "--", 2) == 0)
			i += long_takes_value(word + 2);
		else if (*word == '-')
			i += letters_take_value(word + 1, next);
		else if (!strchr(word, '=') && !strchr(word, '/')) /* what journalctl matches */
			return i;
	}
	return args->n_words;
}

int run_logs(const Args *args)
{
	size_t at = find_name(args);
	_cleanup_error_ vsb_error *error = NULL;
	char *name = at < args->n_words ? args->words[at] : NULL;
	int status = EXIT_SANDBOX;

	if (!name) {
		(void)report_usage("logs", "logs expects [OPTION...] NAME [OPTION...]");
		return EXIT_SANDBOX;
	}
	for (; args->words[at]; at++) /* the options are what is left */
		args->words[at] = args->words[at + 1];
	if (vsb_logs(name, args->words, &status, &error) < 0) {
		report_error(error);
		return EXIT_SANDBOX;
	}
	return status;
}
