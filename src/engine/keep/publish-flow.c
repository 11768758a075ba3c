/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UDP through a published port of the loopback interface: a socket to the container for each peer, until both are silent.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/keep/publish-door.h"

#define SILENCE_MSEC 60000 /* after which a peer is forgotten */
#define DATAGRAM_MAX 65536u
#define ROUND_MAX 32 /* datagrams of one socket in a row */

typedef union Control {
	struct cmsghdr align;
	char data[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
} Control;

static char datagram[DATAGRAM_MAX];

static void leave(PublishFlow *flow)
{
	loop_unwatch(&flow->door->doors->loop, &flow->watch);
	flow->fd = fd_close(flow->fd);
	flow->door = NULL;
}

void flows_leave(const Door *door)
{
	for (size_t i = 0; i < FLOWS_MAX; i++)
		if (door->doors->flows[i].door == door)
			leave(&door->doors->flows[i]);
}

static void on_silence(void *data)
{
	Doors *doors = data;
	bool any = false;

	for (size_t i = 0; i < FLOWS_MAX; i++) {
		PublishFlow *flow = &doors->flows[i];

		if (flow->door && clock_now_msec() - flow->used >= SILENCE_MSEC)
			leave(flow);
		any = any || flow->door;
	}
	if (any)
		loop_set_timer(&doors->loop, &doors->silence, deadline_in_msec(SILENCE_MSEC / 4),
			on_silence, doors);
}

/* Where the datagram was sent to: an answer comes from there. */
static void read_local(struct msghdr *message, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){ 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret;
		struct sockaddr_in *four = (struct sockaddr_in *)ret;
		struct in6_pktinfo info6;
		struct in_pktinfo info4;

		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			six->sin6_family = AF_INET6;
			six->sin6_addr = info6.ipi6_addr;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info4, CMSG_DATA(c), sizeof(info4));
			four->sin_family = AF_INET;
			four->sin_addr = info4.ipi_addr;
		}
	}
}

static void put_local(struct msghdr *message, const struct sockaddr_storage *local)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	bool six = local->ss_family == AF_INET6;
	const struct in6_pktinfo info6 = {
		.ipi6_addr = ((const struct sockaddr_in6 *)local)->sin6_addr
	};
	const struct in_pktinfo info4 = { .ipi_spec_dst =
						  ((const struct sockaddr_in *)local)->sin_addr };
	size_t size = six ? sizeof(info6) : sizeof(info4);

	c->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), six ? (const void *)&info6 : (const void *)&info4, size);
	message->msg_controllen = CMSG_SPACE(size);
}

static void on_answer(void *data)
{
	PublishFlow *flow = data;

	for (int i = 0; i < ROUND_MAX && flow->door; i++) {
		ssize_t n = recv(flow->fd, datagram, sizeof(datagram), 0);
		struct iovec iov = { datagram, n > 0 ? (size_t)n : 0 };
		Control control = { 0 };
		struct msghdr message = { .msg_name = &flow->peer,
			.msg_namelen = flow->peer_size,
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.data,
			.msg_controllen = sizeof(control.data) };

		if (n < 0) /* nothing more, or nobody listens inside: the peer's next one may be luckier */
			return;
		put_local(&message, &flow->local);
		flow->used = clock_now_msec();
		(void)sendmsg(flow->door->fd, &message,
			MSG_DONTWAIT | MSG_NOSIGNAL); /* may be lost, as any */
	}
}

static PublishFlow *find(
	Door *door, const struct msghdr *message, const struct sockaddr_storage *local)
{
	PublishFlow *oldest = &door->doors->flows[0];

	for (size_t i = 0; i < FLOWS_MAX; i++) {
		PublishFlow *flow = &door->doors->flows[i];

		if (flow->door == door && flow->peer_size == message->msg_namelen &&
			memcmp(&flow->peer, message->msg_name, flow->peer_size) == 0 &&
			memcmp(&flow->local, local, sizeof(*local)) == 0)
			return flow;
		if (oldest->door && (!flow->door || flow->used < oldest->used))
			oldest = flow;
	}
	return oldest;
}

static int begin(PublishFlow *flow, Door *door, const struct msghdr *message,
	const struct sockaddr_storage *local)
{
	const struct sockaddr_in *target = &door->order.target;
	int r;

	if (flow->door)
		leave(flow);
	flow->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (flow->fd < 0)
		return -errno;
	flow->door = door;
	flow->used = clock_now_msec();
	flow->peer_size = message->msg_namelen;
	memcpy(&flow->peer, message->msg_name, flow->peer_size);
	flow->local = *local;
	r = connect(flow->fd, (const struct sockaddr *)target, sizeof(*target)) < 0 ? -errno : 0;
	if (r == 0)
		r = loop_watch(
			&door->doors->loop, &flow->watch, flow->fd, EPOLLIN, on_answer, flow, NULL);
	if (r < 0)
		leave(flow);
	else if (!door->doors->silence.set)
		on_silence(door->doors);
	return r;
}

/* 0: one less. */
static int pass_one(Door *door)
{
	struct sockaddr_storage peer = { 0 }, local;
	struct iovec iov = { datagram, sizeof(datagram) };
	Control control;
	struct msghdr message = { .msg_name = &peer,
		.msg_namelen = sizeof(peer),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data) };
	ssize_t n = recvmsg(door->fd, &message, MSG_DONTWAIT);
	PublishFlow *flow;

	if (n < 0)
		return errno == EAGAIN ? -EAGAIN : 0; /* else what was said of an answer of ours */
	read_local(&message, &local);
	if (!door_is_loopback(&local))
		return 0;
	flow = find(door, &message, &local);
	if (!(flow->door == door && memcmp(&flow->peer, &peer, sizeof(peer)) == 0) &&
		begin(flow, door, &message, &local) < 0)
		return 0;
	flow->used = clock_now_msec();
	(void)send(flow->fd, datagram, (size_t)n, MSG_NOSIGNAL); /* may be lost, as any */
	return 0;
}

void flows_accept(void *data)
{
	Door *door = data;

	for (int i = 0; i < ROUND_MAX && pass_one(door) == 0; i++)
		;
}
