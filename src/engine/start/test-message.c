/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Packets of the start protocol, and the protocol over a real socket pair.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/unit-test.h"
#include "engine/start/message.h"
#include "engine/start/protocol.h"

TEST(round_trip)
{
	Message in = { .step = STEP_FAILED, .errnum = EPERM, .text = "mount /proc" }, out;
	unsigned char data[MESSAGE_SIZE_MAX];
	size_t size = message_format(&in, data);

	assert_int_equal(message_parse(data, size, &out), 0);
	assert_int_equal(out.step, STEP_FAILED);
	assert_int_equal(out.errnum, EPERM);
	assert_string_equal(out.text, "mount /proc");
}

TEST(longest_text)
{
	Message in = { .step = STEP_FAILED, .errnum = EIO }, out;
	unsigned char data[MESSAGE_SIZE_MAX];

	memset(in.text, 'x', PROTOCOL_TEXT_MAX);
	assert_int_equal(message_parse(data, message_format(&in, data), &out), 0);
	assert_int_equal(strlen(out.text), PROTOCOL_TEXT_MAX);
}

TEST(nonsense_is_refused)
{
	Message in = { .step = STEP_READY }, out;
	unsigned char good[MESSAGE_SIZE_MAX + 1], bad[MESSAGE_SIZE_MAX + 1];
	size_t size = message_format(&in, good);
	const struct {
		size_t offset;
		uint32_t value;
	} cases[] = { { 0, _STEP_MAX }, { 0, UINT32_MAX }, { 4, EPERM }, { 4, UINT32_MAX },
		{ 8, 1 }, { 8, UINT32_MAX }, { 0, STEP_FAILED } };

	for (size_t i = 0; i < size; i++)
		assert_int_equal(message_parse(good, i, &out), -EPROTO);
	assert_int_equal(message_parse(good, size + 1, &out), -EPROTO);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(bad, good, size);
		memcpy(bad + cases[i].offset, &cases[i].value, sizeof(uint32_t));
		assert_int_equal(message_parse(bad, size, &out), -EPROTO);
	}
}

TEST(steps_have_names)
{
	for (int step = 0; step < _STEP_MAX; step++)
		assert_non_null(step_name((Step)step));
	assert_null(step_name(_STEP_MAX));
	assert_int_equal(step_sender(STEP_ENTER), SIDE_PARENT);
	assert_int_equal(step_sender(STEP_READY), SIDE_PAYLOAD);
}

TEST(failure_crosses)
{
	_cleanup_error_ Error *sent = NULL, *got = NULL;
	int pair[2];

	assert_int_equal(protocol_open(pair, NULL), 0);
	(void)error_set(&sent, ENOSPC, "no room for %s", "it");
	protocol_send_failure(pair[SIDE_PAYLOAD], sent);
	assert_int_equal(protocol_receive(pair[SIDE_PARENT], STEP_READY, &got), -ENOSPC);
	assert_string_equal(error_message(got), "no room for it");
	(void)fd_close(pair[0]);
	(void)fd_close(pair[1]);
}

TEST(death_is_no_consent)
{
	_cleanup_error_ Error *error = NULL;
	int pair[2];

	assert_int_equal(protocol_open(pair, NULL), 0);
	assert_int_equal(protocol_send(pair[SIDE_PAYLOAD], STEP_BORN, NULL), 0);
	assert_int_equal(protocol_receive(pair[SIDE_PARENT], STEP_READY, &error), -EPROTO);
	(void)fd_close(pair[SIDE_PAYLOAD]);
	assert_int_equal(protocol_receive(pair[SIDE_PARENT], STEP_READY, &error), -ECONNRESET);
	assert_non_null(strstr(error_message(error), "'ready'"));
	assert_int_equal(protocol_receive_exec(pair[SIDE_PARENT], &error), 0);
	(void)fd_close(pair[SIDE_PARENT]);
}
