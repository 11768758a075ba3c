/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a unit listens, as the kernel's tables and systemd say it.
 */
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "host/unit-listen.h"

#define HEAD                                                                                       \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode\n"
#define ROW(local, state, inode)                                                                   \
	"   0: " local " 00000000:0000 " state                                                     \
	" 00000000:00000000 00:00000000 00000000     0        0 " inode " 1 0 0 100 0 0 10 0\n"

static const char *const inodes[] = { "11", "12", "13", NULL };

static void parse(const char *text, bool udp, Listening *listening)
{
	_cleanup_free_ char *copy = strdup(text);

	assert_non_null(copy);
	assert_int_equal(listening_parse(copy, udp, (char *const *)inodes, listening), 0);
}

static void expect(const Listening *l, size_t index, bool udp, unsigned int port, ListenReach reach)
{
	assert_true(index < l->n);
	assert_int_equal(l->ports[index].udp, udp);
	assert_int_equal(l->ports[index].port, port);
	assert_int_equal(l->ports[index].reach, reach);
}

/* Of a machine that is little-endian, as all are that this is built for. */
TEST(tables)
{
	_cleanup_listening_ Listening l = { 0 };

	parse(HEAD ROW("0100007F:1538", "0A", "11") ROW("00000000:0050", "0A", "12")
			ROW("0101A8C0:01BB", "0A", "13") ROW("00000000:0016", "0A", "99")
				ROW("00000000:0017", "01", "11"),
		false, &l);
	assert_int_equal(l.n, 3);
	expect(&l, 0, false, 5432, LISTEN_LOOPBACK);
	expect(&l, 1, false, 80, LISTEN_ANYWHERE);
	expect(&l, 2, false, 443, LISTEN_ADDRESS);
	parse(HEAD ROW("00000000000000000000000000000000:1538", "0A", "13")
			ROW("00000000000000000000000001000000:0277", "0A", "13")
				ROW("0000000000000000FFFF00000100007F:0278", "0A", "13"),
		false, &l);
	expect(&l, 0, false, 5432, LISTEN_ANYWHERE); /* the widest counts */
	expect(&l, 3, false, 631, LISTEN_LOOPBACK);
	expect(&l, 4, false, 632, LISTEN_LOOPBACK);
	parse(HEAD ROW("00000000:0035", "07", "11") ROW("00000000:C350", "07", "12"), true, &l);
	assert_int_equal(l.n, 6);
	expect(&l, 5, true, 53, LISTEN_ANYWHERE);
}

TEST(nonsense)
{
	_cleanup_listening_ Listening l = { 0 };

	parse("", false, &l);
	parse("\n\n:::\n   0: 0:0 0:0 0A\n", false, &l);
	parse(HEAD ROW("0000:0050", "0A", "11") ROW("00000000:0000", "0A", "11"), false, &l);
	assert_int_equal(l.n, 0);
}

TEST(sockets)
{
	_cleanup_listening_ Listening l = { 0 };

	assert_int_equal(listening_parse_socket("[::]:22 (Stream)", &l), 0);
	assert_int_equal(listening_parse_socket("127.0.0.1:631 (Stream)", &l), 0);
	assert_int_equal(listening_parse_socket("0.0.0.0:69 (Datagram)", &l), 0);
	assert_int_equal(listening_parse_socket("/run/x.sock (Stream)", &l), 0);
	assert_int_equal(listening_parse_socket("/run/log (Datagram)", &l), 0);
	assert_int_equal(listening_parse_socket("@abstract (Stream)", &l), 0);
	assert_int_equal(listening_parse_socket("vsock::22 (Stream)", &l), 0);
	assert_int_equal(l.n, 3);
	expect(&l, 0, false, 22, LISTEN_ANYWHERE);
	expect(&l, 1, false, 631, LISTEN_LOOPBACK);
	expect(&l, 2, true, 69, LISTEN_ANYWHERE);
	assert_int_equal(strv_length(l.sockets), 1);
	assert_string_equal(l.sockets[0], "/run/x.sock");
}
