/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One direction of a relay: bytes go from one descriptor to another through a buffer, with end of file and back pressure
 * passed on. The descriptors that are ours must be non-blocking; those of the caller, whose flags other processes share, stay
 * as they are and are only touched when poll(2) says they are ready.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define STREAM_SIZE (64u * 1024) /* bytes; what a pipe holds by default */

typedef enum StreamFlags {
	STREAM_OWN_FROM =
		1
		<< 0, /* close `from` as soon as nothing more is wanted from it: its writer gets SIGPIPE */
	STREAM_OWN_TO =
		1 << 1, /* close `to` as soon as all is through: its reader gets end of file */
	STREAM_WATCH_TO =
		1
		<< 2, /* notice that the reader of `to` has gone even when there is nothing to write */
	STREAM_DISCARD =
		1 << 3, /* when `to` breaks go on reading, so that the writer does not block */
	STREAM_HARMLESS = 1 << 4, /* without what steers a terminal, see base/text.h */
} StreamFlags;

typedef struct Stream {
	int from, to; /* -EBADF once done with */
	StreamFlags flags;
	bool ended; /* nothing more will be read */
	bool broken; /* nothing more can be written */
	int errnum; /* why, unless the reader just went away */
	size_t limit; /* bytes that may still be read */
	size_t chunk; /* bytes that one write takes without blocking */
	size_t start, end; /* what of data is to be written */
	int filter; /* STREAM_HARMLESS: its state */
	char data[STREAM_SIZE];
} Stream;

void stream_init(Stream *stream, int from, int to, StreamFlags flags);
void stream_done(Stream *stream); /* closes what it owns */

/* Fills the entries for poll(2): poll_from[0] and poll_to[0]; fd -1 where nothing is wanted. */
void stream_prepare(const Stream *stream, struct pollfd *poll_from, struct pollfd *poll_to);
/* Reads if poll_from says so; true if there are new bytes in data[start..end). */
bool stream_fill(Stream *stream, const struct pollfd *poll_from);
/* Writes if poll_to says so. Then closes what is not needed any more. */
void stream_flush(Stream *stream, const struct pollfd *poll_to);

/* Replaces the empty buffer's content. size <= STREAM_SIZE. */
void stream_put(Stream *stream, const char *data, size_t size);

/* The writer has ended, but others may hold its pipe and go on writing for ever: read no more than the kernel can hold for it now. */
void stream_set_last(Stream *stream);
/* Reads what is there without waiting; the stream ends when nothing is. `from` must be non-blocking. */
void stream_drain(Stream *stream);
/* No more reading; what was read is still written. */
void stream_end(Stream *stream);
/* No more reading and no more writing. */
void stream_abandon(Stream *stream);
/* All that will come is through. */
bool stream_finished(const Stream *stream);
