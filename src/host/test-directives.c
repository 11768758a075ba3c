/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of directives has a row for every directive of systemd 252, of 257 and of the systemd that is installed, and
 * docs/DIRECTIVES.md is what it says.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/unit-test.h"
#include "host/directives.h"
#include "host/test-format.h"

static const char *const sections[] = { "Unit", "Install", "Service", "Socket", "Timer", "Path",
	"Mount", "Automount", "Swap", "Slice", "Scope" };

/* 0 for a section that has no unit files. */
static uint32_t section_of(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strlen(sections[i]) == n && strncmp(sections[i], name, n) == 0)
			return 1U << i;
	return 0;
}

/* Lines "[Section]" and "Key" or "Key=TYPE". How many keys there were. */
static size_t check_list(const char *text)
{
	uint32_t section = 0;
	size_t n = 0;

	while (*text) {
		size_t length = strcspn(text, "\n"), key_length = strcspn(text, "=\n");
		_cleanup_free_ char *key = strndup(text, key_length);
		const Directive *row;

		assert_non_null(key);
		if (text[0] == '[')
			section = section_of(text + 1, strcspn(text + 1, "]"));
		else if (length > 0 && text[0] != '#' && section) {
			row = directive_find(key);
			if (!row || !(row->sections & section))
				fail_msg("src/host/directives.table has no row for %s", key);
			n++;
		}
		text += length + (text[length] == '\n');
	}
	return n;
}

static void check_file(const char *name, size_t least)
{
	_cleanup_free_ char *path = NULL, *text = NULL;

	assert_true(asprintf(&path, "%s/tests/golden/host/%s", getenv("SOURCE_ROOT"), name) > 0);
	assert_int_equal(file_read(path, &text, NULL, NULL), 0);
	assert_true(check_list(text) >= least);
}

TEST(every_version)
{
	check_file("directives-252", 1180);
	check_file("directives-257", 1300);
}

/* The systemd of this machine may be a later one. */
TEST(installed)
{
	static const char systemd[] = "/usr/lib/systemd/systemd";
	_cleanup_buf_ Buf buf = { 0 };
	char part[4096];
	FILE *pipe;
	size_t n;

	if (access(systemd, X_OK) < 0)
		unit_test_skip("needs systemd");
	pipe = popen("/usr/lib/systemd/systemd --dump-configuration-items", "r");
	assert_non_null(pipe);
	while ((n = fread(part, 1, sizeof(part), pipe)) > 0)
		buf_append(&buf, part, n);
	buf_append(&buf, "", 1);
	assert_int_equal(pclose(pipe), 0);
	assert_true(check_list(buf.data) > 1000);
}

TEST(sorted)
{
	for (size_t i = 1; i < directives_count(); i++)
		assert_true(strcmp(directives_at(i - 1)->key, directives_at(i)->key) < 0);
	assert_null(directive_find("X-Vendor"));
}

TEST(page)
{
	_cleanup_free_ char *text = directives_format(), *path = NULL, *page = NULL;

	assert_non_null(text);
	assert_true(asprintf(&path, "%s/docs/DIRECTIVES.md", getenv("SOURCE_ROOT")) > 0);
	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
	assert_int_equal(file_read(path, &page, NULL, NULL), 0);
	assert_string_equal(page, text);
}
