/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The steps of the start protocol, and one packet of it as bytes.
 */
#pragma once

#include <stddef.h>

#define PROTOCOL_TEXT_MAX 2048u /* bytes of an error's sentence; a longer one is cut */

typedef enum Step {
	STEP_BORN, /* payload: has its own network and cgroup namespaces, /sys may be built */
	STEP_ENTER, /* parent, or the builder for it: ids are mapped and the root is built, go in */
	STEP_READY, /* payload: label, capabilities and limits are in place; seccomp and exec follow */
	STEP_FAILED, /* payload: could not; errno and sentence follow, then it ends */
	_STEP_MAX,
} Step;

typedef enum Side {
	SIDE_PARENT,
	SIDE_PAYLOAD,
} Side;

const char *step_name(Step step); /* NULL outside the enum */
Side step_sender(Step step);

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
