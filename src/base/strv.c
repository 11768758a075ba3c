/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * String vectors.
 */
#include "base/strv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

size_t strv_length(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

static int strv_consume(char ***v, char *s)
{
	size_t n = strv_length(*v);
	char **grown;

	if (!s)
		return -ENOMEM;
	grown = reallocarray(*v, n + 2, sizeof(*grown));
	if (!grown) {
		free(s);
		return -ENOMEM;
	}
	grown[n] = s;
	grown[n + 1] = NULL;
	*v = grown;
	return 0;
}

int strv_append(char ***v, const char *s)
{
	return strv_consume(v, strdup(s));
}

int strv_appendf(char ***v, const char *fmt, ...)
{
	char *s;
	va_list ap;

	va_start(ap, fmt);
	s = text_formatv(fmt, ap);
	va_end(ap);
	return strv_consume(v, s);
}

int strv_append_unique(char ***v, const char *s)
{
	return strv_contains(*v, s) ? 0 : strv_append(v, s);
}

bool strv_equal(char *const *a, char *const *b)
{
	size_t n = strv_length(a);

	if (n != strv_length(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

bool strv_contains(char *const *v, const char *s)
{
	STRV_FOREACH (i, v)
		if (strcmp(*i, s) == 0)
			return true;
	return false;
}

bool strv_remove(char **v, const char *s)
{
	for (; v && *v; v++) {
		if (strcmp(*v, s) != 0)
			continue;
		free(*v);
		do
			v[0] = v[1];
		while (*v++);
		return true;
	}
	return false;
}

int strv_split(char ***ret, const char *s, const char *separators)
{
	_cleanup_strv_ char **v = NULL;

	for (;;) {
		size_t n;
		int r;

		s += strspn(s, separators);
		n = strcspn(s, separators);
		if (n == 0)
			break;
		r = strv_consume(&v, strndup(s, n));
		if (r < 0)
			return r;
		s += n;
	}
	*ret = TAKE_PTR(v);
	return 0;
}

int strv_copy(char ***ret, char *const *v)
{
	_cleanup_strv_ char **copy = NULL;

	STRV_FOREACH (s, v) {
		int r = strv_append(&copy, *s);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(copy);
	return 0;
}

char *strv_join(char *const *v, const char *sep)
{
	size_t size = 1;
	char *joined, *p;

	STRV_FOREACH (s, v)
		size += strlen(*s) + strlen(sep);
	joined = p = malloc(size);
	if (!joined)
		return NULL;
	*p = '\0';
	STRV_FOREACH (s, v) {
		if (p != joined)
			p = stpcpy(p, sep);
		p = stpcpy(p, *s);
	}
	return joined;
}

static int strv_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(char **v)
{
	if (v)
		qsort(v, strv_length(v), sizeof(*v), strv_compare);
}

bool strv_sorted_has(char *const *v, size_t n, const char *s)
{
	return n > 0 && bsearch(&s, v, n, sizeof(*v), strv_compare);
}

char **strv_free(char **v)
{
	STRV_FOREACH (s, v)
		free(*s);
	free(v);
	return NULL;
}
