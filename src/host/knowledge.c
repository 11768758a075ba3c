/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stanzas: the vocabulary, and reading it. Strict: what is not in the table below is refused with its line, so that a misspelt key cannot
 * be a rule that silently does nothing.
 */
#include "host/knowledge.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/array.h"
#include "desc/line.h"

#define RULES_SIZE_LIMIT (256u * 1024) /* bytes of one file */
#define STANZA_LIMIT 8192 /* of all files together */
#define VALUE_LIMIT 1024 /* values of one stanza */
#define ENDING ".rules"

static const char *const kind_names[_STANZA_KIND_MAX] = {
	[STANZA_SERVICE] = "service",
	[STANZA_INSTANCES] = "instances",
	[STANZA_FIRST_START] = "first-start",
	[STANZA_HOST_PROGRAM] = "host-program",
	[STANZA_NETWORK_PROGRAM] = "network-program",
	[STANZA_DROP_PLACE] = "drop-place",
};

typedef enum ValueType { VALUE_NAME, VALUE_UNIT, VALUE_PATH, VALUE_TEXT } ValueType;

typedef struct Word {
	StanzaKind kind;
	const char *key;
	ValueType type;
	bool required, many;
} Word;

static const Word words[] = {
	{ STANZA_SERVICE, "name", VALUE_NAME, true, true },
	{ STANZA_INSTANCES, "unit", VALUE_UNIT, true, false },
	{ STANZA_INSTANCES, "configuration", VALUE_PATH, true, false },
	{ STANZA_INSTANCES, "template", VALUE_NAME, true, false },
	{ STANZA_INSTANCES, "instance", VALUE_NAME, false, false },
	{ STANZA_INSTANCES, "auto-file", VALUE_NAME, false, false },
	{ STANZA_FIRST_START, "unit", VALUE_NAME, true, false },
	{ STANZA_FIRST_START, "package", VALUE_NAME, true, false },
	{ STANZA_FIRST_START, "data", VALUE_PATH, true, false },
	{ STANZA_FIRST_START, "configuration", VALUE_PATH, false, false },
	{ STANZA_FIRST_START, "command", VALUE_TEXT, true, false },
	{ STANZA_HOST_PROGRAM, "program", VALUE_NAME, true, true },
	{ STANZA_HOST_PROGRAM, "reason", VALUE_TEXT, true, false },
	{ STANZA_HOST_PROGRAM, "instead", VALUE_TEXT, true, false },
	{ STANZA_NETWORK_PROGRAM, "program", VALUE_NAME, true, true },
	{ STANZA_DROP_PLACE, "path", VALUE_PATH, true, true },
	{ STANZA_DROP_PLACE, "reader", VALUE_NAME, false, false },
};

static void stanza_done(Stanza *stanza)
{
	for (size_t i = 0; i < stanza->n_values; i++) {
		free(stanza->values[i].key);
		free(stanza->values[i].value);
	}
	free(stanza->values);
	free(stanza->name);
	free(stanza->file);
}

Knowledge *knowledge_free(Knowledge *knowledge)
{
	for (size_t i = 0; knowledge && i < knowledge->n_stanzas; i++)
		stanza_done(&knowledge->stanzas[i]);
	if (knowledge)
		free(knowledge->stanzas);
	free(knowledge);
	return NULL;
}

const char *stanza_kind_name(StanzaKind kind)
{
	return kind >= 0 && kind < _STANZA_KIND_MAX ? kind_names[kind] : NULL;
}

StanzaKind stanza_kind_from_name(const char *name)
{
	for (int i = 0; i < _STANZA_KIND_MAX; i++)
		if (strcmp(kind_names[i], name) == 0)
			return (StanzaKind)i;
	return _STANZA_KIND_INVALID;
}

static const Word *find_word(StanzaKind kind, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].kind == kind && strcmp(words[i].key, key) == 0)
			return &words[i];
	return NULL;
}

static bool is_name(const char *text)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_.+@-";

	return *text && !text[strspn(text, characters)];
}

static bool is_printable(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return *text;
}

static int check_value(const Word *word, const char *value, Error **ret_error)
{
	switch (word->type) {
	case VALUE_NAME:
		return is_name(value) ? 0
				      : error_set(ret_error, EINVAL,
						"\"%s\" is not a name (letters, digits, _ . + @ -)",
						value);
	case VALUE_UNIT:
		return is_name(value) && strchr(value, '.')
			       ? 0
			       : error_set(ret_error, EINVAL,
					 "\"%s\" is not the full name of a unit", value);
	case VALUE_PATH:
		return path_is_normal(value) && is_printable(value)
			       ? 0
			       : error_set(ret_error, EINVAL,
					 "\"%s\" is not a normal absolute path", value);
	case VALUE_TEXT:
		break;
	}
	return is_printable(value) ? 0
				   : error_set(ret_error, EINVAL,
					     "the value is empty or has a control character");
}

static int add_value(Stanza *stanza, Line *line, Error **ret_error)
{
	const Word *word = find_word(stanza->kind, line->name);
	int r;

	if (!word)
		return error_set(ret_error, EINVAL, "%s: unknown key of a [%s] stanza", line->name,
			kind_names[stanza->kind]);
	if (!word->many && stanza_get(stanza, line->name))
		return error_set(ret_error, EINVAL, "%s: given twice", line->name);
	if (stanza_has(stanza, line->name, line->value))
		return error_set(ret_error, EINVAL, "%s=%s: given twice", line->name, line->value);
	if (stanza->n_values == VALUE_LIMIT)
		return error_set(ret_error, E2BIG, "more than %d values", VALUE_LIMIT);
	r = check_value(word, line->value, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "%s", line->name), r;
	if (array_room(&stanza->values, stanza->n_values, sizeof(*stanza->values)) < 0)
		return error_oom(ret_error);
	stanza->values[stanza->n_values++] =
		(StanzaValue){ TAKE_PTR(line->name), TAKE_PTR(line->value) };
	return 0;
}

static const Stanza *find_named(const Knowledge *knowledge, StanzaKind kind, const char *name)
{
	STANZA_FOREACH(s, knowledge, kind)
	if (strcmp(s->name, name) == 0)
		return s;
	return NULL;
}

static int add_stanza(Knowledge *knowledge, const Line *line, const char *file, unsigned int number,
	Error **ret_error)
{
	size_t n = strcspn(line->section, " ");
	_cleanup_free_ char *kind_name = strndup(line->section, n), *copy = strdup(file),
			    *name = line->section[n] ? strdup(line->section + n + 1) : NULL;
	const Stanza *before;
	StanzaKind kind;

	if (!kind_name || !copy || (line->section[n] && !name))
		return error_oom(ret_error);
	kind = stanza_kind_from_name(kind_name);
	if (kind < 0)
		return error_set(ret_error, EINVAL, "[%s]: unknown kind of stanza", kind_name);
	if (!name || !is_name(name))
		return error_set(ret_error, EINVAL, "a stanza begins with [%s NAME]", kind_name);
	before = find_named(knowledge, kind, name);
	if (before)
		return error_set(ret_error, EINVAL, "[%s %s]: stands in %s:%u already", kind_name,
			name, before->file, before->line);
	if (knowledge->n_stanzas == STANZA_LIMIT)
		return error_set(ret_error, E2BIG, "more than %d stanzas", STANZA_LIMIT);
	if (array_room(&knowledge->stanzas, knowledge->n_stanzas, sizeof(*knowledge->stanzas)) < 0)
		return error_oom(ret_error);
	knowledge->stanzas[knowledge->n_stanzas++] = (Stanza){
		.kind = kind, .name = TAKE_PTR(name), .file = TAKE_PTR(copy), .line = number
	};
	return 0;
}

static int check_complete(const Stanza *stanza, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].kind == stanza->kind && words[i].required &&
			!stanza_get(stanza, words[i].key))
			return error_set(ret_error, EINVAL, "%s:%u: [%s %s]: %s= is missing",
				stanza->file, stanza->line, kind_names[stanza->kind], stanza->name,
				words[i].key);
	return 0;
}

static int read_line(Knowledge *knowledge, const char **text, const char *end, const char *file,
	unsigned int number, size_t first, Error **ret_error)
{
	_cleanup_line_ Line line = {};
	int r = line_read(text, end, &line, ret_error);

	if (r == 0 && line.kind == LINE_SECTION)
		r = add_stanza(knowledge, &line, file, number, ret_error);
	else if (r == 0 && line.kind == LINE_KEY && knowledge->n_stanzas == first)
		r = error_set(ret_error, EINVAL, "%s: stands before the first stanza", line.name);
	else if (r == 0 && line.kind == LINE_KEY)
		r = add_value(&knowledge->stanzas[knowledge->n_stanzas - 1], &line, ret_error);
	if (r < 0)
		(void)error_wrap(ret_error, "%s:%u", file, number); /* r says it */
	return r;
}

static int parse_all(
	Knowledge *knowledge, const char *text, size_t size, const char *file, Error **ret_error)
{
	const char *end = text + size;
	size_t first = knowledge->n_stanzas;
	int r = 0;

	if (size > RULES_SIZE_LIMIT)
		return error_set(
			ret_error, E2BIG, "%s: larger than %u bytes", file, RULES_SIZE_LIMIT);
	for (unsigned int number = 1; r == 0 && text < end; number++)
		r = read_line(knowledge, &text, end, file, number, first, ret_error);
	for (size_t i = first; r == 0 && i < knowledge->n_stanzas; i++)
		r = check_complete(&knowledge->stanzas[i], ret_error);
	return r;
}

int knowledge_parse(
	Knowledge *knowledge, const char *text, size_t size, const char *file, Error **ret_error)
{
	size_t first = knowledge->n_stanzas;
	int r = parse_all(knowledge, text, size, file, ret_error);

	while (r < 0 && knowledge->n_stanzas > first)
		stanza_done(&knowledge->stanzas[--knowledge->n_stanzas]);
	return r;
}

/* Appends names of *.rules in a directory. */
static int list_files(const char *directory, bool must_exist, char ***names, Error **ret_error)
{
	DIR *dir = opendir(directory);
	int r = 0;

	if (!dir && errno == ENOENT && !must_exist)
		return 0;
	if (!dir)
		return error_errno(ret_error, errno, "cannot read the rules in %s", directory);
	for (const struct dirent *entry; r == 0 && (entry = readdir(dir));) {
		size_t n = strlen(entry->d_name);

		if (entry->d_name[0] != '.' && n > strlen(ENDING) &&
			strcmp(entry->d_name + n - strlen(ENDING), ENDING) == 0)
			r = strv_append_unique(names, entry->d_name);
	}
	(void)closedir(dir);
	return r < 0 ? error_oom(ret_error) : 0;
}

static int read_file(Knowledge *knowledge, const char *vendor, const char *local, const char *name,
	Error **ret_error)
{
	_cleanup_free_ char *path = local ? path_join(local, name) : NULL, *text = NULL;
	size_t size;
	int r;

	if (!path || access(path, F_OK) < 0) {
		free(path);
		path = path_join(vendor, name);
	}
	if (!path)
		return error_oom(ret_error);
	r = file_read(path, &text, &size, ret_error);
	return r < 0 ? r : knowledge_parse(knowledge, text, size, path, ret_error);
}

int knowledge_load_from(const char *vendor, const char *local, Knowledge **ret, Error **ret_error)
{
	_cleanup_knowledge_ Knowledge *knowledge = calloc(1, sizeof(*knowledge));
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!knowledge)
		return error_oom(ret_error);
	r = list_files(vendor, true, &names, ret_error);
	if (r == 0 && local)
		r = list_files(local, false, &names, ret_error);
	if (r < 0)
		return r;
	strv_sort(names);
	STRV_FOREACH (name, names) {
		r = read_file(knowledge, vendor, local, *name, ret_error);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(knowledge);
	return 0;
}

int knowledge_load(Knowledge **ret, Error **ret_error)
{
	_cleanup_free_ char *vendor = layout_rules(), *local = layout_path(LAYOUT_RULES);

	if (!vendor || !local)
		return error_oom(ret_error);
	return knowledge_load_from(vendor, local, ret, ret_error);
}

int knowledge_list(const Knowledge *knowledge, char ***ret, Error **ret_error)
{
	for (size_t i = 0; i < knowledge->n_stanzas; i++) {
		const Stanza *s = &knowledge->stanzas[i];
		_cleanup_buf_ Buf line = {};

		for (size_t j = 0; j < s->n_values; j++)
			buf_printf(&line, "%s%s=%s", j > 0 ? ", " : "", s->values[j].key,
				s->values[j].value);
		if (strv_appendf(ret, "%s %s: %s (%s:%u)", kind_names[s->kind], s->name,
			    line.data ? line.data : "", s->file, s->line) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

const char *stanza_get(const Stanza *stanza, const char *key)
{
	for (size_t i = 0; i < stanza->n_values; i++)
		if (strcmp(stanza->values[i].key, key) == 0)
			return stanza->values[i].value;
	return NULL;
}

bool stanza_has(const Stanza *stanza, const char *key, const char *value)
{
	for (size_t i = 0; i < stanza->n_values; i++)
		if (strcmp(stanza->values[i].key, key) == 0 &&
			strcmp(stanza->values[i].value, value) == 0)
			return true;
	return false;
}

const Stanza *knowledge_next(const Knowledge *knowledge, StanzaKind kind, const Stanza *previous)
{
	size_t i = previous ? (size_t)(previous - knowledge->stanzas) + 1 : 0;

	for (; knowledge && i < knowledge->n_stanzas; i++)
		if (knowledge->stanzas[i].kind == kind)
			return &knowledge->stanzas[i];
	return NULL;
}

const Stanza *knowledge_find(
	const Knowledge *knowledge, StanzaKind kind, const char *key, const char *value)
{
	STANZA_FOREACH(s, knowledge, kind)
	if (stanza_has(s, key, value))
		return s;
	return NULL;
}
