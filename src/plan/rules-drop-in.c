/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Directives that a container cannot give and without which the service still is what it is: a drop-in replaces them, and a note says
 * which and why.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "host/unit-words.h"
#include "plan/rules.h"

/* Each says with which assignment d is replaced: newly allocated, NULL if it may stay. */
typedef char *(*Replace)(const FactDirective *d);

static char *replace_switch(const FactDirective *d)
{
	char *text;

	if (!unit_is_true(d->value))
		return NULL;
	return asprintf(&text, "%s=no", d->key) < 0 ? NULL : text;
}

static char *replace_ambient(const FactDirective *d)
{
	_cleanup_strv_ char **words = NULL, **kept = NULL;
	_cleanup_free_ char *list = NULL;
	char *text;

	if (d->value[0] == '~' || unit_directive_words(d->key, d->value, &words) < 0)
		return NULL;
	STRV_FOREACH (word, words)
		if (!rules_denies(*word) && strv_append(&kept, *word) < 0)
			return NULL;
	if (strv_length(kept) == strv_length(words))
		return NULL;
	list = strv_join(kept, " ");
	if (!list)
		return NULL;
	return asprintf(&text, "AmbientCapabilities=\nAmbientCapabilities=%s", list) < 0 ? NULL
											 : text;
}

static char *replace_nice(const FactDirective *d)
{
	return d->value[0] == '-' ? strdup("Nice=0") : NULL;
}

static char *replace_scheduling(const FactDirective *d)
{
	return strcmp(d->value, "fifo") == 0 || strcmp(d->value, "rr") == 0
		       ? strdup("CPUSchedulingPolicy=other") /* takes the priority with it */
		       : NULL;
}

static char *replace_io(const FactDirective *d)
{
	return strcmp(d->value, "realtime") == 0 || strcmp(d->value, "1") == 0
		       ? strdup("IOSchedulingClass=best-effort")
		       : NULL;
}

static char *replace_empty(const FactDirective *d)
{
	char *text;

	if (!*d->value)
		return NULL;
	return asprintf(&text, "%s=", d->key) < 0 ? NULL : text;
}

typedef struct DropIn {
	const char *key;
	Replace replace;
	const char *reason;
} DropIn;

static const DropIn drop_ins[] = {
	{ "PrivateUsers", replace_switch,
		"user namespaces cannot be nested in a container, which has one of its own" },
	{ "AmbientCapabilities", replace_ambient, "the container's root does not have it" },
	{ "Nice", replace_nice, "priority above others is the host's to give" },
	{ "CPUSchedulingPolicy", replace_scheduling, "real-time scheduling is the host's to give" },
	{ "IOSchedulingClass", replace_io, "real-time scheduling is the host's to give" },
	{ "WakeSystem", replace_switch, "waking the machine is the host's to do" },
	{ "IPCNamespacePath", replace_empty, "the container has one IPC namespace, its own" },
	{ "NUMAPolicy", replace_empty, "memory nodes are the host's to give" },
	{ "NetworkNamespacePath", replace_empty,
		"the container has one network namespace, its own" },
};

bool rules_replaces(const Directive *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(drop_ins); i++)
		if (strcmp(drop_ins[i].key, row->key) == 0)
			return true;
	return false;
}

/* What the administrator lets the unit do without is taken out of it. */
static bool drop_ignored(PlanBuild *build, const FactDirective *d, Buf *text)
{
	if (!rules_ignores(build, d->key))
		return false;
	buf_printf(text, "[%s]\n%s=\n", d->section, d->key);
	return true;
}

static void drop_in_text(PlanBuild *build, const FactUnit *unit, const FactDirective *d, Buf *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(drop_ins); i++) {
		_cleanup_free_ char *line = NULL;

		if (strcmp(drop_ins[i].key, d->key) != 0)
			continue;
		line = drop_ins[i].replace(d);
		if (!line)
			continue;
		buf_printf(text, "[%s]\n%s\n", d->section, line);
		rules_note(build, unit, d, drop_ins[i].reason,
			strrchr(line, '\n') ? strrchr(line, '\n') + 1 : line, false);
	}
}

void rule_drop_in(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];
		_cleanup_buf_ Buf text = { 0 };
		_cleanup_free_ char *content = NULL, *path = NULL;

		for (size_t j = 0; j < unit->n_directives; j++)
			if (!drop_ignored(build, &unit->directives[j], &text))
				drop_in_text(build, unit, &unit->directives[j], &text);
		rules_spare_paths(build, unit, &text);
		if (text.size == 0)
			continue;
		if (buf_take(&text, &content, NULL) < 0 ||
			asprintf(&path, "/etc/systemd/system/%s.d/50-virt-sandbox.conf",
				unit->name) < 0) {
			path = NULL;
			build->failed = true;
			return;
		}
		build_file(
			build, path, 0644, content, "directives that cannot work in a container");
	}
}
