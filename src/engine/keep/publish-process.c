/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process that relays what comes to published ports by the host's loopback interface. A supervisor, or a command that is its own, forked me: I am root in
 * the host's namespaces, hold nothing of my parent's but the channel, and outlive it by the moment that it takes to take its rules back.
 */
#include "engine/keep/publish-process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/keep/publish-door.h"
#include "engine/start/links-program.h"

#define PARENT_TIMEOUT 10 /* seconds from its end of file to its end */
#define OPEN_MSEC 1000
#define CHANNEL LINKS_SOCKET_FD /* where the program that I become at the end looks for it */

bool door_is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;

	if (address->ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address->ss_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ||
		       (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) &&
			       six->sin6_addr.s6_addr[12] == IN_LOOPBACKNET));
}

/* Its descriptors go before it does, and what it has published is taken back only when it has gone. */
static void await_end_of(pid_t parent)
{
	_cleanup_fd_ int fd = (int)syscall(SYS_pidfd_open, parent, 0);
	struct pollfd end = { .fd = fd, .events = POLLIN };

	if (fd >= 0)
		(void)deadline_poll(&end, 1, deadline_in(PARENT_TIMEOUT));
}

static void shut(Door *door)
{
	streams_leave(door);
	flows_leave(door);
	door->held = false;
	door->waiting = 0;
	door->open_until = 0;
	loop_unwatch(&door->doors->loop, &door->watch);
	door->fd = fd_close(door->fd);
}

static Door *find(Doors *doors, const PublishOrder *order)
{
	for (size_t i = 0; i < ARRAY_SIZE(doors->door); i++) {
		Door *door = &doors->door[i];

		if (order ? door->fd >= 0 && publication_equal(
						     &door->order.publication, &order->publication)
			  : door->fd < 0)
			return door;
	}
	return NULL;
}

/* What waits at a socket that listens, the kernel says in a member that is otherwise about data (tcp_get_info()). */
static unsigned int count_waiting(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_unacked : 0;
}

static void change_door(Door *door, PublishVerb verb)
{
	if (verb == PUBLISH_SHUT) {
		shut(door);
		return;
	}
	door->held = verb == PUBLISH_HOLD;
	if (!door->held) {
		door->waiting = count_waiting(door->fd);
		door->open_until = clock_now_msec() + OPEN_MSEC;
	}
	loop_change(&door->doors->loop, &door->watch, door->held ? 0 : EPOLLIN);
	if (door->held) /* if nobody waits for it, so be it */
		(void)send(CHANNEL, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void obey(Doors *doors, const PublishOrder *order, int *fd)
{
	bool add = order->verb == PUBLISH_ADD || order->verb == PUBLISH_ADD_HELD;
	bool udp = order->publication.udp;
	Door *door = find(doors, add ? NULL : order);

	if (!door)
		return;
	if (!add) {
		change_door(door, order->verb);
		return;
	}
	if (loop_watch(&doors->loop, &door->watch, *fd, EPOLLIN,
		    udp ? flows_accept : streams_accept, door, NULL) < 0)
		return;
	door->order = *order;
	door->held = order->verb == PUBLISH_ADD_HELD;
	if (door->held)
		loop_change(&doors->loop, &door->watch, 0);
	door->fd = TAKE_FD(*fd);
}

static void on_order(void *data)
{
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control;
	PublishOrder order;
	struct iovec iov = { &order, sizeof(order) };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data) };
	ssize_t n = recvmsg(CHANNEL, &message, MSG_CMSG_CLOEXEC);
	_cleanup_fd_ int fd = -EBADF;
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	Doors *doors = data;
	sigset_t none;

	if (n <= 0) {
		await_end_of(doors->parent);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		links_become_unpublish();
	}
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	if (n == sizeof(order))
		obey(doors, &order, &fd);
}

/* Nothing of the parent's stays open: its locks, its container, who reads its output. */
static int leave_parent(int channel)
{
	_cleanup_fd_ int null_fd = -EBADF;
	sigset_t all;

	(void)sigfillset(&all); /* what a terminal sends to all is my parent's business */
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)prctl(PR_SET_NAME, "vs-publish");
	if (channel != CHANNEL && dup3(channel, CHANNEL, O_CLOEXEC) < 0)
		return -errno;
	if (syscall(SYS_close_range, CHANNEL + 1U, ~0U, 0) < 0)
		return -errno;
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < CHANNEL; fd++)
		if (null_fd < 0 || dup2(null_fd, fd) < 0)
			return -errno;
	return 0;
}

_noreturn_ void publish_process(int channel)
{
	LoopWatch watch = LOOP_WATCH_NONE;
	const pid_t parent = getppid();
	Doors *doors;

	if (leave_parent(channel) < 0)
		_exit(EXIT_FAILURE);
	doors = calloc(1, sizeof(*doors));
	if (!doors || loop_open(&doors->loop, NULL) < 0 ||
		loop_watch(&doors->loop, &watch, CHANNEL, EPOLLIN, on_order, doors, NULL) < 0)
		_exit(EXIT_FAILURE);
	doors->parent = parent;
	for (size_t i = 0; i < ARRAY_SIZE(doors->door); i++)
		doors->door[i] = (Door){ .doors = doors, .watch = LOOP_WATCH_NONE, .fd = -EBADF };
	for (size_t i = 0; i < FLOWS_MAX; i++)
		doors->flows[i] = (PublishFlow){ .watch = LOOP_WATCH_NONE, .fd = -EBADF };
	while (loop_run(&doors->loop, NULL) == 0)
		;
	_exit(EXIT_FAILURE);
}
