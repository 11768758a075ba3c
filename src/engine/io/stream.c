/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One direction of a relay.
 */
#include "engine/io/stream.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

/* pipe(7): after POLLOUT a pipe takes PIPE_BUF bytes at once; a larger write to a blocking one could sleep. */
static size_t chunk_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? STREAM_SIZE : PIPE_BUF;
}

void stream_init(Stream *stream, int from, int to, StreamFlags flags)
{
	stream->from = from;
	stream->to = to;
	stream->flags = flags;
	stream->ended = stream->broken = false;
	stream->errnum = 0;
	stream->limit = SIZE_MAX;
	stream->chunk = flags & STREAM_OWN_TO ? STREAM_SIZE : chunk_of(to);
	stream->start = stream->end = 0;
	stream->filter = 0;
}

static bool stream_empty(const Stream *stream)
{
	return stream->start == stream->end;
}

static void release_from(Stream *stream)
{
	if (stream->flags & STREAM_OWN_FROM)
		(void)fd_close(stream->from);
	stream->from = -EBADF;
}

static void release_to(Stream *stream)
{
	if (stream->flags & STREAM_OWN_TO)
		(void)fd_close(stream->to);
	stream->to = -EBADF;
}

void stream_done(Stream *stream)
{
	release_from(stream);
	release_to(stream);
}

void stream_prepare(const Stream *stream, struct pollfd *poll_from, struct pollfd *poll_to)
{
	bool wants = !stream->ended && stream_empty(stream);
	bool writes = !stream->broken && !stream_empty(stream);
	bool watches = !stream->broken && (stream->flags & STREAM_WATCH_TO);

	*poll_from = (struct pollfd){ .fd = wants ? stream->from : -1, .events = POLLIN };
	*poll_to = (struct pollfd){
		.fd = writes || watches ? stream->to : -1,
		.events = writes ? POLLOUT : 0,
	};
}

void stream_end(Stream *stream)
{
	stream->ended = true;
	release_from(stream);
}

void stream_abandon(Stream *stream)
{
	stream_end(stream);
	stream->start = stream->end = 0;
}

/* errnum 0: the reader has gone, which is its right. */
static void stream_break(Stream *stream, int errnum)
{
	stream->broken = true;
	stream->errnum = errnum;
	stream->start = stream->end = 0;
	release_to(stream);
	if (!(stream->flags & STREAM_DISCARD))
		stream_end(stream);
}

/* 0 when something was read or the stream ended, -EAGAIN when nothing is there. */
static int stream_read(Stream *stream)
{
	/* The filter may give one byte more than it takes: it works from the second place on to the first. */
	size_t skip = stream->flags & STREAM_HARMLESS ? 1 : 0, room = STREAM_SIZE - skip;
	ssize_t n = read(
		stream->from, stream->data + skip, stream->limit < room ? stream->limit : room);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	/* A pty master says EIO when its last slave was closed; on any other error, too, there is nothing to wait for. */
	if (n <= 0) {
		stream_end(stream);
		return 0;
	}
	stream->limit -= (size_t)n;
	if (!stream->broken) {
		stream->start = 0;
		stream->end = skip ? text_filter(&stream->filter, stream->data + skip, (size_t)n,
					     stream->data)
				   : (size_t)n;
	}
	if (stream->limit == 0)
		stream_end(stream);
	return 0;
}

/* Passes the end on. At once, when it is read: the one behind may be waiting for nothing else, and then nothing would wake us. */
static void stream_settle(Stream *stream)
{
	if (stream->ended && stream_empty(stream) && (stream->flags & STREAM_OWN_TO))
		stream_break(stream, stream->errnum);
}

bool stream_fill(Stream *stream, const struct pollfd *poll_from)
{
	if (poll_from->fd < 0 || poll_from->revents == 0)
		return false;
	(void)stream_read(stream); /* nothing there after all: poll again */
	stream_settle(stream);
	return !stream_empty(stream);
}

static void stream_write(Stream *stream)
{
	size_t size = stream->end - stream->start;
	ssize_t n = write(stream->to, stream->data + stream->start,
		size < stream->chunk ? size : stream->chunk);

	if (n >= 0)
		stream->start += (size_t)n;
	else if (errno != EINTR && errno != EAGAIN)
		stream_break(stream, errno == EPIPE ? 0 : errno);
}

void stream_flush(Stream *stream, const struct pollfd *poll_to)
{
	if (poll_to->fd >= 0 && poll_to->revents != 0) {
		if (!stream_empty(stream))
			stream_write(stream);
		else if (poll_to->revents & (POLLERR | POLLHUP | POLLNVAL))
			stream_break(stream, 0);
	}
	stream_settle(stream);
}

void stream_put(Stream *stream, const char *data, size_t size)
{
	memcpy(stream->data, data, size);
	stream->start = 0;
	stream->end = size;
}

void stream_set_last(Stream *stream)
{
	int capacity = fcntl(stream->from, F_GETPIPE_SZ);

	stream->limit = capacity > 0 ? (size_t)capacity : STREAM_SIZE;
}

void stream_drain(Stream *stream)
{
	while (!stream->ended && stream_empty(stream))
		if (stream_read(stream) == -EAGAIN)
			stream_end(stream);
}

bool stream_finished(const Stream *stream)
{
	return stream->ended && stream_empty(stream);
}
