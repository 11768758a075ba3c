/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A configuration file of the LXC tools: lxc.container.conf(5).
 */
#include "domain/lxc-file.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"

#define INCLUDE_DEPTH_MAX 8
#define SETTINGS_MAX 8192u
#define FILES_MAX 256u

static const struct {
	const char *old, *now;
} names[] = {
	{ "lxc.rootfs", "lxc.rootfs.path" },
	{ "lxc.rootfs.backend", "lxc.rootfs.options" },
	{ "lxc.utsname", "lxc.uts.name" },
	{ "lxc.tty", "lxc.tty.max" },
	{ "lxc.pts", "lxc.pty.max" },
	{ "lxc.mount", "lxc.mount.fstab" },
	{ "lxc.id_map", "lxc.idmap" },
	{ "lxc.init_cmd", "lxc.init.cmd" },
	{ "lxc.init_uid", "lxc.init.uid" },
	{ "lxc.init_gid", "lxc.init.gid" },
	{ "lxc.aa_profile", "lxc.apparmor.profile" },
	{ "lxc.se_context", "lxc.selinux.context" },
	{ "lxc.seccomp", "lxc.seccomp.profile" },
	{ "lxc.haltsignal", "lxc.signal.halt" },
	{ "lxc.rebootsignal", "lxc.signal.reboot" },
	{ "lxc.stopsignal", "lxc.signal.stop" },
	{ "lxc.devttydir", "lxc.tty.dir" },
	{ "lxc.logfile", "lxc.log.file" },
	{ "lxc.loglevel", "lxc.log.level" },
	{ "lxc.console", "lxc.console.path" },
};

void lxc_file_done(LxcFile *file)
{
	for (size_t i = 0; i < file->n; i++) {
		free(file->settings[i].key);
		free(file->settings[i].value);
	}
	free(file->settings);
	strv_free(file->names);
	memset(file, 0, sizeof(*file));
}

const LxcSetting *lxc_file_find(const LxcFile *file, const char *key)
{
	const LxcSetting *found = NULL;

	for (size_t i = 0; i < file->n; i++)
		if (!file->settings[i].network && strcmp(file->settings[i].key, key) == 0)
			found = &file->settings[i];
	return found && *found->value ? found : NULL;
}

static int parse_text(LxcFile *file, const char *text, size_t size, const char *name,
	unsigned int depth, Error **ret_error);

static int include_file(LxcFile *file, const char *path, unsigned int depth, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = file_read(path, &text, &size, ret_error);

	return r < 0 ? r : parse_text(file, text, size, path, depth + 1, ret_error);
}

static int is_configuration(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

static int include_directory(LxcFile *file, const char *path, unsigned int depth, Error **ret_error)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_configuration, alphasort), r = 0;

	if (n < 0)
		return error_errno(ret_error, errno, "cannot read %s", path);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *joined = path_join(path, entries[i]->d_name);

		if (r == 0)
			r = joined ? include_file(file, joined, depth, ret_error)
				   : error_oom(ret_error);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* A relative path is one beside the file that says it. */
static int include(
	LxcFile *file, const char *name, const char *value, unsigned int depth, Error **ret_error)
{
	const char *slash = strrchr(name, '/');
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (depth >= INCLUDE_DEPTH_MAX)
		return error_set(
			ret_error, ELOOP, "files are included deeper than %d", INCLUDE_DEPTH_MAX);
	if (*value == '/' || !slash)
		path = strdup(value);
	else if (asprintf(&path, "%.*s/%s", (int)(slash - name), name, value) < 0)
		path = NULL;
	if (!path)
		return error_oom(ret_error);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return include_directory(file, path, depth, ret_error);
	return include_file(file, path, depth, ret_error);
}

/* "lxc.net.N.KEY" and "lxc.network.KEY"; NULL: another key. */
static const char *network_key(LxcFile *file, const char *key, unsigned int *ret_network)
{
	char *end;
	unsigned long index;

	if (strncmp(key, "lxc.network.", 12) == 0) {
		if (strcmp(key + 12, "type") == 0)
			file->legacy_network = ++file->networks;
		*ret_network = file->legacy_network;
		return key + 12;
	}
	if (strncmp(key, "lxc.net.", 8) != 0 || !isdigit((unsigned char)key[8]))
		return NULL;
	index = strtoul(key + 8, &end, 10);
	if (*end != '.' || index >= ARRAY_SIZE(file->indexes))
		return NULL;
	if (!file->indexes[index])
		file->indexes[index] = ++file->networks;
	*ret_network = file->indexes[index];
	return end + 1;
}

static const char *present_name(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].old, key) == 0)
			return names[i].now;
	return key;
}

static int add(
	LxcFile *file, const char *key, const char *value, unsigned int line, Error **ret_error)
{
	LxcSetting setting = { .file = file->names[strv_length(file->names) - 1], .line = line };
	const char *of_network = network_key(file, key, &setting.network);

	if (of_network && setting.network == 0)
		return error_set(
			ret_error, EINVAL, "%s needs a line lxc.network.type before it", key);
	if (file->n >= SETTINGS_MAX)
		return error_set(ret_error, EINVAL, "more than %u settings", SETTINGS_MAX);
	setting.key = strdup(of_network ? of_network : present_name(key));
	setting.value = strdup(value);
	if (!setting.key || !setting.value ||
		array_room(&file->settings, file->n, sizeof(setting)) < 0) {
		free(setting.key);
		free(setting.value);
		return error_oom(ret_error);
	}
	file->settings[file->n++] = setting;
	return 0;
}

static char *trim(char *text)
{
	size_t n;

	while (isspace((unsigned char)*text))
		text++;
	n = strlen(text);
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
	if (n >= 2 && (*text == '"' || *text == '\'') && text[n - 1] == *text) {
		text[n - 1] = '\0';
		text++;
	}
	return text;
}

static int parse_line(LxcFile *file, char *line, const char *name, unsigned int number,
	unsigned int depth, Error **ret_error)
{
	char *text = trim(line), *equals = strchr(text, '='), *key, *value;

	if (!*text || *text == '#')
		return 0;
	if (!equals)
		return error_set(ret_error, EINVAL, "it is not KEY = VALUE");
	*equals = '\0';
	key = trim(text);
	value = trim(equals + 1);
	if (strncmp(key, "lxc.", 4) != 0)
		return error_set(ret_error, EINVAL, "'%.64s' is not an LXC key", key);
	if (strcmp(key, "lxc.include") == 0)
		return include(file, name, value, depth, ret_error);
	return add(file, key, value, number, ret_error);
}

static int parse_text(LxcFile *file, const char *text, size_t size, const char *name,
	unsigned int depth, Error **ret_error)
{
	_cleanup_free_ char *copy = strndup(text, size);
	char *rest = copy, *line;
	int r = 0;

	if (!copy || strv_append(&file->names, name) < 0)
		return error_oom(ret_error);
	if (strlen(copy) < size)
		return error_set(ret_error, EINVAL, "%s: it holds a NUL byte", name);
	if (strv_length(file->names) > FILES_MAX)
		return error_set(ret_error, EINVAL, "%s: more than %u files", name, FILES_MAX);
	for (unsigned int number = 1; r == 0 && (line = strsep(&rest, "\n")); number++) {
		r = parse_line(file, line, name, number, depth, ret_error);
		if (r < 0)
			r = error_wrap(ret_error, "%s:%u", name, number);
	}
	return r;
}

int lxc_file_parse(const char *text, size_t size, const char *name, LxcFile *ret, Error **ret_error)
{
	LxcFile file = { 0 };
	int r = parse_text(&file, text, size, name, 0, ret_error);

	if (r < 0)
		lxc_file_done(&file);
	else
		*ret = file;
	return r;
}
