/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Units that exist only as a script in /etc/init.d: what systemd-sysv-generator(8) makes of the comment block at its head
 * (LSB "Comment Conventions for Init Scripts").
 */
#include "host/unit-load.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "host/unit-name.h"
#include "host/unit-text.h"

#define INIT_DIRECTORY "/etc/init.d"

/* Facilities of the LSB as systemd knows them; "" is always there. */
static const struct {
	const char *facility, *unit;
} facilities[] = {
	{ "$local_fs", "" },
	{ "$syslog", "" },
	{ "$network", "network-online.target" },
	{ "$named", "nss-lookup.target" },
	{ "$portmap", "rpcbind.target" },
	{ "$remote_fs", "remote-fs.target" },
	{ "$time", "time-sync.target" },
};

int unit_sysv_find(const HostRoot *root, const char *name, char **ret_script)
{
	static const char *const suffixes[] = { "", ".sh" };
	_cleanup_unit_name_ UnitName split = { 0 };

	if (unit_name_split(name, &split) < 0 || split.instance ||
		strcmp(split.type, "service") != 0)
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *path = NULL;
		struct stat st;

		if (asprintf(&path, INIT_DIRECTORY "/%s%s", split.prefix, suffixes[i]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (host_root_lstat(root, path, &st) < 0 || !S_ISREG(st.st_mode) ||
			!(st.st_mode & 0111))
			continue;
		*ret_script = TAKE_PTR(path);
		return 0;
	}
	return -ENOENT;
}

static int add_order(FactUnit *unit, const char *facility)
{
	char name[UNIT_NAME_MAX + 1];
	const char *dependency = NULL;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(facilities); i++)
		if (strcmp(facilities[i].facility, facility) == 0)
			dependency = facilities[i].unit;
	if (!dependency) {
		int n = snprintf(name, sizeof(name), "%s.service", facility + (facility[0] == '+'));

		if (facility[0] == '$' || n < 0 || (size_t)n >= sizeof(name) ||
			!unit_name_is_valid(name))
			return 0;
		dependency = name;
	}
	if (*dependency == '\0')
		return 0;
	if (strcmp(dependency, "network-online.target") == 0)
		r = unit_text_assign(unit, "Unit", "Wants", dependency);
	return r < 0 ? r : unit_text_assign(unit, "Unit", "After", dependency);
}

/* One line "# Key: value" of the block. */
static int add_header(FactUnit *unit, const char *key, const char *value)
{
	_cleanup_strv_ char **words = NULL;

	if (strcmp(key, "Short-Description") == 0) {
		char text[512];

		(void)snprintf(text, sizeof(text), "LSB: %s",
			value); /* cut off where it is absurdly long */
		return unit_text_assign(unit, "Unit", "Description", text);
	}
	if (strcmp(key, "Required-Start") != 0 && strcmp(key, "Should-Start") != 0)
		return 0;
	if (strv_split(&words, value, " \t") < 0)
		return -ENOMEM;
	STRV_FOREACH (word, words) {
		int r = add_order(unit, *word);

		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_header(FactUnit *unit, char *text)
{
	bool inside = false;
	char *state = NULL;

	for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
		char *value;
		int r;

		if (strcmp(line, "### BEGIN INIT INFO") == 0)
			inside = true;
		else if (strcmp(line, "### END INIT INFO") == 0)
			return 0;
		value = strchr(line, ':');
		if (!inside || line[0] != '#' || !value)
			continue;
		*value++ = '\0';
		line += 1 + strspn(line + 1, " \t");
		r = add_header(unit, line, value + strspn(value, " \t"));
		if (r < 0)
			return r;
	}
	return 0;
}

/* "# pidfile: /run/x.pid", as Red Hat's scripts have it; without one the unit stays active when the script ends. */
static int add_pidfile(FactUnit *unit, const char *text)
{
	static const char key[] = "\n# pidfile:";
	const char *found = strstr(text, key);
	_cleanup_free_ char *path = NULL;

	if (!found)
		return unit_text_assign(unit, "Service", "RemainAfterExit", "yes");
	found += strlen(key);
	found += strspn(found, " \t");
	path = strndup(found, strcspn(found, " \t\n"));
	return path ? unit_text_assign(unit, "Service", "PIDFile", path) : -ENOMEM;
}

static int add_command(FactUnit *unit, const char *key, const char *script, const char *argument)
{
	_cleanup_free_ char *command = NULL;

	if (asprintf(&command, "%s %s", script, argument) < 0) {
		command = NULL;
		return -ENOMEM;
	}
	return unit_text_assign(unit, "Service", key, command);
}

int unit_sysv_load(const HostRoot *root, const char *script, FactUnit *unit, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = host_root_read(root, script, &text, NULL, ret_error);

	if (r < 0)
		return r;
	if (unit_text_assign(unit, "Unit", "SourcePath", script) < 0 ||
		unit_text_assign(unit, "Service", "Type", "forking") < 0 ||
		add_pidfile(unit, text) < 0 ||
		add_command(unit, "ExecStart", script, "start") < 0 ||
		add_command(unit, "ExecStop", script, "stop") < 0)
		return error_oom(ret_error);
	if (strstr(text, "reload)") && add_command(unit, "ExecReload", script, "reload") < 0)
		return error_oom(ret_error);
	r = parse_header(unit, text);
	return r < 0 ? error_errno(ret_error, -r, "cannot read the init script %s", script) : 0;
}
