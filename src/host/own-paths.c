/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which directories are a package's own, and which are a meeting place of many: a file that no package owns belongs to the service
 * in the first, and to nobody in the second.
 */
#include "host/host-read.h"

#include <fnmatch.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/host-links.h"

/* Meeting places. They and what is below them are shared; a row that ends in "/" shares only the directory itself. */
static const char *const shared[] = {
	"/etc/",
	"/etc/X11",
	"/etc/alternatives",
	"/etc/apparmor.d",
	"/etc/apt",
	"/etc/bash_completion.d",
	"/etc/binfmt.d",
	"/etc/ca-certificates",
	"/etc/cron.d",
	"/etc/cron.daily",
	"/etc/cron.hourly",
	"/etc/cron.monthly",
	"/etc/cron.weekly",
	"/etc/dbus-1",
	"/etc/default",
	"/etc/depmod.d",
	"/etc/dpkg",
	"/etc/emacs",
	"/etc/environment.d",
	"/etc/firewalld",
	"/etc/fonts",
	"/etc/gss",
	"/etc/init.d",
	"/etc/insserv.conf.d",
	"/etc/iproute2",
	"/etc/kernel",
	"/etc/ld.so.conf.d",
	"/etc/logcheck",
	"/etc/logrotate.d",
	"/etc/modprobe.d",
	"/etc/modules-load.d",
	"/etc/network",
	"/etc/NetworkManager",
	"/etc/opt/",
	"/etc/pam.d",
	"/etc/perl",
	"/etc/pki",
	"/etc/polkit-1",
	"/etc/ppp",
	"/etc/profile.d",
	"/etc/rc[0-9S].d",
	"/etc/rc.d",
	"/etc/runit",
	"/etc/security",
	"/etc/selinux",
	"/etc/sgml",
	"/etc/skel",
	"/etc/ssl",
	"/etc/sudoers.d",
	"/etc/sv",
	"/etc/sysconfig",
	"/etc/sysctl.d",
	"/etc/systemd",
	"/etc/sysusers.d",
	"/etc/terminfo",
	"/etc/tmpfiles.d",
	"/etc/udev",
	"/etc/ufw",
	"/etc/update-motd.d",
	"/etc/xdg",
	"/etc/xinetd.d",
	"/etc/xml",
	"/etc/yum*",
	"/etc/dnf*",
	"/var/",
	"/var/backups",
	"/var/cache/",
	"/var/cache/apt",
	"/var/cache/debconf",
	"/var/cache/dnf",
	"/var/cache/ldconfig",
	"/var/cache/man",
	"/var/lib/",
	"/var/lib/alternatives",
	"/var/lib/apt",
	"/var/lib/dnf",
	"/var/lib/dpkg",
	"/var/lib/misc",
	"/var/lib/pam",
	"/var/lib/rpm",
	"/var/lib/selinux",
	"/var/lib/sgml-base",
	"/var/lib/systemd",
	"/var/lib/ucf",
	"/var/lib/xml-core",
	"/var/local",
	"/var/lock",
	"/var/log/",
	"/var/log/apt",
	"/var/log/journal",
	"/var/log/private",
	"/var/log/runit",
	"/var/mail",
	"/var/opt/",
	"/var/run",
	"/var/spool/",
	"/var/tmp",
};

static bool row_fits(const char *row, const char *path)
{
	while (*row && *row == *path) {
		row++;
		path++;
	}
	if (*row == '*' || *row == '[')
		return fnmatch(row, path, FNM_LEADING_DIR) == 0;
	if (*row == '/' && row[1] == '\0')
		return *path == '\0';
	return *row == '\0' && (*path == '/' || (*path == '\0' && row[-1] != '/'));
}

bool path_is_shared(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (row_fits(shared[i], path))
			return true;
	return false;
}

bool path_is_neighbour(const char *a, const char *b)
{
	size_t n = strncmp(a, "/var/", strlen("/var/")) == 0
			   ? strlen("/var/") + strcspn(a + strlen("/var/"), "/") + 1
			   : strlen("/etc/");

	if (strlen(a) < n)
		return false;
	n += strcspn(a + n, "/");
	return a[n] == '/' && strncmp(a, b, n + 1) == 0;
}

/* The package with the most paths below a directory that packages share is the one whose directory it is: /etc/apache2 is apache2's,
 * although php8.2-fpm drops a file there. Is that one of the marked? */
static int is_principal(
	const PackageIndex *packages, const char *directory, const bool *marked, bool *ret)
{
	_cleanup_free_ size_t *counts = calloc(packages->n_packages, sizeof(*counts));
	size_t most = 0, most_marked = 0;

	if (!counts)
		return -ENOMEM;
	for (size_t i = package_index_below(packages, directory, 0); i < packages->n_paths;
		i = package_index_below(packages, directory, i + 1)) {
		uint32_t package = packages->paths[i].package;

		counts[package]++;
		if (counts[package] > most)
			most = counts[package];
		if (marked[package] && counts[package] > most_marked)
			most_marked = counts[package];
	}
	*ret = most_marked == most;
	return 0;
}

int own_directories(const Reader *reader, const char *place, bool kin, char ***ret)
{
	const PackageIndex *packages = &reader->packages;
	const bool *marked = kin ? reader->kin : reader->set;

	for (size_t i = package_index_below(packages, place, 0); i < packages->n_paths;
		i = package_index_below(packages, place, i + 1)) {
		const PackagePath *p = &packages->paths[i];
		bool principal;
		struct stat st;

		if (!marked[p->package] || path_is_below_any(p->path, *ret) ||
			path_is_shared(p->path))
			continue;
		if (host_links_lstat(&reader->root, p->path, reader->facts, &st) < 0 ||
			!S_ISDIR(st.st_mode))
			continue;
		if (is_principal(packages, p->path, marked, &principal) < 0)
			return -ENOMEM;
		if (principal && strv_append(ret, p->path) < 0)
			return -ENOMEM;
	}
	return 0;
}
