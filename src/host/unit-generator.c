/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the generators of packages make of the host's configuration: instances of a template below an umbrella unit. One stanza
 * [instances] of rules.d a generator; the real one runs again inside the container and comes to the same result from the same files.
 */
#include "host/unit-load.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/host-read.h"
#include "host/unit-name.h"

/* Comments, blanks and one word. */
static bool says_auto(const HostRoot *root, const char *directory, const char *file)
{
	_cleanup_free_ char *path = path_join(directory, file), *text = NULL;
	char *state = NULL;

	if (!path || host_root_read(root, path, &text, NULL, NULL) < 0)
		return true;
	for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
		line[strcspn(line, "#")] = '\0';
		line += strspn(line, " \t");
		if (*line != '\0')
			return strncmp(line, "auto", 4) == 0 &&
			       line[4 + strspn(line + 4, " \t")] == '\0';
	}
	return true;
}

static int add_instance(const HostRoot *root, const Stanza *generator, const char *directory,
	const char *instance, char ***ret)
{
	const char *start = stanza_get(generator, "auto-file"),
		   *named = stanza_get(generator, "instance");

	if (start && !says_auto(root, directory, start))
		return 0;
	return strv_appendf(
		ret, "%s@%s.service", stanza_get(generator, "template"), named ? named : instance);
}

/* What the "*" of one component stands for, after what the components before it stood for. */
static char *extend_instance(const char *instance, const char *component, const char *name)
{
	size_t before = strcspn(component, "*");
	size_t after = component[before] == '*' ? strlen(component + before + 1) : 0;
	char *extended;

	if (component[before] != '*')
		return strdup(instance);
	if (asprintf(&extended, "%s%s%.*s", instance, *instance ? "-" : "",
		    (int)(strlen(name) - before - after), name + before) < 0)
		return NULL;
	return extended;
}

/* Walks the components of a pattern; *directory is what has matched so far. */
static int match(const HostRoot *root, const Stanza *generator, const char *directory,
	char *const *components, const char *instance, char ***ret)
{
	_cleanup_strv_ char **names = NULL;

	if (host_root_list(root, *directory ? directory : "/", &names) <
		0) /* unreadable: nothing there for systemd either */
		return 0;
	STRV_FOREACH (name, names) {
		_cleanup_free_ char *path = NULL, *extended = NULL;
		int r;

		if (fnmatch(components[0], *name, FNM_PERIOD) != 0)
			continue;
		path = path_join(directory, *name);
		extended = extend_instance(instance, components[0], *name);
		if (!path || !extended)
			return -ENOMEM;
		r = components[1] ? match(root, generator, path, components + 1, extended, ret)
				  : add_instance(root, generator, directory, extended, ret);
		if (r < 0)
			return r;
	}
	return 0;
}

int unit_generator_wants(const HostRoot *root, const char *name, char ***ret)
{
	STANZA_FOREACH (generator, root->knowledge, STANZA_INSTANCES) {
		_cleanup_strv_ char **components = NULL;
		int r;

		if (!stanza_has(generator, "unit", name))
			continue;
		r = strv_split(&components, stanza_get(generator, "configuration"), "/");
		if (r == 0)
			r = match(root, generator, "", components, "", ret);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The package that an instance needs beside the one of its template. */
static int close_instance(Reader *reader, const Stanza *stanza, const FactUnit *unit)
{
	const char *wanted = stanza_get(stanza, "package"),
		   *template = stanza_get(stanza, "template");
	_cleanup_unit_name_ UnitName name = {};
	_cleanup_free_ char *package = NULL;
	const char *mark = wanted ? strchr(wanted, '%') : NULL;
	uint32_t found;

	if (!wanted || unit_name_split(unit->name, &name) < 0 || !name.instance ||
		strcmp(name.prefix, template) != 0)
		return 0;
	if (asprintf(&package, "%.*s%.*s%s",
		    (int)(mark ? mark - wanted : (ptrdiff_t)strlen(wanted)), wanted,
		    mark ? (int)strcspn(name.instance, "-") : 0, name.instance,
		    mark ? mark + 2 : "") < 0)
		return -ENOMEM;
	found = package_index_find(&reader->packages, package);
	return found == PACKAGE_NONE ? 0
				     : package_index_close(&reader->packages, found, reader->set);
}

int unit_generator_packages(Reader *reader)
{
	int r = 0;

	STANZA_FOREACH (stanza, reader->facts->knowledge, STANZA_INSTANCES)
		for (size_t i = 0; i < reader->facts->n_units && r == 0; i++)
			r = close_instance(reader, stanza, &reader->facts->units[i]);
	return r;
}
