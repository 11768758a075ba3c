/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A socket inside another network namespace.
 */
#include "net/netns.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"

/* The network namespace of this thread. Asked from a socket, because the engine's mount namespace may have no /proc. */
static int current_netns(int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int netns_fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open a socket");
	netns_fd = ioctl(fd, SIOCGSKNS);
	if (netns_fd < 0)
		return error_errno(ret_error, errno, "cannot open our own network namespace");
	*ret_fd = netns_fd;
	return 0;
}

int netns_socket(int netns_fd, int family, int type, int protocol, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int own_fd = -EBADF;
	int fd, error, r;

	r = current_netns(&own_fd, ret_error);
	if (r < 0)
		return r;
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return error_errno(
			ret_error, errno, "cannot enter the network namespace of the container");
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	error = errno;
	if (setns(own_fd, CLONE_NEWNET) < 0)
		abort();
	if (fd < 0)
		return error_errno(ret_error, error,
			"cannot open a socket in the network namespace of the container");
	*ret_fd = fd;
	return 0;
}

int netns_loopback_up(int socket_fd, Error **ret_error)
{
	struct ifreq request = { .ifr_name = "lo" };

	if (ioctl(socket_fd, SIOCGIFFLAGS, &request) < 0)
		return error_errno(ret_error, errno, "cannot read the flags of lo");
	request.ifr_flags |= IFF_UP;
	if (ioctl(socket_fd, SIOCSIFFLAGS, &request) < 0)
		return error_errno(ret_error, errno, "cannot bring up lo");
	return 0;
}
