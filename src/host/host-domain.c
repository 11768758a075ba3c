/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's domain. hostname(1) finds it in the same two places before it asks a name server.
 */
#include "host/host-domain.h"

#include <string.h>

#include "base/strv.h"

#define BLANKS " \t\r"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static bool is_domain(const char *text)
{
	size_t n = strspn(text, LETTERS);

	return n > 0 && text[n] == '\0' && n < FACT_DOMAIN_MAX && text[0] != '.' &&
	       text[n - 1] != '.';
}

/* The name, of the first line that has one. */
static int first_name(const char *text, char **ret)
{
	_cleanup_strv_ char **lines = NULL;

	if (strv_split(&lines, text, "\n") < 0)
		return -ENOMEM;
	STRV_FOREACH (line, lines) {
		const char *start = *line + strspn(*line, BLANKS);

		if (*start == '\0' || *start == '#')
			continue;
		*ret = strndup(start, strcspn(start, BLANKS));
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

/* "192.0.2.7 web.example.org web" of the host "web". */
static int domain_of_line(const char *line, const char *name, char **ret)
{
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *text = strndup(line, strcspn(line, "#"));
	size_t n = strlen(name);

	if (!text || strv_split(&words, text, BLANKS) < 0)
		return -ENOMEM;
	if (strv_length(words) < 3 || !strv_contains(words + 2, name) ||
		strncmp(words[1], name, n) != 0 || words[1][n] != '.' ||
		!is_domain(words[1] + n + 1))
		return 0;
	*ret = strdup(words[1] + n + 1);
	return *ret ? 0 : -ENOMEM;
}

int host_domain_parse(const char *hostname, const char *hosts, char **ret)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *name = NULL;
	const char *dot;
	int r;

	*ret = NULL;
	r = hostname ? first_name(hostname, &name) : 0;
	if (r < 0 || !name)
		return r;
	dot = strchr(name, '.');
	if (dot && !is_domain(dot + 1))
		return 0;
	if (dot) {
		*ret = strdup(dot + 1);
		return *ret ? 0 : -ENOMEM;
	}
	if (hosts && strv_split(&lines, hosts, "\n") < 0)
		return -ENOMEM;
	STRV_FOREACH (line, lines)
		if (r == 0 && !*ret)
			r = domain_of_line(*line, name, ret);
	return r;
}

int host_domain_find(const HostRoot *root, char **ret)
{
	_cleanup_free_ char *hostname = NULL, *hosts = NULL;

	/* A host without the one or the other has no domain. */
	if (host_root_read(root, "/etc/hostname", &hostname, NULL, NULL) == -ENOMEM ||
		host_root_read(root, "/etc/hosts", &hosts, NULL, NULL) == -ENOMEM)
		return -ENOMEM;
	return host_domain_parse(hostname, hosts, ret);
}
