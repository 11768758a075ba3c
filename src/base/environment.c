/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names and values. The states of a file are those of systemd's parse_env_file(), words of a value those of its replace_env_argv().
 */
#include "base/environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"

#define BLANKS " \t\r\n"

/* Takes assignment, which begins with a name of n characters and "=". */
static int consume(char ***env, char *assignment, size_t n)
{
	_cleanup_free_ char *owned = assignment;

	if (!owned)
		return -ENOMEM;
	for (char **e = *env; e && *e; e++)
		if (strncmp(*e, owned, n + 1) == 0) {
			free(*e);
			*e = TAKE_PTR(owned);
			return 0;
		}
	return strv_append(env, owned);
}

int environment_set(char ***env, const char *name, const char *value)
{
	char *assignment;

	if (asprintf(&assignment, "%s=%s", name, value) < 0)
		return -ENOMEM;
	return consume(env, assignment, strlen(name));
}

int environment_put(char ***env, const char *assignment)
{
	const char *equals = strchr(assignment, '=');

	return equals && equals != assignment
		       ? consume(env, strdup(assignment), (size_t)(equals - assignment))
		       : -EINVAL;
}

int environment_add(char ***env, char *const *assignments)
{
	STRV_FOREACH (a, assignments) {
		int r = environment_put(env, *a);

		if (r < 0)
			return r;
	}
	return 0;
}

const char *environment_find(char *const *env, const char *name, size_t n)
{
	STRV_FOREACH (e, env)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return *e + n + 1;
	return NULL;
}

const char *environment_get(char *const *env, const char *name)
{
	return environment_find(env, name, strlen(name));
}

bool environment_is_name(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(isalpha((unsigned char)name[i]) || name[i] == '_' ||
			    (i > 0 && isdigit((unsigned char)name[i]))))
			return false;
	return n > 0;
}

/* ---- Files ---- */

/* Reads what is quoted from behind the quote on, and returns what is behind the closing one. */
static const char *read_quoted(const char *p, char quote, Buf *value)
{
	for (; *p && *p != quote; p++) {
		if (*p != '\\' || quote == '\'') {
			buf_append(value, p, 1);
			continue;
		}
		p++;
		if (!*p)
			break;
		if (!strchr("\"\\`$\n", *p))
			buf_puts(value, "\\");
		if (*p != '\n')
			buf_append(value, p, 1);
	}
	return *p ? p + 1 : p;
}

/* Up to the end of the line, or its continuations; blanks at the end are no part of it. */
static const char *read_plain(const char *p, Buf *value)
{
	size_t kept = value->size;

	for (; *p && *p != '\n'; p++) {
		bool escaped = *p == '\\';

		p += escaped;
		if (!*p)
			break;
		if (escaped && *p == '\n')
			continue;
		buf_append(value, p, 1);
		if (escaped || !isspace((unsigned char)*p))
			kept = value->size;
	}
	if (value->data)
		value->data[value->size = kept] = '\0';
	return p;
}

static const char *read_value(const char *p, Buf *value)
{
	for (;;) {
		p += strspn(p, " \t\r");
		if (*p == '"' || *p == '\'')
			p = read_quoted(p + 1, *p, value);
		else
			return *p && *p != '\n' ? read_plain(p, value) : p;
	}
}

static const char *skip_comment(const char *p)
{
	for (; *p && *p != '\n'; p++)
		if (*p == '\\' && p[1])
			p++;
	return p;
}

int environment_read(const char *text, char ***env)
{
	for (const char *p = text; *(p += strspn(p, " \t\r\n"));) {
		_cleanup_buf_ Buf line = {};
		_cleanup_free_ char *assignment = NULL;
		size_t name = strcspn(p, "=\n");
		size_t length = name;

		if (*p == '#' || *p == ';') {
			p = skip_comment(p);
			continue;
		}
		if (p[name] != '=') {
			p += name;
			continue;
		}
		while (length > 0 && isspace((unsigned char)p[length - 1]))
			length--;
		buf_append(&line, p, length);
		buf_puts(&line, "=");
		p = read_value(p + name + 1, &line);
		if (buf_take(&line, &assignment, NULL) < 0)
			return -ENOMEM;
		if (environment_is_name(assignment, length) &&
			consume(env, TAKE_PTR(assignment), length) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- Words of a command ---- */

/* A quote without its end ends with the value. */
static int append_split(const char *value, char ***words)
{
	while (*(value += strspn(value, BLANKS))) {
		_cleanup_buf_ Buf word = {};
		_cleanup_free_ char *text = NULL;

		for (char quote = 0; *value && (quote || !strchr(BLANKS, *value)); value++)
			if (quote ? *value == quote : (*value == '"' || *value == '\''))
				quote = quote ? 0 : *value;
			else
				buf_append(&word, *value == '\\' && value[1] ? ++value : value, 1);
		if (buf_take(&word, &text, NULL) < 0 || strv_append(words, text) < 0)
			return -ENOMEM;
	}
	return 0;
}

int environment_expand(const char *word, char *const *env, char ***words)
{
	_cleanup_buf_ Buf buf = {};
	_cleanup_free_ char *text = NULL;

	if (*word == '$' && environment_is_name(word + 1, strlen(word + 1))) {
		const char *value = environment_get(env, word + 1);

		return value ? append_split(value, words) : 0;
	}
	while (*word) {
		size_t n = strncmp(word, "${", 2) == 0 ? strcspn(word + 2, "}") : 0;

		if (n > 0 && word[2 + n] == '}' && environment_is_name(word + 2, n)) {
			const char *value = environment_find(env, word + 2, n);

			buf_puts(&buf, value ? value : "");
			word += n + 3;
			continue;
		}
		word += strncmp(word, "$$", 2) == 0;
		buf_append(&buf, word++, 1);
	}
	return buf_take(&buf, &text, NULL) < 0 || strv_append(words, text) < 0 ? -ENOMEM : 0;
}
