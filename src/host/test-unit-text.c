/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Syntax of unit files and the rules of assignment.
 */
#include <string.h>

#include "base/buf.h"
#include "base/unit-test.h"
#include "host/unit-load.h"
#include "host/unit-name.h"
#include "host/unit-text.h"

/* The directives as "[Section] Key=value" lines. */
static void check(const char *text, const char *expected)
{
	_cleanup_(fact_unit_done) FactUnit unit = { 0 };
	_cleanup_free_ char *got = NULL;
	_cleanup_buf_ Buf buf = { 0 };

	assert_int_equal(unit_text_parse(&unit, text, strlen(text)), 0);
	for (size_t i = 0; i < unit.n_directives; i++)
		buf_printf(&buf, "[%s] %s=%s\n", unit.directives[i].section, unit.directives[i].key,
			unit.directives[i].value);
	assert_int_equal(buf_take(&buf, &got, NULL), 0);
	assert_string_equal(got, expected);
}

TEST(syntax)
{
	check("", "");
	check("ignored=1\n[A]\nkey = value \n", "[A] key=value\n");
	check("[A]\nnot an assignment\n=x\n[B\n[]\nk=v", "[A] k=v\n");
	check("\xef\xbb\xbf[A]\r\nk=v\r\n", "[A] k=v\n");
	check("[A]\n  # comment\n;comment\n\tk=# no comment\n", "[A] k=# no comment\n");
	check("[A]\nk=1 \\\n  2\\\n3\n", "[A] k=1    2 3\n");
	check("[A]\nk=1\\\n# inside\n ; too\n2\nl=3\n", "[A] k=1 2\n[A] l=3\n");
	check("[A]\nk=C:\\\\\nl=1\n", "[A] k=C:\\\\\n[A] l=1\n");
	check("[A]\nk=1\\", "[A] k=1\n");
}

TEST(assignment)
{
	check("[Service]\nUser=a\nUser=b\n", "[Service] User=b\n");
	check("[Service]\nUser=a\nUser=\n", "");
	check("[Service]\nEnvironment=A=1\nEnvironment=B=2\n",
		"[Service] Environment=A=1\n[Service] Environment=B=2\n");
	check("[Service]\nExecStart=/a\nExecStartPre=/p\nExecStart=\nExecStart=/b\n",
		"[Service] ExecStartPre=/p\n[Service] ExecStart=/b\n");
	check("[Unit]\nWants=a.service\nWants=\nAfter=b.service\n",
		"[Unit] Wants=a.service\n[Unit] After=b.service\n");
	check("[Unit]\nConditionHost=a\nConditionPathExists=/b\nAssertUser=c\nConditionUser=\n",
		"[Unit] AssertUser=c\n");
	check("[Socket]\nListenStream=1\nListenDatagram=2\nListenFIFO=\nListenStream=3\n",
		"[Socket] ListenStream=3\n");
	check("[A]\nX=1\n[B]\nX=2\n[A]\nX=3\n", "[B] X=2\n[A] X=3\n");
}

TEST(limits)
{
	_cleanup_(fact_unit_done) FactUnit unit = { 0 };
	_cleanup_buf_ Buf buf = { 0 };

	buf_puts(&buf, "[A]\n");
	for (unsigned int i = 0; i <= UNIT_DIRECTIVES_MAX; i++)
		buf_printf(&buf, "K%u=v\n", i);
	assert_int_equal(unit_text_parse(&unit, buf.data, buf.size), -E2BIG);
}

static void check_expanded(const char *name, const char *text, const char *expected)
{
	_cleanup_free_ char *expanded =
		unit_name_expand(name, "/usr/lib/systemd/system/a@.service", text, WORDS_ONE);

	assert_string_equal(expanded, expected);
}

TEST(specifiers)
{
	check_expanded("a-b.service", "%n %N %p %P %j %J %i|%I", "a-b.service a-b a-b a/b b b |");
	check_expanded(
		"a@x-y\\x2dz.service", "%i %I %f %n", "x-y\\x2dz x/y-z /x/y-z a@x-y\\x2dz.service");
	check_expanded("a.service", "%t %S %C %L %E %T %V %u %U %g %G %h",
		"/run /var/lib /var/cache /var/log /etc /tmp /var/tmp root 0 root 0 /root");
	check_expanded("a.service", "%% %H %m %b %q %v %d %c %", "% %H %m %b %q %v %d %c %");
	check_expanded("a.service", "%y in %Y",
		"/usr/lib/systemd/system/a@.service in /usr/lib/systemd/system");
}

TEST(names)
{
	_cleanup_free_ char *template = NULL, *instance = NULL, *socket = NULL;

	assert_true(unit_name_is_valid("a.service"));
	assert_true(unit_name_is_valid("a@.service"));
	assert_true(unit_name_is_valid("a@b@c.timer"));
	assert_false(unit_name_is_valid("a"));
	assert_false(unit_name_is_valid("a.conf"));
	assert_false(unit_name_is_valid("@a.service"));
	assert_false(unit_name_is_valid(".service"));
	assert_false(unit_name_is_valid("a/b.service"));
	assert_false(unit_name_is_valid("../a.service"));
	template = unit_name_template("a@b.service");
	assert_string_equal(template, "a@.service");
	assert_null(unit_name_template("a.service"));
	instance = unit_name_instantiate("a@.service", "c");
	assert_string_equal(instance, "a@c.service");
	socket = unit_name_change_type("a@b.service", "socket");
	assert_string_equal(socket, "a@b.socket");
}
