/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Interfaces of the host that move.
 */
#include "net/plugin/hostdev.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "net/plugin/ports.h"
#include "net/plugin/rtnetlink.h"

#define FOLDER ".network/hostdev"
#define OWN_NETNS "/proc/thread-self/ns/net"

static char *pin_path(const Attachment *link)
{
	return layout_pathf(LAYOUT_RUN, FOLDER "/%s", link->host_name);
}

static int pin(const Attachment *link, int netns_fd, Error **ret_error)
{
	_cleanup_free_ char *path = pin_path(link);
	_cleanup_fd_ int fd = -EBADF;
	char source[32];
	int r = path ? file_mkdir_parent(path, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot make %s", path);
	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", netns_fd);
	return mount(source, path, NULL, MS_BIND, NULL) < 0
		       ? error_errno(
				 ret_error, errno, "cannot hold the network namespace at %s", path)
		       : 0;
}

static void unpin(const char *path)
{
	_cleanup_free_ char *folder = layout_pathf(LAYOUT_RUN, FOLDER), *place = ports_place();

	(void)umount2(path, MNT_DETACH); /* not mounted, if giving failed before */
	(void)unlink(path);
	if (folder)
		(void)rmdir(folder); /* not while there are others */
	if (place)
		(void)rmdir(place);
}

int hostdev_give(Exchange *host, const Attachment *link, int netns_fd, Error **ret_error)
{
	LinkInfo info;
	int r = hostdev_take_back(link, ret_error); /* what a killed run left */

	if (r == 0)
		r = link_get(host, link->source, &info, ret_error);
	if (r < 0)
		return r;
	if (info.index == 0)
		return error_set(ret_error, ENODEV, "the host has no interface %s", link->source);
	if (info.master != 0)
		return error_set(ret_error, EBUSY,
			"the host's interface %s is a port of a bridge or bond; take it out first",
			link->source);
	r = pin(link, netns_fd, ret_error);
	if (r < 0)
		return r;
	link_move(host, info.index, link->name, netns_fd);
	return exchange_commit(host, NULL, NULL, ret_error);
}

int hostdev_take_back(const Attachment *link, Error **ret_error)
{
	_cleanup_exchange_ Exchange inside = EXCHANGE_NULL;
	_cleanup_fd_ int netns_fd = -EBADF, own_fd = -EBADF;
	_cleanup_free_ char *path = pin_path(link);
	LinkInfo info;
	int r;

	if (!path)
		return error_oom(ret_error);
	netns_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (netns_fd < 0)
		return errno == ENOENT ? 0 : error_errno(ret_error, errno, "cannot open %s", path);
	own_fd = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);
	if (own_fd < 0)
		return error_errno(ret_error, errno, "cannot open " OWN_NETNS);
	r = exchange_open(&inside, netns_fd, NETLINK_ROUTE, NULL);
	if (r < 0) { /* a file without a mount: it was never given */
		unpin(path);
		return 0;
	}
	r = link_get(&inside, link->name, &info, ret_error);
	if (r == 0 &&
		info.index !=
			0) { /* else root inside has renamed it: what is hardware, the kernel gives back */
		link_move(&inside, info.index, link->source, own_fd);
		r = exchange_commit(&inside, NULL, NULL, ret_error);
	}
	if (r == 0)
		unpin(path);
	return r < 0 ? error_wrap(ret_error, "cannot return the interface %s to the host",
			       link->source)
		     : 0;
}
