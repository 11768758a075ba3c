/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What containers on the host's own bridges share. The record of a port is an empty file with its name.
 */
#include "net/plugin/bridged.h"

#include <fcntl.h>
#include <net/if.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "net/plugin/firewall.h"
#include "net/plugin/ports.h"

static char *records_path(void)
{
	return layout_pathf(LAYOUT_RUN, ".network/bridged");
}

static int open_records(const char *path, int *ret_fd, Error **ret_error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	*ret_fd = fd;
	return 0;
}

int bridged_join(const char *port, Error **ret_error)
{
	_cleanup_free_ char *path = records_path();
	_cleanup_fd_ int fd = -EBADF, record_fd = -EBADF;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = file_mkdir_p(path, 0700, ret_error);
	if (r == 0)
		r = open_records(path, &fd, ret_error);
	if (r < 0)
		return r;
	record_fd = openat(fd, port, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (record_fd < 0)
		return error_errno(ret_error, errno, "cannot record the port %s in %s", port, path);
	return firewall_guard_bridges(ret_error);
}

/* Records of containers whose processes were all killed: their links went with their namespaces. */
static int forget_stale(int fd, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = file_list_fd(fd, &names);

	STRV_FOREACH (name, names)
		if (**name != '.' && if_nametoindex(*name) == 0)
			(void)unlinkat(fd, *name, 0); /* the next one tries again */
	return r < 0 ? error_errno(ret_error, -r, "cannot list the ports on the host's bridges")
		     : 0;
}

int bridged_leave(const char *port, Error **ret_error)
{
	_cleanup_free_ char *path = records_path(), *place = ports_place();
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!path || !place)
		return error_oom(ret_error);
	if (!file_exists(path))
		return 0;
	r = open_records(path, &fd, ret_error);
	if (r < 0)
		return r;
	if (unlinkat(fd, port, 0) < 0 && errno != ENOENT)
		return error_errno(
			ret_error, errno, "cannot remove the record of the port %s", port);
	if (rmdir(path) < 0) {
		r = forget_stale(fd, ret_error);
		if (r < 0 || rmdir(path) < 0)
			return r;
	}
	r = firewall_unguard_bridges(ret_error);
	(void)rmdir(place); /* not while there are ports of the default network */
	return r;
}
