/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of kinds, keys and types of values.
 */
#include "host/vocabulary.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+@-"

static const char *const kind_names[_STANZA_KIND_MAX] = {
	[STANZA_SERVICE] = "service",
	[STANZA_INSTANCES] = "instances",
	[STANZA_FIRST_START] = "first-start",
	[STANZA_HOST_PROGRAM] = "host-program",
	[STANZA_NETWORK_PROGRAM] = "network-program",
	[STANZA_DROP_PLACE] = "drop-place",
	[STANZA_SHARED_PLACE] = "shared-place",
	[STANZA_BASE] = "base",
	[STANZA_HOST_UNIT] = "host-unit",
	[STANZA_HOST_GENERATOR] = "host-generator",
	[STANZA_WARNED_LIBRARY] = "warned-library",
	[STANZA_KEPT_QUEUE] = "kept-queue",
};

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

static bool consists_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

bool vocabulary_is_name(const char *text)
{
	return consists_of(text, LETTERS);
}

static bool is_unit(const char *text)
{
	return vocabulary_is_name(text) && strchr(text, '.');
}

static bool is_unit_pattern(const char *text)
{
	return consists_of(text, LETTERS "*?");
}

static bool is_text(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return *text;
}

static bool is_path(const char *text)
{
	return path_is_normal(text) && is_text(text);
}

static bool is_host(const char *text)
{
	return strcmp(text, "dpkg") == 0 || strcmp(text, "rpm") == 0;
}

/* What a value may be, and what a value that is none is told. */
typedef struct ValueType {
	bool (*fits)(const char *text);
	const char *what;
} ValueType;

static const ValueType type_name = { vocabulary_is_name, "a name (letters, digits, _ . + @ -)" },
		       type_unit = { is_unit, "the full name of a unit" },
		       type_units = { is_unit_pattern, "the name of a unit, with * and ?" },
		       type_path = { is_path, "a normal absolute path" },
		       type_text = { is_text, "a text without control characters" },
		       type_host = { is_host, "dpkg or rpm" };

typedef struct Word {
	StanzaKind kind;
	const char *key;
	const ValueType *type;
	enum { OPTIONAL = 0, REQUIRED = 1, MANY = 2 } flags;
} Word;

static const Word words[] = {
	{ STANZA_SERVICE, "name", &type_name, REQUIRED | MANY },
	{ STANZA_INSTANCES, "unit", &type_unit, REQUIRED },
	{ STANZA_INSTANCES, "configuration", &type_path, REQUIRED },
	{ STANZA_INSTANCES, "template", &type_name, REQUIRED },
	{ STANZA_INSTANCES, "instance", &type_name, OPTIONAL },
	{ STANZA_INSTANCES, "auto-file", &type_name, OPTIONAL },
	{ STANZA_FIRST_START, "unit", &type_name, REQUIRED },
	{ STANZA_FIRST_START, "package", &type_name, REQUIRED },
	{ STANZA_FIRST_START, "data", &type_path, REQUIRED },
	{ STANZA_FIRST_START, "configuration", &type_path, OPTIONAL },
	{ STANZA_FIRST_START, "command", &type_text, REQUIRED },
	{ STANZA_HOST_PROGRAM, "program", &type_name, REQUIRED | MANY },
	{ STANZA_HOST_PROGRAM, "reason", &type_text, REQUIRED },
	{ STANZA_HOST_PROGRAM, "instead", &type_text, REQUIRED },
	{ STANZA_NETWORK_PROGRAM, "program", &type_name, REQUIRED | MANY },
	{ STANZA_DROP_PLACE, "path", &type_path, REQUIRED | MANY },
	{ STANZA_DROP_PLACE, "reader", &type_name, OPTIONAL },
	{ STANZA_SHARED_PLACE, "path", &type_path, MANY },
	{ STANZA_SHARED_PLACE, "directory", &type_path, MANY },
	{ STANZA_BASE, "path", &type_path, MANY },
	{ STANZA_BASE, "tree", &type_path, MANY },
	{ STANZA_BASE, "reason", &type_text, REQUIRED },
	{ STANZA_BASE, "host", &type_host, OPTIONAL },
	{ STANZA_HOST_UNIT, "unit", &type_units, REQUIRED | MANY },
	{ STANZA_HOST_GENERATOR, "program", &type_name, REQUIRED | MANY },
	{ STANZA_WARNED_LIBRARY, "package", &type_name, REQUIRED | MANY },
	{ STANZA_WARNED_LIBRARY, "reason", &type_text, REQUIRED },
	{ STANZA_KEPT_QUEUE, "path", &type_path, REQUIRED | MANY },
};

int vocabulary_check(
	StanzaKind kind, const char *key, const char *value, bool *ret_many, Error **ret_error)
{
	const Word *word = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words) && !word; i++)
		if (words[i].kind == kind && strcmp(words[i].key, key) == 0)
			word = &words[i];
	if (!word)
		return error_set(ret_error, EINVAL, "%s: unknown key of a [%s] stanza", key,
			kind_names[kind]);
	if (!word->type->fits(value))
		return error_set(
			ret_error, EINVAL, "%s: \"%s\" is not %s", key, value, word->type->what);
	*ret_many = word->flags & MANY;
	return 0;
}

const char *vocabulary_missing(const Stanza *stanza)
{
	const char *any = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].kind != stanza->kind)
			continue;
		any = any ? any : words[i].key;
		if ((words[i].flags & REQUIRED) && !stanza_get(stanza, words[i].key))
			return words[i].key;
	}
	return stanza->n_values == 0 ? any : NULL;
}
