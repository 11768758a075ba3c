/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths, accounts and private keys in configuration text.
 */
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "host/config-text.h"

static char *const names[] = { (char *)"bind", (char *)"www-data", NULL };

static ConfigText parse(const char *text)
{
	ConfigText parsed = { 0 };

	assert_int_equal(config_text_parse(text, strlen(text), names, &parsed), 0);
	return parsed;
}

TEST(paths)
{
	_cleanup_(config_text_done) ConfigText parsed = parse(
		"DocumentRoot \"/srv/www/\"\nssl_key = </etc/dovecot/private/k.pem\n"
		"Include /etc/x/*.conf\n# /etc/comment\n  ; /etc/comment\ninclude /etc/*.conf\n"
		"log /var/log/site/$host-%Y.log\nlog /srv/${site}/x\n"
		"url http://localhost/etc/none\ndir=/var/lib//redis\nx /etc/../root\n"
		"root /usr/share/x/y\ntwice /srv/www\n/etc\nroot /usr/lib/app/\n");

	assert_int_equal(strv_length(parsed.paths), 3);
	assert_string_equal(parsed.paths[0], "/srv/www");
	assert_string_equal(parsed.paths[1], "/etc/dovecot/private/k.pem");
	assert_string_equal(parsed.paths[2], "/var/lib/redis");
	assert_int_equal(strv_length(parsed.patterns), 4);
	assert_string_equal(parsed.patterns[0], "/etc/x/*.conf");
	assert_string_equal(parsed.patterns[2], "/var/log/site/$host-%Y.log");
	assert_string_equal(parsed.patterns[3], "/srv/${site}/x");
	assert_null(parsed.elsewhere);
	assert_int_equal(strv_length(parsed.applications), 2);
	assert_string_equal(parsed.applications[0], "/usr/share/x");
	assert_string_equal(parsed.applications[1], "/usr/lib/app");
}

TEST(paths_of_directive)
{
	_cleanup_(config_text_done) ConfigText parsed = { 0 };

	assert_int_equal(
		config_text_parse_paths("-/var/lib/x-1 +-/srv/y /etc/a:/etc/b", &parsed), 0);
	assert_int_equal(strv_length(parsed.paths), 4);
	assert_string_equal(parsed.paths[0], "/var/lib/x-1");
	assert_string_equal(parsed.paths[1], "/srv/y");
	assert_string_equal(parsed.paths[3], "/etc/b");
}

TEST(elsewhere)
{
	_cleanup_(config_text_done) ConfigText parsed =
		parse("datadir=/data/mysql/\nroot /home/alice/www\nlog /dev/null\n# /data/other\n"
		      "pid /run/x.pid\nurl http://localhost/data/none\ntwice /data/mysql\n");

	assert_null(parsed.paths);
	assert_int_equal(strv_length(parsed.elsewhere), 2);
	assert_string_equal(parsed.elsewhere[0], "/data/mysql");
	assert_string_equal(parsed.elsewhere[1], "/home/alice/www");
}

TEST(words)
{
	_cleanup_(config_text_done) ConfigText parsed =
		parse("User www-data\nwww-data-2\n# bind\nOPTIONS=\"-u bind\"\n");

	assert_int_equal(strv_length(parsed.words), 2);
	assert_true(strv_contains(parsed.words, "www-data"));
	assert_true(strv_contains(parsed.words, "bind"));
}

TEST(private_key)
{
	static const char key[] = "text\n-----BEGIN RSA PRIVATE KEY-----\n";

	assert_true(config_text_is_private_key(key, strlen(key)));
	assert_false(config_text_is_private_key("-----BEGIN CERTIFICATE-----", 27));
	assert_false(config_text_is_private_key("# -----BEGIN PRIVATE KEY-----", 29));
}
