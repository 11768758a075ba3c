/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rpm package database: where it is and what its state is. Reading it is the plug-in's.
 */
#include "host/package-index.h"

#include <stdio.h>

#include "base/path.h"
#include "base/plugin.h"
#include "host/rpm-plugin.h"

static const char *const directories[] = { "/usr/lib/sysimage/rpm", "/var/lib/rpm" };

/* The file of each back end: sqlite, ndb, Berkeley DB. */
static const char *const files[] = { "rpmdb.sqlite", "Packages.db", "Packages" };

static int find_database(const HostRoot *root, const char **ret_directory, struct stat *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		for (size_t j = 0; j < ARRAY_SIZE(files); j++) {
			_cleanup_free_ char *path = path_join(directories[i], files[j]);
			struct stat st;

			if (!path)
				return -ENOMEM;
			if (host_root_lstat(root, path, &st) < 0 || !S_ISREG(st.st_mode))
				continue;
			*ret_directory = directories[i];
			*ret = st;
			return 0;
		}
	return -ENOENT;
}

static bool rpm_present(const HostRoot *root)
{
	const char *directory;
	struct stat st;

	return find_database(root, &directory, &st) == 0;
}

static void append_state(Buf *key, const struct stat *st)
{
	buf_printf(key, " %lld.%09ld:%lld:%llu", (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		(long long)st->st_size, (unsigned long long)st->st_ino);
}

static int rpm_state(const HostRoot *root, Buf *key)
{
	_cleanup_free_ char *log = NULL;
	const char *directory;
	struct stat st;
	int r = find_database(root, &directory, &st);

	if (r < 0)
		return r;
	append_state(key, &st);
	/* sqlite writes here first, and may leave it there */
	log = path_join(directory, "rpmdb.sqlite-wal");
	if (!log)
		return -ENOMEM;
	if (host_root_lstat(root, log, &st) == 0)
		append_state(key, &st);
	return 0;
}

static int rpm_read(const HostRoot *root, PackageWants is_wanted, Buf *text, Error **ret_error)
{
	const RpmWanted wanted = {
		.is_wanted = is_wanted,
		.canonical = host_root_canonical,
		.root = root,
	};
	const char *directory;
	const void *found;
	struct stat st;
	int r = find_database(root, &directory, &st);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot find the rpm database");
	r = plugin_load("rpm", &found, ret_error);
	if (r < 0)
		return r;
	return ((const RpmPlugin *)found)->read(root->path, directory, &wanted, text, ret_error);
}

const PackageDriver package_rpm = {
	.name = "rpm",
	.present = rpm_present,
	.state = rpm_state,
	.read = rpm_read,
};
