/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reservations on disk: several processes at once, what is kept, what is refused.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/layout.h"
#include "desc/keys.h"
#include "net/net.h"
#include "net/address-reservation.h"
#include "net/reservations.h"

#define PROCESSES 8
#define EACH 10

static int setup(void **state)
{
	static char root[] = "/tmp/test-reserve.XXXXXX";

	*state = mkdtemp(root);
	return *state && setenv("VIRT_SANDBOX_ROOT", root, 1) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	return file_remove_tree(AT_FDCWD, *state, NULL);
}

/* A fresh subnet for each test: "subnet" is the whole file. */
static int fresh(void **state)
{
	_cleanup_free_ char *place = layout_path(LAYOUT_RESERVATIONS);
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "addresses");
	static const char text[] = "subnet 10.209.0.0/24\n";

	(void)state;
	return file_mkdir_p(place, 0700, NULL) < 0 ||
	       file_write_atomic(path, text, strlen(text), 0600, NULL) < 0;
}

static Desc *make_desc(unsigned int number, const char *network)
{
	Desc *desc = desc_new();

	assert_non_null(desc);
	assert_true(asprintf(&desc->name, "c%u", number) > 0);
	assert_true(asprintf(&desc->uuid, "%032x", number) > 0);
	assert_int_equal(desc_set(desc, "network.interface", network, NULL), 0);
	return desc;
}

static void load(Reservations *ret)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "addresses"), *text = NULL;

	assert_int_equal(file_read(path, &text, NULL, NULL), 0);
	assert_int_equal(reservations_parse(text, ret, NULL), 0);
}

/* Each process reserves for its own containers and releases every second one. */
static int run_process(unsigned int process)
{
	for (unsigned int i = 0; i < EACH; i++) {
		_cleanup_desc_ Desc *desc = make_desc(process * EACH + i, "default");

		if (net_reserve(desc, NULL) < 0 || (i % 2 && net_release(desc->name, NULL) < 0))
			return 1;
	}
	return 0;
}

static void test_race(void **state)
{
	_cleanup_reservations_ Reservations table = { 0 };
	pid_t pids[PROCESSES];

	(void)state;
	for (unsigned int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(run_process(i));
	}
	for (unsigned int i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	load(&table);
	assert_int_equal(table.count, PROCESSES * EACH / 2);
	for (size_t i = 0; i < table.count; i++) {
		assert_ptr_equal(reservations_find_address(&table, table.entries[i].address),
			&table.entries[i]);
		assert_ptr_equal(
			reservations_find_mac(&table, table.entries[i].mac), &table.entries[i]);
	}
}

static void test_is_idempotent(void **state)
{
	_cleanup_desc_ Desc *desc = make_desc(1, "default"), *again = make_desc(1, "default");
	_cleanup_free_ char *address = NULL;

	(void)state;
	assert_int_equal(net_reserve(desc, NULL), 0);
	assert_string_equal(desc->networks[0].addresses[0], "10.209.0.2/24");
	assert_memory_equal(desc->networks[0].mac, "52:54:00:", 9);
	assert_int_equal(net_reserve(desc, NULL), 0);
	assert_string_equal(desc->networks[0].addresses[0], "10.209.0.2/24");
	/* A description that has lost them gets the same back. */
	assert_int_equal(net_reserve(again, NULL), 0);
	assert_string_equal(again->networks[0].addresses[0], "10.209.0.2/24");
	assert_string_equal(again->networks[0].mac, desc->networks[0].mac);
	assert_int_equal(net_address(again, &address, NULL), 0);
	assert_string_equal(address, "10.209.0.2");
}

static void test_changed_wish(void **state)
{
	_cleanup_desc_ Desc *before = make_desc(1, "default");
	_cleanup_desc_ Desc *after =
		make_desc(1, "default,address=10.209.0.77,mac=52:54:00:11:22:33");
	_cleanup_reservations_ Reservations table = { 0 };

	(void)state;
	assert_int_equal(net_reserve(before, NULL), 0);
	assert_int_equal(net_reserve(after, NULL), 0);
	assert_string_equal(after->networks[0].addresses[0], "10.209.0.77/24");
	assert_string_equal(after->networks[0].mac, "52:54:00:11:22:33");
	load(&table);
	assert_int_equal(table.count, 1);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *network, *words;
		int error;
	} bad[] = {
		{ "default,address=10.209.0.2/24",
			"the address 10.209.0.2/24 belongs to container c1", EADDRINUSE },
		{ "default,address=10.209.0.1/24", "10.209.0.1/24 is not a container's",
			EADDRNOTAVAIL },
		{ "default,address=192.168.0.1/24", "192.168.0.1/24 is not a container's",
			EADDRNOTAVAIL },
		{ "default,address=10.209.0.5/24,address=10.209.0.6/24", "exactly one IPv4 address",
			EINVAL },
		{ "default,address=fd00::1/64", "exactly one IPv4 address", EINVAL },
		{ "default,mac=52:54:00:00:00:99", "52:54:00:00:00:99 belongs to container c1",
			EADDRINUSE },
		{ "default,mac=52:54:00:76:73:62", "is that of the bridge", EADDRINUSE },
		{ "bridge,source=br0,mac=52:54:00:76:73:62", "is that of the bridge", EADDRINUSE },
		{ "bridge,source=br0,address=224.0.0.5/4", "is a multicast address", EINVAL },
		{ "bridge,source=br0,address=127.0.0.5/8", "is a loopback address", EINVAL },
		{ "bridge,source=br0,address=0.0.0.0/8", "is an address of no station", EINVAL },
		{ "bridge,source=br0,address=255.255.255.255/32", "broadcast address", EINVAL },
		{ "macvlan,source=e0,address=192.168.7.255/24", "broadcast address", EINVAL },
		{ "macvlan,source=e0,address=192.168.7.0/24", "address of its network", EINVAL },
		{ "bridge,source=br0,address=ff02::1/64", "is a multicast address", EINVAL },
		{ "bridge,source=br0,address=::1/128", "is a loopback address", EINVAL },
		{ "bridge,source=br0,address=::/128", "is an address of no station", EINVAL },
		{ "bridge,source=br0,address=10.209.0.2/16", "belongs to container c1",
			EADDRINUSE },
		{ "bridge,source=vsb0", "is for the default network alone", EINVAL },
		{ "macvlan,source=vsb123456789-0", "is for the default network alone", EINVAL },
		{ "bridge,source=br0,dhcp", "dhcp is not supported", EOPNOTSUPP },
	};
	_cleanup_desc_ Desc *first = make_desc(1, "default,mac=52:54:00:00:00:99");

	(void)state;
	assert_int_equal(net_reserve(first, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_desc_ Desc *desc = make_desc(2, bad[i].network);
		_cleanup_reservations_ Reservations table = { 0 };
		_cleanup_error_ Error *error = NULL;

		assert_int_equal(net_reserve(desc, &error), -bad[i].error);
		if (!strstr(error_message(error), bad[i].words))
			fail_msg("\"%s\" does not say \"%s\"", error_message(error), bad[i].words);
		load(&table);
		assert_int_equal(table.count, 1);
	}
}

static void test_several_networks(void **state)
{
	_cleanup_desc_ Desc *desc = make_desc(1, "bridge,source=br0,address=192.168.7.2/24");
	_cleanup_reservations_ Reservations table = { 0 };

	(void)state;
	assert_int_equal(desc_set(desc, "network.interface", "default", NULL), 0);
	assert_int_equal(net_reserve(desc, NULL), 0);
	assert_string_equal(
		desc->networks[0].addresses[0], "192.168.7.2/24"); /* as it was described */
	assert_string_equal(desc->networks[1].addresses[0], "10.209.0.2/24");
	assert_string_not_equal(desc->networks[0].mac, desc->networks[1].mac);
	load(&table);
	assert_int_equal(table.count, 2);
	assert_int_equal(net_release("c1", NULL), 0);
}

static void test_nothing_to_reserve(void **state)
{
	_cleanup_desc_ Desc *none = make_desc(1, "none"), *host = make_desc(1, "host");
	_cleanup_free_ char *address = NULL;

	(void)state;
	assert_int_equal(net_reserve(none, NULL), 0);
	assert_int_equal(net_reserve(host, NULL), 0);
	assert_int_equal(net_address(none, &address, NULL), 0);
	assert_null(address);
	assert_int_equal(net_release("never-reserved", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_race, fresh),
		cmocka_unit_test_setup(test_is_idempotent, fresh),
		cmocka_unit_test_setup(test_changed_wish, fresh),
		cmocka_unit_test_setup(test_refuses, fresh),
		cmocka_unit_test_setup(test_several_networks, fresh),
		cmocka_unit_test_setup(test_nothing_to_reserve, fresh),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
