/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Packets. Both ends are the same program on the same machine, so integers travel as they are in
 * memory; still nothing that comes in is believed before it was checked.
 */
#include "engine/start/message.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define MESSAGE_ERRNO_MAX 4095 /* the kernel's MAX_ERRNO */

typedef struct Header {
	uint32_t step;
	int32_t errnum;
	uint32_t length; /* of the text, without a NUL */
} Header;

static const struct {
	const char *name;
	Side sender;
} steps[_STEP_MAX] = {
	[STEP_BORN] = { "born", SIDE_PAYLOAD },
	[STEP_ENTER] = { "enter", SIDE_PARENT },
	[STEP_READY] = { "ready", SIDE_PAYLOAD },
	[STEP_FAILED] = { "failed", SIDE_PAYLOAD },
};

const char *step_name(Step step)
{
	return (unsigned int)step < _STEP_MAX ? steps[step].name : NULL;
}

Side step_sender(Step step)
{
	return steps[step].sender;
}

size_t message_format(const Message *message, unsigned char *data)
{
	Header header = {
		.step = (uint32_t)message->step,
		.errnum = message->errnum,
		.length = (uint32_t)strnlen(message->text, PROTOCOL_TEXT_MAX),
	};

	memcpy(data, &header, sizeof(header));
	memcpy(data + sizeof(header), message->text, header.length);
	return sizeof(header) + header.length;
}

int message_parse(const unsigned char *data, size_t size, Message *ret)
{
	Header header;

	if (size < sizeof(header))
		return -EPROTO;
	memcpy(&header, data, sizeof(header));
	if (header.step >= _STEP_MAX || header.length > PROTOCOL_TEXT_MAX ||
		header.length != size - sizeof(header))
		return -EPROTO;
	if (header.errnum < 0 || header.errnum > MESSAGE_ERRNO_MAX ||
		(header.step == STEP_FAILED) != (header.errnum > 0))
		return -EPROTO;
	if (memchr(data + sizeof(header), '\0', header.length))
		return -EPROTO;
	ret->step = (Step)header.step;
	ret->errnum = header.errnum;
	memcpy(ret->text, data + sizeof(header), header.length);
	ret->text[header.length] = '\0';
	return 0;
}
