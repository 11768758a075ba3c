/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands of units that would change the host (a kernel setting, a mount, a device, a link), and do nothing or fail inside: also among what a shell is told to do. Which
 * they are stands in rules.d.
 */
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "host/unit-words.h"
#include "plan/rules.h"

/* A value is what the word begins with; one that ends in "$" is the whole word. */
static bool is_word(const char *word, const char *value)
{
	size_t n = strlen(value);

	if (n > 0 && value[n - 1] == '$')
		return strlen(word) == n - 1 && strncmp(word, value, n - 1) == 0;
	return strncmp(word, value, n) == 0;
}

/* The value that one of the words is, or NULL. */
static const char *find_word(const Stanza *stanza, const char *key, char *const *words)
{
	STRV_FOREACH (word, words)
		for (size_t i = 0; i < stanza->n_values; i++)
			if (strcmp(stanza->values[i].key, key) == 0 &&
				is_word(*word, stanza->values[i].value))
				return stanza->values[i].value;
	return NULL;
}

/* words: of one command, its program first. */
static const Stanza *find_command(PlanBuild *build, char *const *words)
{
	STANZA_FOREACH (stanza, build->facts->knowledge, STANZA_HOST_COMMAND)
		if (stanza_has(stanza, "program", path_base(words[0])) &&
			(!stanza_get(stanza, "argument") ||
				find_word(stanza, "argument", words + 1)) &&
			!find_word(stanza, "except", words + 1))
			return stanza;
	return NULL;
}

/* The words of the command may be passwords: only what the rule says of it is shown. */
static void tell(PlanBuild *build, const FactUnit *unit, const FactDirective *d, char *const *words)
{
	const Stanza *stanza = find_command(build, words);
	const char *argument;
	int n;

	if (!stanza)
		return;
	argument = find_word(stanza, "argument", words + 1);
	n = argument ? (int)strlen(argument) : 0;
	if (n > 0 && argument[n - 1] == '$')
		n--;
	build_warn(build, "%s: %s=: %s%s%.*s ...: %s: %s", unit->name, d->key, path_base(words[0]),
		n > 0 ? " " : "", n, argument ? argument : "", stanza_get(stanza, "reason"),
		stanza_get(stanza, "instead"));
}

/* What stands before a command and is none: "if", "VARIABLE=value", "sudo". */
static bool is_before(const char *word)
{
	static const char *const before[] = { "!", "command", "do", "else", "exec", "if", "sudo",
		"then", "until", "while", "{" };

	return text_is_one_of(word, before, ARRAY_SIZE(before)) ||
	       (strchr(word, '=') && *word != '/');
}

/* What a shell is told to do, command by command. */
static void read_script(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *text)
{
	_cleanup_strv_ char **commands = NULL;

	if (strv_split(&commands, text, "\n;&|()`") < 0)
		build->failed = true;
	STRV_FOREACH (command, commands) {
		_cleanup_strv_ char **words = NULL;
		char *const *first;

		if (strv_split(&words, *command, " \t\"'") < 0)
			build->failed = true;
		for (first = words; first && *first && is_before(*first); first++)
			;
		if (first && *first)
			tell(build, unit, d, first);
	}
}

static bool is_shell(const char *program)
{
	static const char *const shells[] = { "bash", "dash", "ksh", "sh", "zsh" };

	return text_is_one_of(path_base(program), shells, ARRAY_SIZE(shells));
}

static void read_command(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *program = NULL;

	if (unit_words(d->value, WORDS_COMMAND, &words) == -ENOMEM)
		build->failed = true;
	if (!words || !words[0])
		return;
	program = strdup(unit_word_bare(d->key, words[0]));
	if (!program) {
		build->failed = true;
		return;
	}
	free(words[0]);
	words[0] = TAKE_PTR(program);
	if (!is_shell(words[0])) {
		tell(build, unit, d, words);
		return;
	}
	STRV_FOREACH (word, words + 1)
		if (strpbrk(*word, " \t"))
			read_script(build, unit, d, *word);
}

void rule_command(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];

		for (size_t j = 0; rules_is_asked(build->facts, unit) && j < unit->n_directives;
			j++) {
			const Directive *row = directive_find(unit->directives[j].key);

			if (row && row->words == WORDS_COMMAND)
				read_command(build, unit, &unit->directives[j]);
		}
	}
}
