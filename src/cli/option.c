/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading a command line by its tables.
 */
#include "cli/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Option common_rows[] = {
	{ "connect", 'c', "URI", "lxc:///, the only value" },
	{ "debug", 0, NULL, "print every step on standard error" },
	{ "help", 'h', NULL, "show this text" },
	{ "version", 'V', NULL, "show the version" },
	{},
};

static bool row_at(const Option *rows, size_t *index, Option *ret)
{
	for (; rows && rows->name; rows++)
		if ((*index)-- == 0) {
			*ret = *rows;
			return true;
		}
	return false;
}

static bool key_at(bool (*accepts)(const vsb_key *key), size_t *index, Option *ret)
{
	const vsb_key *key;

	for (size_t i = 0; accepts && (key = vsb_key_at(i)); i++)
		if (vsb_key_option(key) && accepts(key) && (*index)-- == 0) {
			*ret = (Option){ .name = vsb_key_option(key),
				.letter = vsb_key_letter(key),
				.argument = vsb_key_argument(key),
				.help = vsb_key_help(key),
				.section = vsb_key_section(key),
				.key = vsb_key_name(key),
				.list = vsb_key_is_list(key) };
			return true;
		}
	return false;
}

bool option_at(const OptionSet *set, size_t index, Option *ret)
{
	return row_at(set->rows, &index, ret) || key_at(set->accepts, &index, ret) ||
	       row_at(common_rows, &index, ret);
}

static bool find_long(const OptionSet *set, const char *name, size_t size, Option *ret)
{
	for (size_t i = 0; option_at(set, i, ret); i++)
		if (strlen(ret->name) == size && memcmp(ret->name, name, size) == 0)
			return true;
	return false;
}

static bool find_letter(const OptionSet *set, char letter, Option *ret)
{
	for (size_t i = 0; option_at(set, i, ret); i++)
		if (ret->letter && ret->letter == letter)
			return true;
	return false;
}

static int add(Args *args, const Option *option, char letter, const char *value)
{
	ParsedOption *grown;

	if (!option->list && args_has(args, option->name)) {
		(void)snprintf(args->problem, sizeof(args->problem), "option --%s is given twice",
			option->name);
		return -EINVAL;
	}
	grown = reallocarray(args->given, args->n_given + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[args->n_given++] =
		(ParsedOption){ .option = *option, .value = value, .letter = letter };
	args->given = grown;
	return 0;
}

/* "--name", "--name=value" or "--name value"; *argv is moved to the last word used. */
static int parse_long(Args *args, const OptionSet *set, char ***argv)
{
	const char *name = **argv + 2;
	size_t size = strcspn(name, "=");
	const char *value = name[size] ? name + size + 1 : NULL;
	Option option;

	if (!find_long(set, name, size, &option)) {
		(void)snprintf(args->problem, sizeof(args->problem), "unknown option --%.*s",
			(int)(size < 64 ? size : 64), name);
		return -EINVAL;
	}
	if (!option.argument && value) {
		(void)snprintf(args->problem, sizeof(args->problem), "option --%s takes no value",
			option.name);
		return -EINVAL;
	}
	if (option.argument && !value)
		value = *++*argv;
	if (option.argument && !value) {
		(void)snprintf(args->problem, sizeof(args->problem),
			"option --%s needs a value: %s", option.name, option.argument);
		return -EINVAL;
	}
	return add(args, &option, 0, value);
}

/* "-a", "-ab" (both without value), "-uVALUE" or "-u VALUE". */
static int parse_letters(Args *args, const OptionSet *set, char ***argv)
{
	for (const char *p = **argv + 1; *p; p++) {
		const char *value = NULL;
		Option option;
		int r;

		if (!find_letter(set, *p, &option)) {
			(void)snprintf(
				args->problem, sizeof(args->problem), "unknown option -%c", *p);
			return -EINVAL;
		}
		if (option.argument) {
			value = p[1] ? p + 1 : *++*argv;
			if (!value) {
				(void)snprintf(args->problem, sizeof(args->problem),
					"option -%c needs a value: %s", *p, option.argument);
				return -EINVAL;
			}
		}
		r = add(args, &option, *p, value);
		if (r < 0 || option.argument)
			return r;
	}
	return 0;
}

static bool is_ours(const OptionSet *set, const char *word)
{
	Option option;

	return word[1] == '-' ? find_long(set, word + 2, strcspn(word + 2, "="), &option)
			      : !word[2] && find_letter(set, word[1], &option);
}

int args_parse(Args *args, const OptionSet *set, ArgsMode mode, char **argv)
{
	size_t count = 0;
	bool options = true;
	int r = 0;

	while (argv[count])
		count++;
	*args = (Args){ .words = calloc(count + 1, sizeof(*args->words)) };
	if (!args->words)
		return -ENOMEM;
	for (; r == 0 && *argv; argv++) {
		if (mode == ARGS_FOREIGN && options && **argv == '-' && (*argv)[1])
			options = is_ours(set, *argv);
		if (options && strcmp(*argv, "--") == 0) {
			args->command = argv + 1;
			break;
		}
		if (options && strncmp(*argv, "--", 2) == 0) {
			r = parse_long(args, set, &argv);
		} else if (options && **argv == '-' && (*argv)[1]) {
			r = parse_letters(args, set, &argv);
		} else {
			args->words[args->n_words++] = *argv;
			options = mode == ARGS_MIXED;
		}
	}
	return r;
}

char **variables_free(char **variables)
{
	for (char **v = variables; v && *v; v++)
		free(*v);
	free(variables);
	return NULL;
}

void args_done(Args *args)
{
	free(args->given);
	(void)variables_free(args->variables);
	free(args->words);
	*args = (Args){};
}

const char *args_value(const Args *args, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < args->n_given; i++)
		if (strcmp(args->given[i].option.name, name) == 0)
			value = args->given[i].value;
	return value;
}

int args_number(const Args *args, const char *name, int min, int max, int otherwise)
{
	const char *text = args_value(args, name);
	long number;
	char *end;

	if (!text)
		return otherwise;
	errno = 0;
	number = strtol(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && !*end && number >= min && number <= max
		       ? (int)number
		       : -1;
}

char **args_values(const Args *args, const char *name)
{
	char **values = calloc(args->n_given + 1, sizeof(*values));
	size_t count = 0;

	for (size_t i = 0; values && i < args->n_given; i++)
		if (strcmp(args->given[i].option.name, name) == 0)
			values[count++] = (char *)args->given[i].value;
	return values;
}

bool args_has(const Args *args, const char *name)
{
	for (size_t i = 0; i < args->n_given; i++)
		if (strcmp(args->given[i].option.name, name) == 0)
			return true;
	return false;
}
