/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The small things of the floor: errors, string vectors, text, files, programs.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/passwd.h"
#include "base/text.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/unit-test.h"

TEST(error)
{
	_cleanup_error_ Error *error = NULL;

	assert_int_equal(error_errno(&error, ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(error_message(error), "open x: No such file or directory");
	assert_int_equal(error_wrap(&error, "container %s", "web"), -ENOENT);
	assert_string_equal(
		error_message(error), "container web: open x: No such file or directory");
	assert_int_equal(error_set(&error, ENOENT, "container web is not there"), -ENOENT);
	assert_int_equal(error_wrap(&error, "container %s", "web"), -ENOENT);
	assert_string_equal(error_message(error), "container web is not there");
	assert_int_equal(error_wrap(&error, "container %s", "we"), -ENOENT);
	assert_string_equal(error_message(error), "container we: container web is not there");
	assert_int_equal(error_set(&error, ENOENT, "container web is not there"), -ENOENT);
	assert_int_equal(error_wrap(&error, "cannot edit container %s", "web"), -ENOENT);
	assert_string_equal(error_message(error), "cannot edit container web: it is not there");
	assert_int_equal(error_set(&error, ENOENT, "container web: no file"), -ENOENT);
	assert_int_equal(error_wrap(&error, "cannot edit container %s", "web"), -ENOENT);
	assert_string_equal(error_message(error), "cannot edit container web: no file");
	assert_int_equal(error_set(&error, ENOENT, "container web1 is not there"), -ENOENT);
	assert_int_equal(error_wrap(&error, "cannot edit container %s", "web"), -ENOENT);
	assert_string_equal(
		error_message(error), "cannot edit container web: container web1 is not there");
	assert_int_equal(error_set(&error, EBUSY, "taken"), -EBUSY);
	assert_int_equal(error_errnum(error), EBUSY);
	assert_int_equal(error_oom(&error), -ENOMEM);
	assert_int_equal(error_set(NULL, EPERM, "nobody listens"), -EPERM);
}

TEST(strv)
{
	_cleanup_strv_ char **v = NULL, **copy = NULL;
	_cleanup_free_ char *joined = NULL;

	assert_int_equal(strv_split(&v, "  b a,c ", " ,"), 0);
	assert_int_equal(strv_length(v), 3);
	assert_int_equal(strv_append_unique(&v, "a"), 0);
	strv_sort(v);
	joined = strv_join(v, "-");
	assert_string_equal(joined, "a-b-c");
	assert_int_equal(strv_copy(&copy, v), 0);
	assert_true(strv_contains(copy, "c"));
	assert_false(strv_contains(copy, ""));
	assert_true(strv_remove(copy, "b"));
	assert_false(strv_remove(copy, "b"));
	assert_int_equal(strv_length(copy), 2);
	assert_string_equal(copy[1], "c");
	assert_false(strv_remove(NULL, "c"));
}

TEST(file_list)
{
	char directory[] = "/tmp/test-floor.XXXXXX", file[64];
	_cleanup_strv_ char **all = NULL, **ending = NULL, **none = NULL;
	static const char *const names[] = { "b.conf", ".hidden", "a.conf", ".conf" };

	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", directory, names[i]);
		assert_int_equal(file_write_unsynced(file, "", 0, 0600, NULL), 0);
	}
	assert_int_equal(file_list(directory, "", &all, NULL), 0);
	assert_int_equal(strv_length(all), 4);
	assert_string_equal(all[0], ".conf");
	assert_string_equal(all[3], "b.conf");
	assert_int_equal(file_list(directory, ".conf", &ending, NULL), 0);
	assert_int_equal(strv_length(ending), 2); /* what is nothing but the ending has no name */
	assert_string_equal(ending[0], "a");
	assert_string_equal(ending[1], "b");
	(void)snprintf(file, sizeof(file), "%s/a.conf", directory);
	assert_int_equal(file_list(file, "", &none, NULL), -ENOTDIR);
	assert_int_equal(file_remove_tree(AT_FDCWD, directory, NULL), 0);
	assert_int_equal(file_list(directory, "", &none, NULL), 0);
	assert_null(none);
}

TEST(json_string)
{
	const char *pairs[][2] = {
		{ "plain", "\"plain\"" },
		{ "q\"b\\n\n\x7f", "\"q\\\"b\\\\n\\u000a\\u007f\"" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
			"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xc2\x9b\xc2\xa0", "\"\\u009b\xc2\xa0\"" },
		{ "\xff\xc3", "\"\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_buf_ Buf buf = { 0 };
		_cleanup_free_ char *text = NULL;

		buf_json_string(&buf, pairs[i][0]);
		assert_int_equal(buf_take(&buf, &text, NULL), 0);
		assert_string_equal(text, pairs[i][1]);
	}
}

TEST(files)
{
	char directory[] = "/tmp/test-floor.XXXXXX";
	_cleanup_free_ char *content = NULL;
	_cleanup_error_ Error *error = NULL;
	struct stat st;
	size_t size;

	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(file_mkdir_p("a/b/c", 0700, NULL), 0);
	assert_int_equal(file_write_atomic("a/b/file", "x\0y", 3, 0640, NULL), 0);
	assert_int_equal(file_read("a/b/file", &content, &size, NULL), 0);
	assert_int_equal(size, 3);
	assert_memory_equal(content, "x\0y", 4);
	assert_int_equal(stat("a/b/file", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(file_read("missing", &content, NULL, &error), -ENOENT);
	assert_string_equal(error_message(error), "cannot read missing: No such file or directory");
	assert_int_equal(file_write_atomic("missing/file", "", 0, 0600, NULL), -ENOENT);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, directory, NULL), 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, directory, NULL), 0);
}

TEST(spawn)
{
	char *const echo[] = { (char *)"/bin/sh", (char *)"-c", (char *)"cat; echo $HOME$LC_ALL",
		NULL };
	char *const fail[] = { (char *)"/bin/sh", (char *)"-c",
		(char *)"echo first >&2; echo the reason >&2; exit 3", NULL };
	char *const missing[] = { (char *)"/no/such/program", NULL };
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *output = NULL;
	int status;

	assert_int_equal(setenv("HOME", "must not pass", 1), 0);
	assert_int_equal(spawn_run(echo, "in\n", &output, NULL, NULL), 0);
	assert_string_equal(output, "in\nC.UTF-8\n");
	assert_int_equal(spawn_run(fail, NULL, NULL, &status, NULL), 0);
	assert_int_equal(status, 3);
	assert_int_equal(spawn_run(fail, NULL, NULL, NULL, &error), -EIO);
	assert_string_equal(error_message(error), "/bin/sh ended with status 3: the reason");
	assert_int_equal(spawn_run(missing, NULL, NULL, NULL, &error), -ENOENT);
}

/* Two programs that could not end one after the other: each waits for the other's file. A third is not waited for, and killed. */
TEST(spawn_beside)
{
	char directory[] = "/tmp/test-floor-XXXXXX";
	_cleanup_free_ char *here = NULL, *there = NULL, *first = NULL, *second = NULL;
	char *a[] = { (char *)"/bin/sh", (char *)"-c", NULL, NULL };
	char *b[] = { (char *)"/bin/sh", (char *)"-c", NULL, NULL };
	char *const asleep[] = { (char *)"/bin/sleep", (char *)"1000", NULL };
	_cleanup_spawned_ Spawned one = SPAWNED_NONE, other = SPAWNED_NONE, lost = SPAWNED_NONE;
	static const char text[] = "cd %s; : >%s; until [ -e %s ]; do sleep 0.01; done; echo %s";
	pid_t pid;

	assert_non_null(mkdtemp(directory));
	assert_true(asprintf(&here, text, directory, "a", "b", "a") > 0);
	assert_true(asprintf(&there, text, directory, "b", "a", "b") > 0);
	a[2] = here;
	b[2] = there;
	assert_int_equal(spawn_begin(a, NULL, &one, NULL), 0);
	assert_int_equal(spawn_begin(b, NULL, &other, NULL), 0);
	assert_int_equal(spawn_end(&one, &first, NULL, NULL), 0);
	assert_int_equal(spawn_end(&other, &second, NULL, NULL), 0);
	assert_string_equal(first, "a\n");
	assert_string_equal(second, "b\n");
	assert_int_equal(spawn_begin(asleep, NULL, &lost, NULL), 0);
	pid = lost.pid;
	spawn_done(&lost);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(file_remove_tree(AT_FDCWD, directory, NULL), 0);
}

TEST(text)
{
	static const struct {
		const char *text, *clean, *json;
	} rows[] = {
		{ "", "", "\"\"" }, { "a\tb\nc", "a\tb\nc", "\"a\\u0009b\\u000ac\"" },
		{ "\x1b[2Jx\x7f", "?[2Jx?", "\"\\u001b[2Jx\\u007f\"" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
		{ "\xc2\x9b"
		  "31m",
			"?31m", "\"\\u009b31m\"" },
		{ "\xc2\xa7", "\xc2\xa7", "\"\xc2\xa7\"" },
		{ "\xff\xc3", "\xff\xc3", "\"\\ufffd\\ufffd\"" },
		{ "\"\\", "\"\\", "\"\\\"\\\\\"" },
		{ "\xed\xa0\x80\xf4\x90\x80\x80\xe0\x80\x80", NULL,
			NULL }, /* surrogate, too high, overlong */
	};
	char ascii[] = "a\xc3\xbc\x1b~ ";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *clean = text_sanitize(rows[i].text, "\t\n"),
				    *json = text_json(rows[i].text);

		assert_non_null(clean);
		if (rows[i].clean)
			assert_string_equal(clean, rows[i].clean);
		if (rows[i].json)
			assert_string_equal(json, rows[i].json);
		else
			assert_int_equal(strlen(json), 2 + 10 * strlen("\\ufffd"));
	}
	text_make_ascii(ascii, sizeof(ascii) - 1);
	assert_string_equal(ascii, "a???~ ");
	assert_int_equal(text_hex_digit('f'), 15);
	assert_int_equal(text_hex_digit('A'), 10);
	assert_int_equal(text_hex_digit('g'), -1);
}

TEST(passwd)
{
	const char *text =
		"# "
		"c:x:1:1:::\n+::::::\nshort:x:1\n:x:0:0:::\nlong:x:1:1::::\n\nwww:x:33:34:g:/:/s\nlast:x:007:0::/:";
	PasswdField fields[PASSWD_FIELDS], list = { "a,bc,,d", 7 };
	uint32_t id = 5;

	assert_true(passwd_next(&text, fields, PASSWD_FIELDS));
	assert_true(passwd_field_is(fields[PASSWD_NAME], "www"));
	assert_true(passwd_field_is(fields[PASSWD_SHELL], "/s"));
	assert_true(passwd_parse_id(fields[PASSWD_ID], 33, &id));
	assert_int_equal(id, 33);
	assert_false(passwd_parse_id(fields[PASSWD_GID], 33, &id));
	assert_true(passwd_next(&text, fields, PASSWD_FIELDS));
	assert_true(passwd_field_is(fields[PASSWD_SHELL], ""));
	assert_false(passwd_parse_id(fields[PASSWD_ID], UINT32_MAX, &id)); /* a leading zero */
	assert_false(passwd_parse_id((PasswdField){ "99999999999999999999", 20 }, UINT32_MAX, &id));
	assert_false(passwd_next(&text, fields, PASSWD_FIELDS));
	assert_true(passwd_has_member(list, "a") && passwd_has_member(list, "bc") &&
		    passwd_has_member(list, "d"));
	assert_false(passwd_has_member(list, "b") || passwd_has_member(list, "a,bc"));
	assert_int_equal(id, 33);
}

TEST(passwd_find)
{
	static const char users[] = "big:x:70000:1:::\nwww:x:33:34:g:/w:/s\nwww:x:35:36::/:\n",
			  groups[] = "big:x:70000:\nweb:x:34:\n";
	PasswdField fields[PASSWD_FIELDS];
	uint32_t uid, gid;

	assert_true(passwd_find_user(users, "www", 65535, fields, &uid, &gid));
	assert_true(uid == 33 && gid == 34 && passwd_field_is(fields[PASSWD_HOME], "/w"));
	assert_true(passwd_find_user(users, "35", 65535, fields, &uid, &gid));
	assert_true(uid == 35 && gid == 36 && passwd_field_is(fields[PASSWD_NAME], "www"));
	assert_true(passwd_find_user(users, "99", 65535, fields, &uid, &gid));
	assert_true(uid == 99 && gid == 99 && fields[PASSWD_NAME].size == 0);
	assert_false(passwd_find_user(users, "big", 65535, fields, &uid, &gid));
	assert_false(passwd_find_user(users, "70000", 65535, fields, &uid, &gid));
	assert_true(passwd_find_group(groups, "web", 65535, &gid));
	assert_int_equal(gid, 34);
	assert_true(passwd_find_group(groups, "7", 65535, &gid));
	assert_int_equal(gid, 7);
	assert_false(passwd_find_group(groups, "big", 65535, &gid));
	assert_false(passwd_find_group(groups, "nosuch", 65535, &gid));
}

TEST(array)
{
	_cleanup_free_ size_t *items = NULL;
	size_t *before;

	for (size_t n = 0; n < 1000; n++) {
		assert_int_equal(array_room(&items, n, sizeof(*items)), 0);
		items[n] = n;
	}
	for (size_t n = 0; n < 1000; n++)
		assert_int_equal(items[n], n);
	before = items;
	assert_int_equal(
		array_room(&items, (size_t)1 << 62, sizeof(*items)), -ENOMEM); /* would wrap */
	assert_ptr_equal(items, before);
}

/* RFC 9923's own examples: a change would make other Smack labels, other MAC addresses, and all manifests wrong. */
TEST(hash)
{
	assert_int_equal(hash_text(""), 0x811c9dc5);
	assert_int_equal(hash_text("foobar"), 0xbf9cf968);
	assert_int_equal(hash_bytes(hash_text("foo"), "bar", 3), hash_text("foobar"));
	assert_true(hash_bytes_64(HASH_START_64, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

TEST(numbers)
{
	static const struct {
		const char *text;
		uint64_t max;
		int r;
	} rows[] = { { "0", 0, 0 }, { "18446744073709551615", UINT64_MAX, 0 },
		{ "18446744073709551616", UINT64_MAX, -ERANGE }, { "7", 3, -ERANGE },
		{ "32", 32, 0 }, { "33", 32, -ERANGE }, { "007", 7, 0 }, { "", 9, -EINVAL },
		{ "-1", 9, -EINVAL }, { "+1", 9, -EINVAL }, { " 1", 9, -EINVAL },
		{ "1 ", 9, -EINVAL }, { "0x1", 9, -EINVAL } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t value = 99;

		assert_int_equal(text_number(rows[i].text, rows[i].max, &value), rows[i].r);
		assert_int_equal(value, rows[i].r == 0 ? strtoull(rows[i].text, NULL, 10) : 99);
	}
}
