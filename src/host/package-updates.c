/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dpkg makes the list of a package's files anew whenever it unpacks the package: info/NAME.list, or info/NAME:ARCHITECTURE.list of one that can be
 * installed for several. Reading rpm's database for each `list` would cost more than it tells.
 */
#include "host/package-updates.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/arch.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"

#define INFO "/var/lib/dpkg/info"

/* The time of the last change of status cannot be set, unlike that of the content. */
static bool is_newer(int info_fd, const char *package, const char *arch, int64_t since)
{
	char name[NAME_MAX + 1];
	struct stat st;

	return snprintf(name, sizeof(name), "%s%s%s.list", package, *arch ? ":" : "", arch) <
		       (int)sizeof(name) &&
	       fstatat(info_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ctime > since;
}

int package_updates(const char *root, char *const *packages, int64_t since, size_t *ret)
{
	_cleanup_free_ char *path = path_join(root, INFO);
	_cleanup_fd_ int fd = path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -EBADF;
	size_t n = 0;

	if (!path)
		return -ENOMEM;
	if (fd < 0)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	STRV_FOREACH (package, packages)
		n += is_newer(fd, *package, "", since) ||
		     is_newer(fd, *package, arch_native(), since);
	*ret = n;
	return 0;
}
