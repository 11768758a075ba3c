/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of unit files.
 */
#include "host/unit-text.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/array.h"
#include "host/directives.h"
#include "host/unit-words.h"

#define BLANKS " \t\r"

static DirectiveAssign assign_of(const char *key)
{
	const Directive *row = directive_find(key);

	return row ? row->assign : ASSIGN_LAST;
}

/* Drops the directives of a section that have this key, or whose key is of this group if it is one that is reset as a whole. */
static void drop(FactUnit *unit, const char *section, const char *key, DirectiveAssign group)
{
	size_t kept = 0;

	for (size_t i = 0; i < unit->n_directives; i++) {
		FactDirective *d = &unit->directives[i];

		if (strcmp(d->section, section) == 0 &&
			(strcmp(d->key, key) == 0 ||
				(group >= ASSIGN_CONDITIONS && assign_of(d->key) == group))) {
			free(d->section);
			free(d->key);
			free(d->value);
		} else {
			unit->directives[kept++] = *d;
		}
	}
	unit->n_directives = kept;
}

int unit_text_assign(FactUnit *unit, const char *section, const char *key, const char *value)
{
	DirectiveAssign group = assign_of(key);
	FactDirective made;

	if (*value == '\0' && group == ASSIGN_DEPENDENCY)
		return 0;
	if (*value == '\0' || group == ASSIGN_LAST)
		drop(unit, section, key, group);
	if (*value == '\0' && group != ASSIGN_SETS)
		return 0;
	if (unit->n_directives >= UNIT_DIRECTIVES_MAX)
		return -E2BIG;
	if (array_room(&unit->directives, unit->n_directives, sizeof(*unit->directives)) < 0)
		return -ENOMEM;
	made = (FactDirective){ .section = strdup(section),
		.key = strdup(key),
		.value = strdup(value),
		.file = unit->read_file,
		.line = unit->read_line };
	if (!made.section || !made.key || !made.value) {
		free(made.section);
		free(made.key);
		free(made.value);
		return -ENOMEM;
	}
	unit->directives[unit->n_directives++] = made;
	return 0;
}

static char *strip(char *s)
{
	size_t n;

	s += strspn(s, BLANKS);
	n = strlen(s);
	while (n > 0 && strchr(BLANKS, s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

/* "ExecStart=/bin/a ; /bin/b" is two commands. */
static int assign_commands(FactUnit *unit, const char *section, const char *key, char *value)
{
	int r = 0;

	while (*value && r == 0) {
		char *rest = value + unit_words_command_length(value);

		if (*rest)
			*rest++ = '\0';
		value = strip(value);
		r = *value ? unit_text_assign(unit, section, key, value) : 0;
		value = rest;
	}
	return r;
}

/* One whole line, continuations joined; cut up in place. */
static int parse_line(FactUnit *unit, char **section, char *line)
{
	char *equals, *key, *value;
	const Directive *row;

	line = strip(line);
	if (line[0] == '[') {
		size_t n = strlen(line);

		if (n < 3 || line[n - 1] != ']')
			return 0;
		free(*section);
		*section = strndup(line + 1, n - 2);
		return *section ? 0 : -ENOMEM;
	}
	equals = strchr(line, '=');
	if (!equals || equals == line || !*section)
		return 0;
	*equals = '\0';
	key = strip(line);
	value = strip(equals + 1);
	row = directive_find(key);
	return *value && row && row->words == WORDS_COMMAND
		       ? assign_commands(unit, *section, key, value)
		       : unit_text_assign(unit, *section, key, value);
}

static bool is_comment(const char *line, size_t n)
{
	size_t blanks = strspn(line, BLANKS);

	return blanks < n && (line[blanks] == '#' || line[blanks] == ';');
}

/* Does the line go on: an odd number of backslashes at its end. */
static bool is_continued(const char *line, size_t n)
{
	size_t backslashes = 0;

	while (backslashes < n && line[n - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

static int flush(FactUnit *unit, char **section, Buf *line)
{
	_cleanup_free_ char *whole = NULL;

	if (line->size == 0 && !line->failed)
		return 0;
	if (buf_take(line, &whole, NULL) < 0)
		return -ENOMEM;
	return parse_line(unit, section, whole);
}

int unit_text_parse(FactUnit *unit, const char *text, size_t size)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *end = text + size;
	_cleanup_free_ char *section = NULL;
	_cleanup_buf_ Buf line = { 0 };
	int r;

	if (size >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0)
		text += strlen(bom);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		bool continued;

		if (memchr(text, '\0', n)) /* not a text file */
			break;
		unit->read_line++;
		/* A comment between the parts of a continued line belongs to neither. */
		if (!is_comment(text, n)) {
			if (line.size + n > UNIT_LINE_MAX)
				return -E2BIG;
			continued = is_continued(text, n);
			buf_append(&line, text, continued ? n - 1 : n);
			if (continued)
				buf_puts(&line, " ");
			r = continued ? 0 : flush(unit, &section, &line);
			if (r < 0)
				return r;
		}
		text = newline ? newline + 1 : end;
	}
	r = text < end ? 0 : flush(unit, &section, &line);
	unit->read_line = 0;
	return r;
}
