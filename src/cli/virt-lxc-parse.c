/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading virsh's command language: words of a line, and a command's options by name and position.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/virt-lxc.h"

#define LINE_WORDS_MAX 4096

/* -- Words -- */

/* One word, with quotes and backslashes taken out. False: it said what is open. */
static bool take_word(const char **line, char *word)
{
	char quote = 0;

	for (; **line && (quote || (!isspace((unsigned char)**line) && **line != ';')); (*line)++) {
		if (quote ? **line == quote : **line == '\'' || **line == '"')
			quote = quote ? 0 : **line;
		else if (**line == '\\' && quote != '\'' && !(*line)[1])
			return virt_fail("dangling \\");
		else if (**line == '\\' && quote != '\'')
			*word++ = *++*line;
		else
			*word++ = **line;
	}
	*word = '\0';
	return quote ? virt_fail("missing \"") : true;
}

char **virt_split(const char *line, size_t *ret_count)
{
	char **words = calloc(LINE_WORDS_MAX + 2, sizeof(*words));
	char *word = malloc(strlen(line) + 1);
	size_t count = 0;
	bool good = words && word;

	while (good && *line && count < LINE_WORDS_MAX) {
		if (isspace((unsigned char)*line)) {
			line++;
		} else if (*line == ';') {
			words[count++] = NULL;
			line++;
		} else if (*line == '#') {
			line += strcspn(line, "\n");
		} else {
			good = take_word(&line, word);
			words[count++] = strdup(word);
		}
	}
	free(word);
	*ret_count = count;
	return good ? words : NULL;
}

/* -- A command -- */

const VirtCommand *virt_command_find(const char *name)
{
	for (const VirtGroup *group = virt_groups; group->title; group++)
		for (const VirtCommand *command = group->commands; command->name; command++)
			if (strcmp(command->name, name) == 0)
				return command;
	return NULL;
}

static bool takes_many(const VirtOption *option)
{
	return option->kind == VIRT_ARGV || option->kind == VIRT_REST;
}

static size_t index_of(const VirtCommand *command, const char *name)
{
	size_t i = 0;

	while (command->options[i].name && strcmp(command->options[i].name, name) != 0)
		i++;
	return i;
}

/* Of a word without a name: the next that takes one. */
static size_t next_by_position(const VirtArgs *args)
{
	const VirtOption *options = args->command->options;
	size_t i = 0;

	while (options[i].name && (options[i].kind == VIRT_BOOL || options[i].named ||
					  (args->seen[i] && !takes_many(&options[i]))))
		i++;
	return i;
}

static bool keep(VirtArgs *args, size_t i, const char *value)
{
	char *copy = value ? strdup(value) : NULL;
	char **grown;

	args->seen[i] = true;
	if (value && !copy)
		return virt_fail_error(NULL);
	if (!takes_many(&args->command->options[i])) {
		args->values[i] = copy;
		return true;
	}
	grown = reallocarray(args->rest, args->n_rest + 2, sizeof(*grown));
	if (!grown) {
		free(copy);
		return virt_fail_error(NULL);
	}
	args->rest = grown;
	args->rest[args->n_rest++] = copy;
	args->rest[args->n_rest] = NULL;
	return true;
}

/* "--name", "--name=value" or "--name value"; *words is moved to the last word used. */
static bool parse_named(VirtArgs *args, char *const **words)
{
	const VirtCommand *command = args->command;
	char name[64];
	const char *text = **words + 2, *equals = strchr(text, '=');
	const VirtOption *option;
	size_t i;

	(void)snprintf(name, sizeof(name), "%.*s", (int)(equals ? equals - text : 63), text);
	i = index_of(command, name);
	option = &command->options[i];
	if (!option->name)
		return virt_fail("command '%s' doesn't support option --%s", command->name, name);
	if (args->seen[i] && !takes_many(option))
		return virt_fail("option --%s already seen", name);
	if (option->kind == VIRT_BOOL)
		return equals ? virt_fail("invalid '=' after option --%s", name)
			      : keep(args, i, NULL);
	if (equals)
		return keep(args, i, equals + 1);
	if (!(*words)[1])
		return virt_fail("expected syntax: --%s <%s>", name,
			option->kind == VIRT_INT ? "number" : "string");
	return keep(args, i, *++*words);
}

static bool check_needed(const VirtArgs *args)
{
	const VirtOption *options = args->command->options;

	for (size_t i = 0; options[i].name; i++) {
		if (options[i].kind == VIRT_DATA && args->values[i] && !*args->values[i])
			return virt_fail("Failed to get option '%s': Option argument is empty",
				options[i].name);
		if ((options[i].kind == VIRT_DATA || options[i].kind == VIRT_ARGV) &&
			!args->seen[i])
			return virt_fail(options[i].named ? "command '%s' requires --%s option"
							  : "command '%s' requires <%s> option",
				args->command->name, options[i].name);
	}
	return true;
}

static bool is_help(char *const *words)
{
	for (; *words && strcmp(*words, "--") != 0; words++)
		if (strcmp(*words, "--help") == 0)
			return true;
	return false;
}

bool virt_parse(char *const *words, VirtArgs *ret)
{
	bool named = true;
	size_t i;

	*ret = (VirtArgs){ .command = virt_command_find(*words) };
	if (!ret->command)
		return virt_fail("unknown command: '%s'", *words);
	if (is_help(words + 1)) {
		ret->command = &virt_command_help; /* as "help COMMAND" */
		return keep(ret, 0, *words);
	}
	for (words++; *words; words++) {
		const char *word = *words;

		if (named && strncmp(word, "--", 2) == 0 && isalnum((unsigned char)word[2])) {
			if (!parse_named(ret, &words))
				return false;
			continue;
		}
		if (named && strcmp(word, "--") == 0) {
			named = false;
			continue;
		}
		i = next_by_position(ret);
		if (!ret->command->options[i].name)
			return virt_fail("unexpected data '%s'", word);
		if (!keep(ret, i, word))
			return false;
		/* What follows the first word of a command to run is its own. */
		named = named && ret->command->options[i].kind != VIRT_ARGV;
	}
	return check_needed(ret);
}

void virt_args_done(VirtArgs *args)
{
	for (size_t i = 0; i < VIRT_OPTIONS_MAX; i++)
		free(args->values[i]);
	for (size_t i = 0; i < args->n_rest; i++)
		free(args->rest[i]);
	free(args->rest);
	*args = (VirtArgs){ 0 };
}

bool virt_has(const VirtArgs *args, const char *option)
{
	return args->seen[index_of(args->command, option)];
}

const char *virt_value(const VirtArgs *args, const char *option)
{
	return args->values[index_of(args->command, option)];
}

static int bad_number(const char *text, const char *option, const char *kind)
{
	(void)virt_fail(
		"%s value '%s' for <%s> option is malformed or out of range", kind, text, option);
	return -EINVAL;
}

int virt_number(
	const VirtArgs *args, const char *option, long long min, long long max, long long *ret)
{
	const char *text = virt_value(args, option);
	long long number;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || end == text || *end || number < min || number > max)
		return bad_number(text, option, "Numeric");
	*ret = number;
	return 1;
}

/* Powers of 1024 or, with "B" behind, of 1000, as libvirt has them; without a unit KiB. 0: unknown. */
static unsigned long long unit_of(const char *text)
{
	static const char letters[] = "kmgtpe";
	const char *letter = *text ? strchr(letters, tolower((unsigned char)*text)) : NULL;
	unsigned long long unit = 1;
	unsigned int base = 1024;

	if (!*text)
		return 1024;
	if (strcasecmp(text, "b") == 0 || strcasecmp(text, "bytes") == 0)
		return 1;
	if (!letter ||
		(text[1] && strcasecmp(text + 1, "b") != 0 && strcasecmp(text + 1, "ib") != 0))
		return 0;
	if (tolower((unsigned char)text[1]) == 'b')
		base = 1000;
	for (const char *l = letters; l <= letter; l++)
		unit *= base;
	return unit;
}

int virt_size(const VirtArgs *args, const char *option, bool unlimited, unsigned long long *ret)
{
	const char *text = virt_value(args, option);
	unsigned long long number, unit;
	char *end;

	if (!text)
		return 0;
	if (unlimited && strcmp(text, "-1") == 0) {
		*ret = UINT64_MAX;
		return 1;
	}
	errno = 0;
	number = strtoull(text, &end, 10);
	unit = unit_of(end);
	if (errno || end == text || *text == '-' || unit == 0 || number > UINT64_MAX / unit)
		return bad_number(text, option, "Scaled numeric");
	*ret = (number * unit + 1023) / 1024;
	return 1;
}

bool virt_exclude(const VirtArgs *args, const char *one, const char *other)
{
	return virt_has(args, one) && virt_has(args, other)
		       ? virt_fail("Options --%s and --%s are mutually exclusive", one, other)
		       : true;
}
