/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counters of a cgroup and of links.
 */
#include "sandbox/counters.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* Not sysfs, which is of the network namespace in which somebody mounted it. */
#define LINKS "/proc/thread-self/net/dev"

static const char *text_of(Counters *counters, const char *name)
{
	_cleanup_free_ char *path = NULL;
	struct CountersFile *file;

	for (unsigned int i = 0; i < counters->n_files; i++)
		if (strcmp(counters->files[i].name, name) == 0)
			return counters->files[i].text;
	if (*name == '/')
		path = strdup(name);
	else if (!counters->cgroup || asprintf(&path, "%s/%s", counters->cgroup, name) < 0)
		path = NULL;
	assert(counters->n_files < COUNTERS_FILES); /* they are named in tables */
	file = &counters->files[counters->n_files++];
	file->name = name;
	if (path)
		(void)file_read_optional(path, &file->text, NULL, NULL);
	return file->text;
}

void counters_done(Counters *counters)
{
	for (unsigned int i = 0; i < counters->n_files; i++)
		free(counters->files[i].text);
}

/* False: there is no number, as "max" is none. */
static bool number_at(const char *text, uint64_t *ret)
{
	char *end;

	*ret = strtoull(text, &end, 10);
	return end > text;
}

static bool keyed(const char *text, const char *key, uint64_t *ret)
{
	size_t size = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, size) == 0 && (size == 0 || line[size] == ' '))
			return number_at(line + size + (size > 0), ret);
	}
	return false;
}

/* No line is no traffic. */
static bool summed(const char *text, const char *key, uint64_t *ret)
{
	*ret = 0;
	for (const char *at = text; (at = strstr(at, key)); at += strlen(key))
		if (at > text && at[-1] == ' ')
			*ret += strtoull(at + strlen(key), NULL, 10);
	return true;
}

bool counters_cgroup(Counters *counters, const char *file, const char *key, uint64_t *ret)
{
	const char *text = text_of(counters, file);

	if (!text)
		return false;
	return strchr(key, '=') ? summed(text, key, ret) : keyed(text, key, ret);
}

bool counters_link(Counters *counters, const char *link, unsigned int column, uint64_t *ret)
{
	size_t size = strlen(link);

	for (const char *line = text_of(counters, LINKS); line && *line;
		line = strchr(line, '\n')) {
		line += strspn(line, "\n ");
		if (strncmp(line, link, size) != 0 || line[size] != ':')
			continue;
		line += size + 1;
		for (unsigned int i = 0; i < column; i++) {
			line += strspn(line, " ");
			line += strcspn(line, " \n");
		}
		return number_at(line, ret);
	}
	return false;
}
