/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The states are those of systemd's parse_env_file().
 */
#include "host/environment-file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"

bool environment_file_is_name(const char *name, int length)
{
	for (int i = 0; i < length; i++)
		if (!(isalpha((unsigned char)name[i]) || name[i] == '_' ||
			    (i > 0 && isdigit((unsigned char)name[i]))))
			return false;
	return length > 0;
}

const char *environment_file_get(char *const *environment, const char *name, int length)
{
	STRV_FOREACH (one, environment)
		if (strncmp(*one, name, (size_t)length) == 0 && (*one)[length] == '=')
			return *one + length + 1;
	return NULL;
}

int environment_file_set(char ***environment, const char *assignment)
{
	size_t n = strcspn(assignment, "=") + 1;

	for (char **one = *environment; one && *one; one++)
		if (strncmp(*one, assignment, n) == 0) {
			char *copy = strdup(assignment);

			if (!copy)
				return -ENOMEM;
			free(*one);
			*one = copy;
			return 0;
		}
	return strv_append(environment, assignment);
}

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

int environment_file_parse(const char *text, char ***environment)
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
		if (environment_file_is_name(assignment, (int)length) &&
			environment_file_set(environment, assignment) < 0)
			return -ENOMEM;
	}
	return 0;
}
