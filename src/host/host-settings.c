/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the administrator set for the whole host and units live by: defaults of the system manager, kernel settings of namespaces that a
 * container has of its own, names of hosts, tmpfiles.d.
 */
#include "host/host-settings.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/declarations.h"
#include "host/unit-load.h"
#include "host/unit-text.h"

#define CONF_SUFFIX ".conf"

/* Files of drop-in directories, by name; of one name the first directory has it. The caller's order is that of precedence. */
static int list_files(const HostRoot *root, const char *const directories[], size_t n, char ***ret)
{
	_cleanup_strv_ char **names = NULL, **files = NULL;

	for (size_t i = 0; i < n; i++) {
		_cleanup_strv_ char **found = NULL;

		if (host_root_list(root, directories[i], &found) == -ENOMEM)
			return -ENOMEM;
		STRV_FOREACH (name, found)
			if (strlen(*name) > strlen(CONF_SUFFIX) &&
				strcmp(*name + strlen(*name) - strlen(CONF_SUFFIX), CONF_SUFFIX) ==
					0 &&
				strv_append_unique(&names, *name) < 0)
				return -ENOMEM;
	}
	if (names)
		strv_sort(names);
	STRV_FOREACH (name, names)
		for (size_t i = 0; i < n; i++) {
			_cleanup_free_ char *path = path_join(directories[i], *name);
			struct stat st;

			if (!path)
				return -ENOMEM;
			if (host_root_lstat(root, path, &st) < 0)
				continue;
			if (strv_append(&files, path) < 0)
				return -ENOMEM;
			break;
		}
	*ret = TAKE_PTR(files);
	return 0;
}

/* What units inherit. Accounting, watchdogs and the manager's own state are the inner manager's. */
static bool is_inherited(const char *key)
{
	static const char *const keys[] = { "DefaultTimeout*", "DefaultRestartSec",
		"DefaultStartLimit*", "DefaultLimit*", "DefaultEnvironment", "DefaultOOMPolicy",
		"DefaultStandardOutput", "DefaultStandardError", "DefaultDeviceTimeoutSec",
		"DefaultTimerAccuracySec" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t n = strcspn(keys[i], "*");

		if (strncmp(keys[i], key, n) == 0 && (keys[i][n] || !key[n]))
			return true;
	}
	return false;
}

static int read_manager_file(const HostRoot *root, const char *path, FactUnit *manager)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = host_root_read(root, path, &text, &size, NULL);

	if (r == 0)
		r = unit_text_parse(manager, text, size);
	return r == -ENOMEM ? r : 0; /* what cannot be read holds for nobody */
}

static int read_manager(const HostRoot *root, Facts *facts)
{
	static const char *const directories[] = { "/etc/systemd/system.conf.d",
		"/run/systemd/system.conf.d", "/usr/local/lib/systemd/system.conf.d",
		"/usr/lib/systemd/system.conf.d" };
	_cleanup_(fact_unit_done) FactUnit manager = { 0 };
	_cleanup_strv_ char **files = NULL;
	int r = read_manager_file(root, "/etc/systemd/system.conf", &manager);

	if (r == 0)
		r = list_files(root, directories, ARRAY_SIZE(directories), &files);
	STRV_FOREACH (file, files)
		if (r == 0)
			r = read_manager_file(root, *file, &manager);
	for (size_t i = 0; i < manager.n_directives && r == 0; i++) {
		const FactDirective *d = &manager.directives[i];

		if (strcmp(d->section, "Manager") == 0 && is_inherited(d->key))
			r = strv_appendf(&facts->manager_settings, "%s=%s", d->key, d->value);
	}
	return r;
}

/* Those of the network and IPC namespaces that every such namespace has, and whose values mean the same everywhere. */
static bool is_namespaced(const char *key)
{
	static const char *const keys[] = { "fs.mqueue.msg_default", "fs.mqueue.msg_max",
		"fs.mqueue.msgsize_default", "fs.mqueue.msgsize_max", "fs.mqueue.queues_max",
		"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall",
		"kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced", "net.core.somaxconn",
		"net.ipv4.ip_default_ttl", "net.ipv4.ip_local_port_range",
		"net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_nonlocal_bind",
		"net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_ecn", "net.ipv4.tcp_fastopen",
		"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_mtu_probing",
		"net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_retries1", "net.ipv4.tcp_retries2",
		"net.ipv4.tcp_sack", "net.ipv4.tcp_slow_start_after_idle",
		"net.ipv4.tcp_syn_retries", "net.ipv4.tcp_synack_retries",
		"net.ipv4.tcp_syncookies", "net.ipv4.tcp_timestamps", "net.ipv4.tcp_tw_reuse",
		"net.ipv4.tcp_window_scaling", "net.unix.max_dgram_qlen" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static char *strip(char *s)
{
	char *end = s + strlen(s);

	while (end > s && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return s + strspn(s, " \t");
}

/* sysctl.d(5): "net.ipv4.x = v", "-net/ipv4/x=v". A later assignment replaces an earlier one. */
static int add_sysctl(char *line, Facts *facts)
{
	char *equals, *key = strip(line), *value;

	if (strchr("#;", *key)) /* or nothing */
		return 0;
	key += *key == '-';
	equals = strchr(key, '=');
	if (!equals)
		return 0;
	*equals = '\0';
	key = strip(key);
	value = strip(equals + 1);
	if (strcspn(key, "/") < strcspn(key, ".")) /* slashes as separators */
		for (char *c = key; *c; c++)
			*c = *c == '/' ? '.' : *c;
	for (char *c = value; *c; c++)
		*c = *c == '\t' ? ' ' : *c;
	if (!is_namespaced(key) || !*value)
		return 0;
	for (char **s = facts->sysctls; s && *s; s++)
		if (strncmp(*s, key, strlen(key)) == 0 && (*s)[strlen(key)] == '=') {
			char *text;

			if (asprintf(&text, "%s=%s", key, value) < 0)
				return -ENOMEM;
			free(*s);
			*s = text;
			return 0;
		}
	return strv_appendf(&facts->sysctls, "%s=%s", key, value);
}

/* Calls each for every line. A file that cannot be read has none. */
static int each_line(
	const HostRoot *root, const char *path, int (*each)(char *line, Facts *facts), Facts *facts)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *text = NULL;
	int r = host_root_read(root, path, &text, NULL, NULL);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = strv_split(&lines, text, "\n");
	STRV_FOREACH (line, lines)
		if (r == 0)
			r = each(*line, facts);
	return r;
}

/* What distributions ship below /usr/lib is for every host alike. */
static int read_sysctls(const HostRoot *root, Facts *facts)
{
	static const char *const directories[] = { "/etc/sysctl.d", "/run/sysctl.d",
		"/usr/local/lib/sysctl.d" };
	_cleanup_strv_ char **files = NULL;
	int r = list_files(root, directories, ARRAY_SIZE(directories), &files);

	STRV_FOREACH (file, files)
		if (r == 0)
			r = each_line(root, *file, add_sysctl, facts);
	/* Debian has a link to it in sysctl.d; it is the last either way. */
	return r < 0 ? r : each_line(root, "/etc/sysctl.conf", add_sysctl, facts);
}

/* Lines of hosts(5) but those of the host's own loopback and of multicast. */
static int add_host(char *line, Facts *facts)
{
	static const char *const own[] = { "127.", "::1", "fe00::", "ff00::", "ff02::", "0.0.0.0" };

	line[strcspn(line, "#")] = '\0';
	line = strip(line);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strncmp(line, own[i], strlen(own[i])) == 0)
			return 0;
	return strpbrk(line, " \t") ? strv_append_unique(&facts->hosts, line) : 0;
}

/* What the administrator has in /etc/tmpfiles.d and no package knows of; an override of a package's file is read as that file. */
static int read_tmpfiles(const HostRoot *root, Facts *facts, Error **ret_error)
{
	static const char *const directories[] = { "/etc/tmpfiles.d" };
	_cleanup_strv_ char **files = NULL;
	int r = list_files(root, directories, ARRAY_SIZE(directories), &files);

	STRV_FOREACH (file, files) {
		_cleanup_free_ char *packaged = path_join("/usr/lib/tmpfiles.d", path_base(*file)),
				    *text = NULL;
		struct stat st;

		if (!packaged)
			return -ENOMEM;
		if (host_root_lstat(root, packaged, &st) == 0 ||
			host_root_read(root, *file, &text, NULL, NULL) < 0)
			continue;
		r = declarations_parse(text, *file, NULL, &facts->tmpfiles, &facts->n_tmpfiles);
		if (r < 0)
			return error_errno(ret_error, -r, "cannot read %s", *file);
	}
	return r;
}

int host_settings_read(const HostRoot *root, Facts *facts, Error **ret_error)
{
	int r = read_manager(root, facts);

	if (r == 0)
		r = read_sysctls(root, facts);
	if (r == 0)
		r = each_line(root, "/etc/hosts", add_host, facts);
	if (r == 0)
		r = read_tmpfiles(root, facts, ret_error);
	return r == -ENOMEM ? error_oom(ret_error) : r;
}
