/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control protocol over a real socket pair, and packets that must be refused.
 */
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/unit-test.h"
#include "engine/keep/control.h"

static unsigned char packet[CONTROL_PACKET_MAX];

static void make_pair(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

TEST(message_arrives_as_sent)
{
	const ControlResources sent = {
		.memory = 1, .cpu_milli = 2, .pids = 3, .io_weight = UINT64_MAX
	};
	ControlMessage message;
	int pair[2];

	make_pair(pair);
	assert_int_equal(control_send(pair[0], CONTROL_RESOURCES, 0, &sent, sizeof(sent), 0), 0);
	assert_int_equal(control_receive(pair[1], CONTROL_CLIENT, packet, &message), 0);
	assert_int_equal(message.verb, CONTROL_RESOURCES);
	assert_int_equal(message.size, sizeof(sent));
	assert_memory_equal(message.data, &sent, sizeof(sent));
	(void)fd_close(pair[0]);
	assert_int_equal(control_receive(pair[1], CONTROL_CLIENT, packet, &message), -ECONNRESET);
	(void)fd_close(pair[1]);
}

TEST(error_arrives_with_its_sentence)
{
	_cleanup_error_ Error *error = NULL;
	ControlMessage message;
	int pair[2];

	make_pair(pair);
	(void)error_set(&error, EBUSY, "no");
	control_reply(pair[0], error);
	assert_int_equal(control_receive(pair[1], CONTROL_SUPERVISOR, packet, &message), 0);
	assert_int_equal(message.errnum, EBUSY);
	assert_int_equal(message.size, 2);
	assert_memory_equal(message.data, "no", 2);
	(void)fd_close(pair[0]);
	(void)fd_close(pair[1]);
}

TEST(largest_message_fits)
{
	static char text[CONTROL_DATA_MAX];
	ControlMessage message;
	int pair[2];

	make_pair(pair);
	memset(text, 'x', sizeof(text));
	assert_int_equal(
		control_send(pair[0], CONTROL_REPLY, 0, text, sizeof(text), MSG_DONTWAIT), 0);
	assert_int_equal(control_receive(pair[1], CONTROL_SUPERVISOR, packet, &message), 0);
	assert_int_equal(message.size, sizeof(text));
	(void)fd_close(pair[0]);
	(void)fd_close(pair[1]);
}

static int parse(ControlSide sender, uint32_t version, uint32_t verb, uint32_t errnum,
	uint32_t said, size_t real)
{
	const ControlHeader header = { version, verb, errnum, said };
	ControlMessage message;

	memcpy(packet, &header, sizeof(header));
	return control_parse(packet, sizeof(header) + real, sender, &message);
}

TEST(what_makes_no_sense_is_refused)
{
	ControlMessage message;

	assert_int_equal(parse(CONTROL_CLIENT, 1, CONTROL_STOP, 0, 4, 4), 0);
	assert_int_equal(control_parse(packet, sizeof(ControlHeader) - 1, CONTROL_CLIENT, &message),
		-EPROTO);
	assert_int_equal(control_parse(packet, 0, CONTROL_CLIENT, &message), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 2, CONTROL_STOP, 0, 4, 4), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 1, _CONTROL_VERB_MAX, 0, 4, 4), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 1, UINT32_MAX, 0, 4, 4), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 1, CONTROL_STOP, UINT32_MAX, 4, 4), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 1, CONTROL_STOP, 0, 4, 3), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 1, CONTROL_STOP, 0, 4, 5), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 1, CONTROL_STOP, 0, 5, 5), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 1, CONTROL_STOP, 0, UINT32_MAX, 4), -EPROTO);
	assert_int_equal(parse(CONTROL_CLIENT, 1, CONTROL_INPUT, 0, 0, 0), -EPROTO);
	/* Each side only says what is its to say. */
	assert_int_equal(parse(CONTROL_CLIENT, 1, CONTROL_REPLY, 0, 0, 0), -EPROTO);
	assert_int_equal(parse(CONTROL_SUPERVISOR, 1, CONTROL_STOP, 0, 4, 4), -EPROTO);
}

TEST(table_has_no_holes)
{
	for (int i = 0; i < _CONTROL_VERB_MAX; i++)
		assert_non_null(control_verb_name((ControlVerb)i));
	assert_null(control_verb_name(_CONTROL_VERB_MAX));
}
