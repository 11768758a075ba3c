/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Directives about what the service sees of the container's files.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/direct.h"

void direct_take_files(Making *m, const DirectRow *row, const char *value)
{
	if (strpbrk(value, "*?["))
		direct_refuse(m, "with --init=direct it is one file by its name");
	else if (!path_is_normal(value + (*value == '-')))
		direct_refuse(m, "it is not an absolute path");
	else
		direct_add(m, direct_step(m, row), value);
}

void direct_take_directory(Making *m, const DirectRow *row, const char *value)
{
	const char *path = value + (*value == '-');

	if (strcmp(path, "~") != 0 && strcmp(path, "/") != 0 && !path_is_normal(path))
		direct_refuse(m, "it is not an absolute path");
	else
		direct_text(m, direct_step(m, row), value);
}

/* The root is a mount that nothing can be laid over. */
static bool is_target(Making *m, const char *path)
{
	bool is_root = strcmp(path, "/") == 0;

	if (!is_root && path_is_normal(path))
		return true;
	direct_refuse(m, is_root ? "with --init=direct nothing can be mounted on /"
				 : "it is not an absolute path");
	return false;
}

/* "-+/path": the second is about RootDirectory=, which is refused. */
void direct_take_paths(Making *m, const DirectRow *row, const char *value)
{
	_cleanup_strv_ char **words = direct_words(m, value);

	STRV_FOREACH (word, words) {
		const char *path = *word + strspn(*word, "-+");
		char *text;

		if (row->offset == offsetof(Steps, hidden) && !is_target(m, path))
			return;
		if (!path_is_normal(path)) {
			direct_refuse(m, "it is not an absolute path");
			return;
		}
		if (asprintf(&text, "%s%s", memchr(*word, '-', (size_t)(path - *word)) ? "-" : "",
			    path) < 0)
			text = NULL;
		direct_give(m, direct_step(m, row), text);
	}
}

void direct_take_bind(Making *m, const DirectRow *row, const char *value)
{
	_cleanup_strv_ char **words = direct_words(m, value);

	for (char **word = words; word && word[0] && word[1]; word += 2) {
		if (!is_target(m, word[1]))
			return;
		direct_give(m, &m->steps.binds,
			steps_words_format((char *[]){
				(char *)(uintptr_t)row->words, word[0], word[1], NULL }));
	}
}

static void add_tmpfs(Making *m, const char *path, const char *options)
{
	direct_give(m, &m->steps.tmpfs,
		steps_words_format(
			(char *[]){ (char *)(uintptr_t)path, (char *)(uintptr_t)options, NULL }));
}

/* "/path:options", where "ro" would be of the mount. */
void direct_take_tmpfs(Making *m, const DirectRow *row _unused_, const char *value)
{
	_cleanup_strv_ char **words = direct_words(m, value);

	STRV_FOREACH (word, words) {
		char *options = strchr(*word, ':');

		if (options) {
			direct_refuse(m, "with --init=direct it has no options");
			return;
		}
		if (!is_target(m, *word))
			return;
		add_tmpfs(m, *word, "mode=0755");
	}
}

void direct_take_protect_system(Making *m, const DirectRow *row _unused_, const char *value)
{
	static const char *const full[] = { "-/usr", "-/boot", "-/efi", "-/etc" };
	int64_t on = 0;
	bool is_full = strcmp(value, "full") == 0;

	if (strcmp(value, "strict") == 0) {
		m->steps.strict = 1;
		return;
	}
	if (!is_full)
		direct_keep(m, direct_boolean(value, &on));
	for (size_t i = 0; (is_full || on) && i < ARRAY_SIZE(full) - !is_full; i++)
		direct_add(m, &m->steps.readonly, full[i]);
}

void direct_take_protect_home(Making *m, const DirectRow *row _unused_, const char *value)
{
	static const char *const homes[] = { "-/home", "-/root", "-/run/user" };
	bool empty = strcmp(value, "tmpfs") == 0, readonly = strcmp(value, "read-only") == 0;
	int64_t on = empty || readonly;

	if (!on)
		direct_keep(m, direct_boolean(value, &on));
	for (size_t i = 0; on && i < ARRAY_SIZE(homes); i++)
		if (empty)
			add_tmpfs(m, homes[i], "mode=0755,ro");
		else
			direct_add(m, readonly ? &m->steps.readonly : &m->steps.hidden, homes[i]);
}

/* What it has are the usual devices, but for those that the administrator gave to the container. */
void direct_take_private_devices(Making *m, const DirectRow *row _unused_, const char *value)
{
	int64_t on = 0;

	direct_keep(m, direct_boolean(value, &on));
	if (!on)
		return;
	m->dropped |= UINT64_C(1) << CAP_MKNOD | UINT64_C(1) << CAP_SYS_RAWIO;
	STRV_FOREACH (device, m->build->desc->devices) {
		const char *inside = strchr(*device, ':'),
			   *place = inside && inside[1] == '/' ? inside + 1 : *device;
		char *path;

		if (asprintf(&path, "-%.*s", (int)strcspn(place, ":"), place) < 0)
			path = NULL;
		direct_give(m, &m->steps.hidden, path);
	}
}

/* row->words: what is read-only, or hidden. */
void direct_take_protect_kernel(Making *m, const DirectRow *row, const char *value)
{
	_cleanup_strv_ char **paths = NULL;
	int64_t on = 0;

	direct_keep(m, direct_boolean(value, &on));
	if (on && strv_split(&paths, row->words, " ") < 0)
		m->build->failed = true;
	STRV_FOREACH (path, paths)
		direct_add(m, direct_step(m, row), *path);
}
