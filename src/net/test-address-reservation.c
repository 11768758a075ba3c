/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reservations on disk: several processes at once, what is kept, what is refused.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/reservation.h"
#include "base/unit-test.h"
#include "net/net.h"
#include "net/address-reservation.h"

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
static int fresh(_unused_ void **state)
{
	_cleanup_free_ char *place = layout_path(LAYOUT_RESERVATIONS);
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "addresses");
	static const char text[] = "subnet 10.209.0.0/24\n";

	if (file_remove_tree(AT_FDCWD, place, NULL) < 0)
		return -1;
	return file_mkdir_p(place, 0700, NULL) < 0 ||
	       file_write_atomic(path, text, strlen(text), 0600, NULL) < 0;
}

/* What makes a container one: its description. */
static void define(const char *name)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);

	assert_int_equal(file_mkdir_parent(path, NULL), 0);
	assert_int_equal(file_write_unsynced(path, "", 0, 0600, NULL), 0);
}

/* Reserves for container "cNUMBER". */
static int reserve(
	unsigned int number, const Attachment *links, size_t n, NetReserved *ret, Error **ret_error)
{
	char name[16], uuid[33];

	(void)snprintf(name, sizeof(name), "c%u", number);
	define(name);
	(void)snprintf(uuid, sizeof(uuid), "%032x", number);
	return net_reserve(name, uuid, links, n, ret, ret_error);
}

static const Attachment shared = { .kind = ATTACHMENT_SHARED };

/* Who has what: "10.209.0.2" or a MAC address; empty: nobody. */
static void holder(const char *thing, char ret[static RESERVATION_OWNER_MAX])
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "stations/%s", thing);

	reservation_holder(path, ret);
}

static void expect_holder(const char *thing, const char *container)
{
	char has[RESERVATION_OWNER_MAX];

	holder(thing, has);
	assert_string_equal(has, container);
}

static size_t count_stations(void)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "stations");
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	if (dir)
		(void)closedir(dir);
	return n;
}

/* Each process reserves for its own containers and releases every second one. */
static int run_process(unsigned int process)
{
	for (unsigned int i = 0; i < EACH; i++) {
		unsigned int number = process * EACH + i;
		NetReserved reserved;
		char name[16];

		(void)snprintf(name, sizeof(name), "c%u", number);
		if (reserve(number, &shared, 1, &reserved, NULL) < 0 ||
			(i % 2 && net_release(name, NULL, NULL) < 0))
			return 1;
	}
	return 0;
}

TEST(race)
{
	pid_t pids[PROCESSES];

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
	/* An address and a MAC address each: nobody took what another had. */
	assert_int_equal(count_stations(), PROCESSES * EACH / 2 * 2);
}

TEST(is_idempotent)
{
	NetReserved first, again;
	Attachment named;

	assert_int_equal(reserve(1, &shared, 1, &first, NULL), 0);
	assert_string_equal(first.address, "10.209.0.2/24");
	assert_memory_equal(first.mac, "52:54:00:", 9);
	named = (Attachment){ .kind = ATTACHMENT_SHARED,
		.mac = first.mac,
		.addresses = (char *[]){ first.address, NULL } };
	assert_int_equal(reserve(1, &named, 1, &again, NULL), 0);
	assert_string_equal(again.address, first.address);
	assert_string_equal(again.mac, first.mac);
	assert_int_equal(count_stations(), 2);
	/* One whose description has lost them gets others, and these are free. */
	assert_int_equal(reserve(1, &shared, 1, &again, NULL), 0);
	assert_string_equal(again.address, "10.209.0.3/24");
	assert_int_equal(count_stations(), 2);
}

TEST(changed_wish)
{
	const Attachment wish = { .kind = ATTACHMENT_SHARED,
		.mac = (char *)"52:54:00:11:22:33",
		.addresses = (char *[]){ (char *)"10.209.0.77", NULL } };
	NetReserved reserved;

	assert_int_equal(reserve(1, &shared, 1, &reserved, NULL), 0);
	assert_int_equal(reserve(1, &wish, 1, &reserved, NULL), 0);
	assert_string_equal(reserved.address, "10.209.0.77/24");
	assert_string_equal(reserved.mac, "52:54:00:11:22:33");
	/* What it had before is free. */
	assert_int_equal(count_stations(), 2);
	expect_holder("10.209.0.77", "c1");
}

#define SHARED .kind = ATTACHMENT_SHARED
#define BRIDGE .kind = ATTACHMENT_BRIDGE, .source = (char *)"br0"
#define MAC(text) .mac = (char *)(text)
#define ADDRESSES(...)                                                                             \
	.addresses = (char *[])                                                                    \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define T(text) (char *)(text)

TEST(refuses)
{
	const struct {
		const char *words;
		int error;
		Attachment link;
	} bad[] = {
		{ "the address 10.209.0.2/24 belongs to container c1", EADDRINUSE,
			{ SHARED, ADDRESSES(T("10.209.0.2/24")) } },
		{ "10.209.0.1/24 is not a container's", EADDRNOTAVAIL,
			{ SHARED, ADDRESSES(T("10.209.0.1/24")) } },
		{ "192.168.0.1/24 is not a container's", EADDRNOTAVAIL,
			{ SHARED, ADDRESSES(T("192.168.0.1/24")) } },
		{ "exactly one IPv4 address", EINVAL,
			{ SHARED, ADDRESSES(T("10.209.0.5/24"), T("10.209.0.6/24")) } },
		{ "exactly one IPv4 address", EINVAL, { SHARED, ADDRESSES(T("fd00::1/64")) } },
		{ "52:54:00:00:00:99 belongs to container c1", EADDRINUSE,
			{ SHARED, MAC("52:54:00:00:00:99") } },
		{ "is that of a bridge", EADDRINUSE, { SHARED, MAC("52:54:00:76:73:62") } },
		{ "is that of a bridge", EADDRINUSE, { BRIDGE, MAC("52:54:00:76:73:62") } },
		{ "is a multicast address", EINVAL, { BRIDGE, ADDRESSES(T("224.0.0.5/4")) } },
		{ "is a loopback address", EINVAL, { BRIDGE, ADDRESSES(T("127.0.0.5/8")) } },
		{ "is an address of no station", EINVAL, { BRIDGE, ADDRESSES(T("0.0.0.0/8")) } },
		{ "broadcast address", EINVAL, { BRIDGE, ADDRESSES(T("255.255.255.255/32")) } },
		{ "broadcast address", EINVAL, { BRIDGE, ADDRESSES(T("192.168.7.255/24")) } },
		{ "address of its network", EINVAL, { BRIDGE, ADDRESSES(T("192.168.7.0/24")) } },
		{ "is a multicast address", EINVAL, { BRIDGE, ADDRESSES(T("ff02::1/64")) } },
		{ "is a loopback address", EINVAL, { BRIDGE, ADDRESSES(T("::1/128")) } },
		{ "is an address of no station", EINVAL, { BRIDGE, ADDRESSES(T("::/128")) } },
		{ "belongs to container c1", EADDRINUSE,
			{ BRIDGE, ADDRESSES(T("10.209.0.2/16")) } },
		{ "is for the default network only", EINVAL,
			{ .kind = ATTACHMENT_BRIDGE, .source = T("vsb0") } },
		{ "is for the default network only", EINVAL,
			{ .kind = ATTACHMENT_MACVLAN, .source = T("vsb123456789-0") } },
	};
	const Attachment wish = { SHARED, MAC("52:54:00:00:00:99") };
	NetReserved reserved;

	assert_int_equal(reserve(1, &wish, 1, &reserved, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_error_ Error *error = NULL;

		assert_int_equal(reserve(2, &bad[i].link, 1, &reserved, &error), -bad[i].error);
		if (!strstr(error_message(error), bad[i].words))
			fail_msg("\"%s\" does not say \"%s\"", error_message(error), bad[i].words);
		expect_holder("10.209.0.2", "c1");
		expect_holder("52:54:00:00:00:99", "c1");
	}
}

TEST(several_networks)
{
	const Attachment links[] = { { BRIDGE, ADDRESSES(T("192.168.7.2/24")) }, { SHARED } };
	NetReserved reserved[2];

	assert_int_equal(reserve(1, links, 2, reserved, NULL), 0);
	assert_string_equal(reserved[0].address, ""); /* the administrator's */
	assert_string_equal(reserved[1].address, "10.209.0.2/24");
	assert_string_not_equal(reserved[0].mac, reserved[1].mac);
	assert_int_equal(count_stations(), 3);
	assert_int_equal(net_release("c1", NULL, NULL), 0);
	assert_int_equal(count_stations(), 0);
}

/* The same twice for one container: its own reservation does not allow it. */
TEST(twice)
{
	const Attachment macs[] = { { SHARED, MAC("52:54:00:00:00:99") },
		{ SHARED, MAC("52:54:00:00:00:99") } };
	const Attachment addresses[] = { { SHARED, ADDRESSES(T("10.209.0.9/24")) },
		{ SHARED, ADDRESSES(T("10.209.0.9/24")) } };
	const Attachment both[] = { { SHARED }, { SHARED } };
	_cleanup_error_ Error *error = NULL;
	NetReserved reserved[2];

	assert_int_equal(reserve(1, macs, 2, reserved, &error), -EADDRINUSE);
	error = error_free(error);
	assert_int_equal(reserve(1, addresses, 2, reserved, &error), -EADDRINUSE);
	assert_int_equal(reserve(1, both, 2, reserved, NULL), 0);
	assert_string_not_equal(reserved[0].address, reserved[1].address);
}

/* A small subnet is used up; what a container that is gone had is not. */
TEST(exhaustion)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "addresses"),
			    *third = layout_pathf(LAYOUT_SERVICES, "c3.sandbox");
	static const char text[] = "subnet 10.209.0.0/29\n";
	_cleanup_error_ Error *error = NULL;
	NetReserved reserved;

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(reserve(i, &shared, 1, &reserved, NULL), 0);
	assert_string_equal(reserved.address, "10.209.0.6/29");
	assert_int_equal(reserve(5, &shared, 1, &reserved, &error), -EADDRNOTAVAIL);
	assert_non_null(strstr(error_message(error),
		"all 5 addresses of the network default, 10.209.0.0/29, are reserved; delete a "
		"container"));
	assert_int_equal(unlink(third), 0);
	assert_int_equal(reserve(5, &shared, 1, &reserved, NULL), 0);
	assert_string_equal(reserved.address, "10.209.0.5/29");
}

/* Releases before 0.1.1 kept all in one file. */
TEST(former_file)
{
	static const char text[] = "subnet 10.209.0.0/24\n"
				   "c1 0 52:54:00:00:00:01 10.209.0.2\n"
				   "c2 0 52:54:00:00:00:02 -\n";
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "addresses"), *now = NULL;
	const Attachment wish = { SHARED, ADDRESSES(T("10.209.0.2/24")) };
	_cleanup_error_ Error *error = NULL;
	NetReserved reserved;

	define("c1");
	define("c2");
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
	assert_int_equal(reserve(3, &shared, 1, &reserved, NULL), 0);
	assert_string_equal(reserved.address, "10.209.0.3/24");
	assert_int_equal(reserve(4, &wish, 1, &reserved, &error), -EADDRINUSE);
	expect_holder("10.209.0.2", "c1");
	expect_holder("52:54:00:00:00:01", "c1");
	expect_holder("52:54:00:00:00:02", "c2");
	assert_int_equal(file_read(path, &now, NULL, NULL), 0);
	assert_null(strstr(now, "c1 0 ")); /* a random prefix may contain the letters */
}

TEST(nothing_to_reserve)
{
	assert_int_equal(reserve(1, NULL, 0, NULL, NULL), 0);
	assert_int_equal(net_release("never-reserved", NULL, NULL), 0);
}

TEST_FIXTURE(fresh, NULL)
TEST_GROUP(setup, teardown)
