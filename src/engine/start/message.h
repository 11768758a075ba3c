/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One packet of the start protocol, as bytes.
 */
#pragma once

#include <stddef.h>

#include "engine/start/protocol.h"

typedef struct Message {
	Step step;
	int errnum; /* positive for STEP_FAILED, else 0 */
	char text[PROTOCOL_TEXT_MAX + 1];
} Message;

#define MESSAGE_SIZE_MAX (3 * sizeof(int) + PROTOCOL_TEXT_MAX)

/* Bytes written to data, which has room for MESSAGE_SIZE_MAX. */
size_t message_format(const Message *message, unsigned char *data);
/* 0, or -EPROTO for anything that message_format() does not make. */
int message_parse(const unsigned char *data, size_t size, Message *ret);
