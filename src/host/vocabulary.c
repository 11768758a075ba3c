/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of kinds, keys and types of values.
 */
#include "host/vocabulary.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

#define IN_NAMES "_.+@-" /* beside ASCII letters and digits */

static const char *const kind_names[_STANZA_KIND_MAX] = {
	[STANZA_SERVICE] = "service",
	[STANZA_INSTANCES] = "instances",
	[STANZA_FOREGROUND] = "foreground",
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
	[STANZA_SECRET_FILE] = "secret-file",
	[STANZA_LOGIN_FILE] = "login-file",
	[STANZA_SECRET_TEXT] = "secret-text",
	[STANZA_SECRET_VALUE] = "secret-value",
	[STANZA_SECRET_STORE] = "secret-store",
	[STANZA_FRESH_SECRET] = "fresh-secret",
	[STANZA_MADE_FILE] = "made-file",
	[STANZA_UNNEEDED] = "unneeded",
	[STANZA_PRIVATE_FILE] = "private-file",
	[STANZA_HOST_NAME] = "host-name",
	[STANZA_LOCAL_USERS] = "local-users",
	[STANZA_HOST_COMMAND] = "host-command",
	[STANZA_LOCAL_SERVICE] = "local-service",
	[STANZA_METADATA] = "metadata",
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

/* Not strspn(3), which makes a table of so many characters at each call. */
static bool is_alphanumeric_or(const char *text, const char *others)
{
	const char *p = text;

	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		(*p && strchr(others, *p)))
		p++;
	return p > text && !*p;
}

bool vocabulary_is_name(const char *text)
{
	return is_alphanumeric_or(text, IN_NAMES);
}

static bool is_unit(const char *text)
{
	return vocabulary_is_name(text) && strchr(text, '.');
}

static bool is_unit_pattern(const char *text)
{
	return is_alphanumeric_or(text, IN_NAMES "*?");
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

static bool is_content(const char *text)
{
	return *text;
}

/* One place for what is made: %1. */
static bool is_template(const char *text)
{
	const char *percent = strchr(text, '%');

	return percent && percent[1] == '1' && !strchr(percent + 1, '%');
}

static bool is_relative(const char *text)
{
	_cleanup_free_ char *path = NULL;

	return *text && *text != '/' && asprintf(&path, "/%s", text) > 0 && is_path(path);
}

static bool is_mode(const char *text)
{
	return strlen(text) == 4 && text[0] == '0' && consists_of(text, "01234567");
}

static bool is_number(const char *text)
{
	return strlen(text) <= 4 && consists_of(text, "0123456789");
}

static bool is_port(const char *text)
{
	return *text != '0' && strlen(text) <= 5 && consists_of(text, "0123456789") &&
	       strtoul(text, NULL, 10) <= UINT16_MAX;
}

static bool is_address(const char *text)
{
	_cleanup_free_ char *address = strndup(text, strcspn(text, "/"));
	unsigned char bytes[sizeof(struct in6_addr)];
	const char *prefix = text + strcspn(text, "/");

	return address &&
	       (inet_pton(AF_INET, address, bytes) == 1 ||
		       inet_pton(AF_INET6, address, bytes) == 1) &&
	       (!*prefix || (is_number(prefix + 1) && strtoul(prefix + 1, NULL, 10) <= 128));
}

static bool is_format(const char *text)
{
	return strcmp(text, "blocks") == 0;
}

static bool is_fresh_kind(const char *text)
{
	return strcmp(text, "shared-key") == 0 || strcmp(text, "ssh-host-key") == 0 ||
	       strcmp(text, "tls-certificate") == 0;
}

/* A name in which %1 may stand for the first part of an instance's. */
static bool is_instance_name(const char *text)
{
	return is_alphanumeric_or(text, IN_NAMES "%") && (!strchr(text, '%') || is_template(text));
}

/* What a value may be, and what a value that is none is told. */
typedef struct ValueType {
	bool (*fits)(const char *text);
	const char *what;
} ValueType;

static const ValueType type_name = { vocabulary_is_name, "a name (letters, digits, _ . + @ -)" },
		       type_instance_name = { is_instance_name, "a name, with one %1 at most" },
		       type_unit = { is_unit, "the full name of a unit" },
		       type_units = { is_unit_pattern, "the name of a unit, with * and ?" },
		       type_format = { is_format, "\"blocks\"" },
		       type_path = { is_path, "a normal absolute path" },
		       type_text = { is_text, "a text without control characters" },
		       type_host = { is_host, "dpkg or rpm" },
		       type_content = { is_content, "a text" },
		       type_template = { is_template, "a text with one %1" },
		       type_relative = { is_relative, "a normal relative path" },
		       type_mode = { is_mode, "a mode of four octal digits" },
		       type_number = { is_number, "a number of at most four digits" },
		       type_port = { is_port, "a port, from 1 to 65535" },
		       type_address = { is_address, "an IPv4 or IPv6 address, or a network" },
		       type_fresh = { is_fresh_kind,
			       "shared-key, ssh-host-key or tls-certificate" };

typedef struct Word {
	StanzaKind kind;
	const char *key;
	const ValueType *type;
	enum { OPTIONAL = 0, REQUIRED = 1, MANY = 2 } flags;
} Word;

static const Word words[] = {
	{ STANZA_SERVICE, "name", &type_name, REQUIRED | MANY },
	{ STANZA_SERVICE, "selinux-port", &type_name, MANY },
	{ STANZA_INSTANCES, "unit", &type_unit, REQUIRED },
	{ STANZA_INSTANCES, "configuration", &type_path, REQUIRED },
	{ STANZA_INSTANCES, "template", &type_name, REQUIRED },
	{ STANZA_INSTANCES, "instance", &type_name, OPTIONAL },
	{ STANZA_INSTANCES, "auto-file", &type_name, OPTIONAL },
	{ STANZA_INSTANCES, "package", &type_instance_name, OPTIONAL },
	{ STANZA_FOREGROUND, "unit", &type_name, REQUIRED },
	{ STANZA_FOREGROUND, "command", &type_text, REQUIRED },
	{ STANZA_FOREGROUND, "signal", &type_name, OPTIONAL },
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
	{ STANZA_DROP_PLACE, "remedy", &type_text, OPTIONAL },
	{ STANZA_DROP_PLACE, "format", &type_format, OPTIONAL },
	{ STANZA_DROP_PLACE, "account-line", &type_name, MANY },
	{ STANZA_SHARED_PLACE, "path", &type_path, MANY },
	{ STANZA_SHARED_PLACE, "directory", &type_path, MANY },
	{ STANZA_BASE, "path", &type_path, MANY },
	{ STANZA_BASE, "tree", &type_path, MANY },
	{ STANZA_BASE, "reason", &type_text, REQUIRED },
	{ STANZA_BASE, "host", &type_host, OPTIONAL },
	{ STANZA_BASE, "package", &type_name, MANY },
	{ STANZA_HOST_UNIT, "unit", &type_units, REQUIRED | MANY },
	{ STANZA_HOST_GENERATOR, "program", &type_name, REQUIRED | MANY },
	{ STANZA_WARNED_LIBRARY, "package", &type_name, REQUIRED | MANY },
	{ STANZA_WARNED_LIBRARY, "reason", &type_text, REQUIRED },
	{ STANZA_KEPT_QUEUE, "path", &type_path, REQUIRED | MANY },
	{ STANZA_SECRET_FILE, "path", &type_path, REQUIRED | MANY },
	{ STANZA_LOGIN_FILE, "name", &type_relative, REQUIRED | MANY },
	{ STANZA_SECRET_TEXT, "line", &type_content, MANY },
	{ STANZA_SECRET_TEXT, "pem", &type_text, MANY },
	{ STANZA_SECRET_TEXT, "hash", &type_text, MANY },
	{ STANZA_SECRET_VALUE, "value", &type_text, REQUIRED | MANY },
	{ STANZA_SECRET_VALUE, "length", &type_number, REQUIRED },
	{ STANZA_SECRET_STORE, "begins", &type_content, REQUIRED },
	{ STANZA_SECRET_STORE, "contains", &type_content, REQUIRED | MANY },
	{ STANZA_FRESH_SECRET, "path", &type_path, REQUIRED },
	{ STANZA_FRESH_SECRET, "kind", &type_fresh, REQUIRED },
	{ STANZA_FRESH_SECRET, "reason", &type_text, REQUIRED },
	{ STANZA_FRESH_SECRET, "mode", &type_mode, OPTIONAL },
	{ STANZA_FRESH_SECRET, "user", &type_name, OPTIONAL },
	{ STANZA_FRESH_SECRET, "group", &type_name, OPTIONAL },
	{ STANZA_FRESH_SECRET, "certificate", &type_path, OPTIONAL },
	{ STANZA_FRESH_SECRET, "text", &type_template, OPTIONAL },
	{ STANZA_FRESH_SECRET, "type", &type_name, OPTIONAL },
	{ STANZA_FRESH_SECRET, "program", &type_name, OPTIONAL },
	{ STANZA_FRESH_SECRET, "package", &type_name, OPTIONAL },
	{ STANZA_MADE_FILE, "path", &type_path, REQUIRED },
	{ STANZA_MADE_FILE, "mode", &type_mode, OPTIONAL },
	{ STANZA_MADE_FILE, "text", &type_content, REQUIRED },
	{ STANZA_MADE_FILE, "reason", &type_text, REQUIRED },
	{ STANZA_UNNEEDED, "path", &type_path, REQUIRED | MANY },
	{ STANZA_UNNEEDED, "package", &type_name, OPTIONAL },
	{ STANZA_PRIVATE_FILE, "path", &type_path, REQUIRED | MANY },
	{ STANZA_HOST_NAME, "package", &type_name, REQUIRED | MANY },
	{ STANZA_LOCAL_USERS, "package", &type_name, REQUIRED | MANY },
	{ STANZA_HOST_COMMAND, "program", &type_name, REQUIRED | MANY },
	{ STANZA_HOST_COMMAND, "argument", &type_text, MANY },
	{ STANZA_HOST_COMMAND, "except", &type_text, MANY },
	{ STANZA_HOST_COMMAND, "reason", &type_text, REQUIRED },
	{ STANZA_HOST_COMMAND, "instead", &type_text, REQUIRED },
	{ STANZA_LOCAL_SERVICE, "scheme", &type_name, REQUIRED | MANY },
	{ STANZA_LOCAL_SERVICE, "port", &type_port, OPTIONAL },
	{ STANZA_LOCAL_SERVICE, "socket", &type_path, MANY },
	{ STANZA_LOCAL_SERVICE, "name", &type_name, MANY },
	{ STANZA_METADATA, "address", &type_address, REQUIRED | MANY },
};

int vocabulary_check(StanzaKind kind, const char *key, const char *value, const char **ret_key,
	bool *ret_many, Error **ret_error)
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
	*ret_key = word->key;
	*ret_many = word->flags & MANY;
	return 0;
}

/* What only this kind of fresh secret must have. */
static const char *missing_of_fresh(const Stanza *fresh)
{
	static const char *const needs[][2] = { { "shared-key", "text" },
		{ "tls-certificate", "certificate" }, { "ssh-host-key", "type" } };

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (stanza_has(fresh, "kind", needs[i][0]) && !stanza_get(fresh, needs[i][1]))
			return needs[i][1];
	return NULL;
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
	if (stanza->kind == STANZA_FRESH_SECRET)
		return missing_of_fresh(stanza);
	return stanza->n_values == 0 ? any : NULL;
}
