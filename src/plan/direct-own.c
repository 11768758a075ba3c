/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * StateDirectory= and its like: made before each start, given to the service, and writable where all else is not.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/direct.h"

typedef struct OwnDirectory {
	const char *key, *mode, *variable;
} OwnDirectory;

static const OwnDirectory own_directories[] = {
	{ "RuntimeDirectory", "RuntimeDirectoryMode", "RUNTIME_DIRECTORY" },
	{ "StateDirectory", "StateDirectoryMode", "STATE_DIRECTORY" },
	{ "CacheDirectory", "CacheDirectoryMode", "CACHE_DIRECTORY" },
	{ "LogsDirectory", "LogsDirectoryMode", "LOGS_DIRECTORY" },
	{ "ConfigurationDirectory", "ConfigurationDirectoryMode", "CONFIGURATION_DIRECTORY" },
};

static bool is_own_name(const char *name)
{
	_cleanup_free_ char *path = path_join("/run", name);

	return path && *name && !strchr(name, ':') && path_is_normal(path);
}

static void add_own(Making *m, const OwnDirectory *own, const char *name, Buf *list)
{
	const char *kept = directive_place(own->key, false),
		   *mode = facts_unit_get(m->unit, "Service", own->mode);
	char ***steps = kept ? &m->steps.directories : &m->steps.runtime;
	_cleanup_free_ char *path = NULL;

	if (!is_own_name(name)) {
		direct_refuse(m, "with --init=direct it is the name of a directory");
		return;
	}
	if (asprintf(&path, "%s/%s", kept ? kept : "/run", name) < 0 ||
		strv_appendf(steps, "%s %s", mode ? mode : "0755", path) < 0) {
		m->build->failed = true;
		return;
	}
	direct_add(m, &m->steps.writable, path);
	buf_printf(list, "%s%s", list->size ? ":" : "", path);
}

static void finish_own(Making *m, const OwnDirectory *own)
{
	_cleanup_buf_ Buf list = { 0 };
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; i < m->unit->n_directives; i++) {
		const FactDirective *d = &m->unit->directives[i];
		_cleanup_strv_ char **names = NULL;

		if (strcmp(d->key, own->key) != 0)
			continue;
		m->at = d;
		names = direct_words(m, d->value);
		STRV_FOREACH (name, names)
			add_own(m, own, *name, &list);
	}
	if (list.size == 0)
		return;
	if (buf_take(&list, &text, NULL) < 0 ||
		strv_appendf(&m->steps.environment, "%s=%s", own->variable, text) < 0)
		m->build->failed = true;
}

void direct_own_finish(Making *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_directories); i++)
		finish_own(m, &own_directories[i]);
}
