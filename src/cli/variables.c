/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Environment variables of the command line. A file has a variable in each line, as NAME=VALUE or as NAME; nothing in it is quoted or
 * expanded. Empty lines and lines that begin with "#" are passed over.
 */
#include "cli/variables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static bool same_name(const char *a, const char *b)
{
	size_t size = strcspn(a, "=") + 1;

	return strncmp(a, b, size) == 0;
}

/* In the place of an earlier one of the same name: a value that does not hold need not be stored. */
static int append(char ***variables, char *variable)
{
	size_t count = 0;
	char **grown;

	for (; *variables && (*variables)[count]; count++)
		if (variable && same_name((*variables)[count], variable)) {
			free((*variables)[count]);
			(*variables)[count] = variable;
			return 0;
		}
	grown = variable ? reallocarray(*variables, count + 2, sizeof(*grown)) : NULL;
	if (!grown) {
		free(variable);
		return -ENOMEM;
	}
	grown[count] = variable;
	grown[count + 1] = NULL;
	*variables = grown;
	return 0;
}

/* NAME=VALUE as it is, NAME with the value of our caller. */
static int add(char ***variables, const char *word, char *problem)
{
	const char *value;
	char *variable;

	if (strchr(word, '='))
		return append(variables, strdup(word));
	value = getenv(word);
	if (!value) {
		(void)snprintf(problem, OPTION_PROBLEM_MAX,
			"variable %.64s is not set in the environment; give it as NAME=VALUE",
			word);
		return -EINVAL;
	}
	return append(variables, asprintf(&variable, "%s=%s", word, value) < 0 ? NULL : variable);
}

static bool name_fits(const char *name, size_t size)
{
	bool digit = size > 0 && *name >= '0' && *name <= '9';

	return size > 0 && !digit && strspn(name, NAME_CHARACTERS) >= size;
}

static int add_line(char ***variables, const char *file, unsigned int number, const char *line,
	size_t size, char *problem)
{
	bool whole = strlen(line) == size; /* no zero byte in it */

	if (whole && name_fits(line, strcspn(line, "=")))
		return add(variables, line, problem);
	/* Not the line itself: it may be a secret. */
	(void)snprintf(
		problem, OPTION_PROBLEM_MAX, "%.128s:%u is not NAME=VALUE or NAME", file, number);
	return -EINVAL;
}

/* No more than the limit is ever held: what is read may have no end, and no end of line. */
static int add_lines(char ***variables, const char *path, FILE *file, char *problem)
{
	char *text = malloc(VARIABLES_FILE_MAX + 2), *line = text;
	size_t left = text ? fread(text, 1, VARIABLES_FILE_MAX + 1, file) : 0;
	int r = text ? 0 : -ENOMEM;

	if (r == 0 && ferror(file)) {
		r = -errno;
		(void)snprintf(
			problem, OPTION_PROBLEM_MAX, "cannot read %.128s: %s", path, strerror(-r));
	} else if (left > VARIABLES_FILE_MAX) {
		r = -EFBIG;
		(void)snprintf(problem, OPTION_PROBLEM_MAX, "%.128s has more than %u bytes", path,
			VARIABLES_FILE_MAX);
	}
	for (unsigned int number = 1; r == 0 && left > 0; number++) {
		char *end = memchr(line, '\n', left);
		size_t n = end ? (size_t)(end - line) : left, taken = end ? n + 1 : n;

		line[n] = '\0';
		if (n > 0 && *line != '#')
			r = add_line(variables, path, number, line, n, problem);
		line += taken;
		left -= taken;
	}
	free(text);
	return r;
}

static int add_file(char ***variables, const char *path, char *problem)
{
	_cleanup_error_ vsb_error *error = NULL;
	int fd, r = vsb_open_file(path, &fd, &error);
	FILE *file = r < 0 ? NULL : fdopen(fd, "r");

	if (!file) {
		(void)snprintf(problem, OPTION_PROBLEM_MAX, "option --env-file: %s",
			error ? vsb_error_message(error) : strerror(ENOMEM));
		if (r == 0)
			(void)close(fd);
		return r < 0 ? r : -ENOMEM;
	}
	r = add_lines(variables, path, file, problem);
	(void)fclose(file); /* only read from */
	return r;
}

static int add_option(char ***variables, const ParsedOption *given, char *problem)
{
	const char *word = given->value;
	size_t size = strcspn(word, "=");

	if (name_fits(word, size))
		return add(variables, word, problem);
	/* Not the value: it may be a secret. */
	(void)snprintf(problem, OPTION_PROBLEM_MAX,
		"option %s: \"%.*s\" is not the name of a variable; give NAME=VALUE or NAME",
		given->letter ? "-e" : "--env", (int)(size < 64 ? size : 64), word);
	return -EINVAL;
}

int variables_read(const Args *args, char ***ret, char *problem)
{
	char **variables = calloc(1, sizeof(*variables));
	int r = variables ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < args->n_given; i++)
		if (strcmp(args->given[i].option.name, "env-file") == 0)
			r = add_file(&variables, args->given[i].value, problem);
	for (size_t i = 0; r == 0 && i < args->n_given; i++)
		if (strcmp(args->given[i].option.name, "env") == 0)
			r = add_option(&variables, &args->given[i], problem);
	if (r < 0) {
		(void)variables_free(variables);
		return r;
	}
	*ret = variables;
	return 0;
}
