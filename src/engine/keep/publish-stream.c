/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TCP through a published port of the loopback interface: bytes both ways, with end of file and back pressure passed on.
 */
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/keep/publish-door.h"

#define WAY_SIZE (64u * 1024) /* bytes on their way, in each direction */

static void watch_doors(Doors *doors, uint32_t events)
{
	for (size_t i = 0; i < ARRAY_SIZE(doors->door); i++)
		if (doors->door[i].fd >= 0 && !doors->door[i].order.publication.udp &&
			!doors->door[i].held)
			loop_change(&doors->loop, &doors->door[i].watch, events);
}

static void leave(PublishStream *stream)
{
	Doors *doors = stream->door->doors;

	for (int i = 0; i < 2; i++) {
		loop_unwatch(&doors->loop, &stream->ends[i].watch);
		stream->ends[i].fd = fd_close(stream->ends[i].fd);
		free(stream->ways[i].data);
		stream->ways[i] = (StreamWay){ 0 };
	}
	stream->door = NULL; /* the rest stays: the loop may still name the ends' watches */
	if (doors->n_streams-- == STREAMS_MAX) /* who waits may come in */
		watch_doors(doors, EPOLLIN);
}

/* With what tells the peer that it did not end well. */
static void break_off(PublishStream *stream)
{
	const struct linger now = { .l_onoff = 1 };

	for (int i = 0; i < 2; i++) /* a wish */
		(void)setsockopt(stream->ends[i].fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	leave(stream);
}

/* 0: goes on. Negative errno: it is broken. */
static int carry(PublishStream *stream, int from)
{
	StreamWay *way = &stream->ways[from];
	ssize_t n;

	if (way->start == way->end && !way->ended) {
		n = recv(stream->ends[from].fd, way->data, WAY_SIZE, 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		way->ended = n == 0;
		way->start = 0;
		way->end = n > 0 ? (size_t)n : 0;
	}
	if (way->start < way->end) {
		n = send(stream->ends[!from].fd, way->data + way->start, way->end - way->start,
			MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		way->start += n > 0 ? (size_t)n : 0;
	}
	if (way->ended && way->start == way->end && !way->shut) {
		(void)shutdown(stream->ends[!from].fd, SHUT_WR); /* it may have gone just now */
		way->shut = true;
	}
	return 0;
}

static void on_end(void *data);

/* An end that nothing is wanted of is not watched at all: that it has hung up would be told again and again. */
static int watch_end(PublishStream *stream, int i)
{
	const StreamWay *out = &stream->ways[i], *in = &stream->ways[!i];
	Loop *loop = &stream->door->doors->loop;
	StreamEnd *end = &stream->ends[i];
	uint32_t events = 0;

	if (stream->connected && out->start == out->end && !out->ended)
		events |= EPOLLIN;
	if (in->start < in->end || (!stream->connected && i == 1))
		events |= EPOLLOUT;
	if (events == 0)
		loop_unwatch(loop, &end->watch);
	else if (end->watch.fd >= 0)
		loop_change(loop, &end->watch, events);
	else
		return loop_watch(loop, &end->watch, end->fd, events, on_end, end, NULL);
	return 0;
}

static int go_on(PublishStream *stream)
{
	int r = 0, failed = 0;
	socklen_t size = sizeof(failed);

	if (!stream->connected) {
		if (getsockopt(stream->ends[1].fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0 ||
			failed)
			return -ECONNREFUSED;
		stream->connected = true;
	}
	for (int i = 0; r == 0 && i < 2; i++)
		r = carry(stream, i);
	for (int i = 0; r == 0 && i < 2; i++)
		r = watch_end(stream, i);
	return r;
}

static void on_end(void *data)
{
	PublishStream *stream = ((StreamEnd *)data)->stream;

	if (!stream->door) /* left in this round */
		return;
	if (go_on(stream) < 0)
		break_off(stream);
	else if (stream->ways[0].shut && stream->ways[1].shut)
		leave(stream);
}

static bool came_by_loopback(int fd)
{
	struct sockaddr_storage local = { 0 };
	socklen_t size = sizeof(local);

	return getsockname(fd, (struct sockaddr *)&local, &size) == 0 && door_is_loopback(&local);
}

/* One who waited while the rules led nowhere, or had come in just then. */
static bool has_waited(Door *door)
{
	if (door->waiting == 0)
		return clock_now_msec() < door->open_until;
	door->waiting--;
	return true;
}

static PublishStream *free_place(Doors *doors)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (!doors->streams[i].door)
			return &doors->streams[i];
	return NULL;
}

static int begin(PublishStream *stream, Door *door, int *fd)
{
	const struct sockaddr_in *target = &door->order.target;
	int r = 0;

	*stream = (PublishStream){ .door = door };
	door->doors->n_streams++;
	for (int i = 0; i < 2; i++) {
		stream->ends[i] =
			(StreamEnd){ .stream = stream, .watch = LOOP_WATCH_NONE, .fd = -EBADF };
		stream->ways[i].data = malloc(WAY_SIZE);
		r = stream->ways[i].data ? r : -ENOMEM;
	}
	stream->ends[0].fd = TAKE_FD(*fd);
	stream->ends[1].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r < 0 || stream->ends[1].fd < 0)
		return -ENOMEM;
	if (connect(stream->ends[1].fd, (const struct sockaddr *)target, sizeof(*target)) < 0 &&
		errno != EINPROGRESS)
		return -errno;
	return watch_end(stream, 1);
}

void streams_accept(void *data)
{
	Door *door = data;
	_cleanup_fd_ int fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	const struct linger now = { .l_onoff = 1 };
	PublishStream *stream = free_place(door->doors);

	if (fd < 0)
		return; /* it went away again */
	if (!stream || (!has_waited(door) && !came_by_loopback(fd))) {
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)); /* a wish */
		return;
	}
	if (begin(stream, door, &fd) < 0)
		break_off(stream);
	else if (door->doors->n_streams == STREAMS_MAX)
		watch_doors(door->doors, 0);
}

void streams_leave(const Door *door)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (door->doors->streams[i].door == door)
			break_off(&door->doors->streams[i]);
}
