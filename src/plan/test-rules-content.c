/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What rules copy because something names it, and what they keep back because it is a secret.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "plan/plan.h"
#include "plan/test-plan-fixture.h"

TEST(private_key)
{
	static const char text[] = REDIS "unowned file /etc/redis/site.key 0640 0:102\nunowned "
					 "file /etc/redis/site.crt 0644 0:0\n"
					 "private-key /etc/redis/site.key\n";
	_cleanup_made_ PlanFixture made = made_new(text, true),
				   with = made_with(text, true, "/etc/redis/site.key", NULL);
	const PlanEntry *e = made_expect(&made, "/etc/redis/site.key", PLAN_SECRET, "private-key");

	assert_string_equal(e->content, "tls-certificate /etc/redis/site.crt");
	assert_string_equal(e->group, "redis");
	assert_null(made_entry(&made, "/etc/redis/site.crt"));
	assert_non_null(strstr(made.plan->warnings[0], "--with /etc/redis/site.key"));
	assert_true(made_expect(&with, "/etc/redis/site.key", PLAN_COPY, "with")->trusted);
}

TEST(secret)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS
		"package x 1 source=x direct\n  file /etc/shadow\n  file /etc/security/opasswd\n"
		"  dir /etc/mysql\n  file /etc/mysql/debian.cnf\n",
		true);

	made_expect(&made, "/etc/shadow", PLAN_FILE, "account");
	assert_null(made_entry(&made, "/etc/security/opasswd"));
	assert_null(
		strstr(made_expect(&made, "/etc/mysql/debian.cnf", PLAN_FILE, "secret")->content,
			"password"));
}

/* A login that the service may need stays on the host, and the administrator is told how to bring it. */
TEST(login_file)
{
	static const char text[] = REDIS "unowned file /etc/redis/.netrc 0600 0:0\n";
	_cleanup_made_ PlanFixture made = made_new(text, true),
				   with = made_with(text, true, "/etc/redis/.netrc", NULL);

	assert_null(made_entry(&made, "/etc/redis/.netrc"));
	assert_non_null(strstr(made.plan->warnings[0], "--with /etc/redis/.netrc copies it"));
	assert_true(made_expect(&with, "/etc/redis/.netrc", PLAN_COPY, "with")->trusted);
	assert_null(with.plan->warnings);
}

TEST(with_and_without)
{
	_cleanup_made_ PlanFixture made =
		made_with(REDIS, true, "/srv/data", "/etc/redis/redis.conf");

	assert_true(made_expect(&made, "/srv/data", PLAN_COPY, "with")->recurse);
	assert_null(made_entry(&made, "/etc/redis/redis.conf"));
	assert_true(plan_excludes(made.plan, "/etc/redis/redis.conf", NULL));
}

TEST(with_secrets)
{
	static const char text[] =
		SSHD "private-key /etc/ssh/ssh_host_rsa_key\n"
		     "unowned file /etc/ssh/ssh_host_rsa_key 0600 0:0 package=openssh-server\n";
	_cleanup_made_ PlanFixture made = made_with(text, true, "/etc/ssh", NULL);

	assert_true(made_expect(&made, "/etc/ssh", PLAN_COPY, "with")->trusted);
	assert_null(
		made_entry(&made, "/etc/ssh/ssh_host_rsa_key")); /* the tree brings the real one */
	assert_false(plan_excludes(made.plan, "/etc/ssh/ssh_host_rsa_key", "/etc/ssh"));
}

TEST(credential)
{
	static const char text[] =
		"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n  name x.service\n"
		"  package x\n  [Service] LoadCredential=token:/etc/secret/token\n"
		"  [Service] LoadCredential=passed\n" ACCOUNTS;
#define TEXT_OF_KEY                                                                                \
	"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n  name x.service\n"       \
	"  package x\n  [Service] LoadCredential=token:/etc/secret/token\n"                        \
	"reference /etc/secret/token in x.service: file 0600 0:0 private-key\n" ACCOUNTS
	_cleanup_made_ PlanFixture made = made_new(text, false);
	_cleanup_made_ PlanFixture key = made_new(TEXT_OF_KEY, true);
	_cleanup_made_ PlanFixture asked = made_with(TEXT_OF_KEY, true, "/etc/secret", NULL);

	assert_string_equal(made_expect(&made, "/etc/secret/token", PLAN_COPY, "path")->reason,
		"LoadCredential=token:/etc/secret/token of x.service");
	/* the host's key stays where it is, unless somebody says so */
	(void)made_expect(&key, "/etc/secret/token", PLAN_SECRET, "private-key");
	assert_non_null(strstr(key.plan->warnings[0], "--with /etc/secret/token"));
	assert_true(made_expect(&asked, "/etc/secret", PLAN_COPY, "with")->trusted);
	assert_null(made_entry(&asked, "/etc/secret/token"));
	assert_null(asked.plan->warnings);
}

/* Files that the configuration names: of those that the package's scripts make the container cannot do without one. */
TEST(scripted_reference)
{
	static const char text[] = REDIS
		"reference /var/lib/redis/list in /etc/redis/redis.conf: file 0644 0:0 conffile\n"
		"reference /var/lib/redis/data in /etc/redis/redis.conf: file 0644 0:0\n"
		"reference /etc/aliases in /etc/redis/redis.conf: file 0644 0:0 conffile\n";
	_cleanup_made_ PlanFixture made = made_new(text, false);

	(void)made_expect(&made, "/var/lib/redis/list", PLAN_COPY, "reference");
	(void)made_expect(&made, "/etc/aliases", PLAN_COPY, "reference");
	assert_null(made_entry(&made, "/var/lib/redis/data"));
}

TEST(foreign_files)
{
	static const char text[] =
		REDIS "package logrotate 1 source=logrotate direct\n  dir /etc/logrotate.d\n"
		      "reference /etc/logrotate.d in /etc/logrotate.conf: dir 0755 0:0\n"
		      "reference /etc/ssl/certs in /etc/logrotate.conf: dir 0755 0:0\n"
		      "foreign-file /etc/logrotate.d/nginx\nforeign-file /etc/ssl/certs/x.pem\n";
	_cleanup_made_ PlanFixture made = made_new(text, true);

	assert_true(made_expect(&made, "/etc/logrotate.d", PLAN_COPY, "reference")->recurse);
	assert_true(plan_excludes(made.plan, "/etc/logrotate.d/nginx", NULL));
	assert_false(plan_excludes(made.plan, "/etc/logrotate.d/mine", NULL));
	assert_false(plan_excludes(made.plan, "/etc/ssl/certs/x.pem", NULL));
}

/* The same of what no package owns: an administrator's file about nothing inside would make its reader fail. */
TEST(left_files)
{
	static const char text[] = REDIS
		"package logrotate 1 source=logrotate direct\n  dir /etc/logrotate.d\n"
		"reference /etc/logrotate.d in /etc/logrotate.conf: dir 0755 0:0\n"
		"left-file /etc/logrotate.d/tomcat /var/log/tomcat\n"
		"left-file /etc/logrotate.d/two /var/log/nosuch\nleft-file /etc/logrotate.d/two /var/log\n"
		"left-file /etc/logrotate.d/named /srv/nosuch\n"
		"left-file /etc/logrotate.d/odd /var/log\nstranger-file /etc/logrotate.d/odd nosuch\n";
	_cleanup_made_ PlanFixture made = made_with(text, true, "/etc/logrotate.d/named", NULL);

	assert_true(plan_excludes(made.plan, "/etc/logrotate.d/tomcat", NULL));
	assert_false(plan_excludes(made.plan, "/etc/logrotate.d/two", NULL));
	assert_false(plan_excludes(made.plan, "/etc/logrotate.d/named", NULL));
	assert_true(plan_excludes(made.plan, "/etc/logrotate.d/odd", NULL));
	assert_int_equal(strv_length(made.plan->warnings), 2);
	assert_non_null(strstr(made.plan->warnings[0],
		"odd stays on the host: it names nosuch, which is not an account"));
	assert_non_null(strstr(made.plan->warnings[1],
		"tomcat stays on the host: it names /var/log/tomcat, which is not inside"));
}

/* A file of /etc that a hand-made unit leads to stays on the host without -C, and that is said once. */
TEST(left_out_reference)
{
	static const char text[] =
		REDIS "reference /etc/redis.ini in /etc/default/redis: file 0644 0:0\n"
		      "reference /srv/app in x.service: dir 0755 0:0\n"
		      "reference /etc/ssl/certs/x.pem in /etc/redis/redis.conf: file 0644 0:0\n"
		      "reference /var/lib/redis/data in /etc/redis/redis.conf: file 0644 0:0\n"
		      "etc ssl\n";
	_cleanup_made_ PlanFixture made = made_new(text, false);
	_cleanup_free_ char *all = strv_join(made.plan->warnings, "\n");

	assert_non_null(strstr(all, "/etc/redis.ini, which /etc/default/redis names, is left out"));
	assert_non_null(strstr(all, "/srv/app, which x.service names, begins empty"));
	assert_null(strstr(all, "x.pem"));
	assert_null(strstr(all, "data"));
}
