/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control protocol: its table, send and receive.
 */
#include "engine/keep/control.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static const struct {
	const char *name;
	ControlSide sender;
	size_t min, max; /* bytes of data */
} verbs[_CONTROL_VERB_MAX] = {
	[CONTROL_STOP] = { "stop", CONTROL_CLIENT, sizeof(uint32_t), sizeof(uint32_t) },
	[CONTROL_RESOURCES] = { "set-resources", CONTROL_CLIENT, sizeof(ControlResources),
		sizeof(ControlResources) },
	[CONTROL_PUBLISH] = { "publish", CONTROL_CLIENT, 0, CONTROL_DATA_MAX },
	[CONTROL_RESOLVER] = { "resolver", CONTROL_CLIENT, 0, CONTROL_DATA_MAX },
	[CONTROL_HOLD] = { "hold", CONTROL_CLIENT, 0, 0 },
	[CONTROL_REACH] = { "reach", CONTROL_CLIENT, 0, CONTROL_DATA_MAX },
	[CONTROL_RELOAD] = { "reload", CONTROL_CLIENT, 0, 0 },
	[CONTROL_CHANGE] = { "change", CONTROL_CLIENT, 0, 0 },
	[CONTROL_RELEASE] = { "release", CONTROL_CLIENT, 0, 0 },
	[CONTROL_TAIL] = { "console-tail", CONTROL_CLIENT, 0, 0 },
	[CONTROL_ATTACH] = { "console-attach", CONTROL_CLIENT, 0, sizeof(uint32_t) },
	[CONTROL_INPUT] = { "console-input", CONTROL_CLIENT, 1, CONTROL_DATA_MAX },
	[CONTROL_RESIZE] = { "console-resize", CONTROL_CLIENT, sizeof(ControlSize),
		sizeof(ControlSize) },
	[CONTROL_OUTPUT] = { "console-output", CONTROL_SUPERVISOR, 1, CONTROL_DATA_MAX },
	[CONTROL_REPLY] = { "reply", CONTROL_SUPERVISOR, 0, CONTROL_DATA_MAX },
};

const char *control_verb_name(ControlVerb verb)
{
	return (unsigned int)verb < _CONTROL_VERB_MAX ? verbs[verb].name : NULL;
}

int control_parse(const void *packet, size_t size, ControlSide sender, ControlMessage *ret)
{
	ControlHeader header;

	if (size < sizeof(header))
		return -EPROTO;
	memcpy(&header, packet, sizeof(header));
	if (header.version != CONTROL_VERSION || header.verb >= _CONTROL_VERB_MAX ||
		header.size != size - sizeof(header) || header.errnum > INT32_MAX)
		return -EPROTO;
	if (verbs[header.verb].sender != sender || header.size < verbs[header.verb].min ||
		header.size > verbs[header.verb].max)
		return -EPROTO;
	*ret = (ControlMessage){
		.verb = (ControlVerb)header.verb,
		.errnum = (int)header.errnum,
		.data = (const char *)packet + sizeof(header),
		.size = header.size,
	};
	return 0;
}

int control_send(int fd, ControlVerb verb, int errnum, const void *data, size_t size, int flags)
{
	ControlHeader header = {
		.version = CONTROL_VERSION,
		.verb = (uint32_t)verb,
		.errnum = (uint32_t)errnum,
		.size = (uint32_t)size,
	};
	struct iovec iov[2] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)data, .iov_len = size },
	};
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };

	while (sendmsg(fd, &message, MSG_NOSIGNAL | flags) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

void control_reply(int fd, const Error *error)
{
	const char *text = error ? error_message(error) : "";

	(void)control_send(
		fd, CONTROL_REPLY, error_errnum(error), text, strlen(text), MSG_DONTWAIT);
}

int control_receive(int fd, ControlSide sender, void *packet, ControlMessage *ret)
{
	ssize_t n;

	do
		n = recv(fd, packet, CONTROL_PACKET_MAX, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ECONNRESET;
	if ((size_t)n > CONTROL_PACKET_MAX)
		return -EPROTO;
	return control_parse(packet, (size_t)n, sender, ret);
}
