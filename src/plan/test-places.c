/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where things stand inside that stand elsewhere on the host, or that many services have in common.
 */
#include <string.h>

#include "base/unit-test.h"
#include "plan/plan.h"
#include "plan/test-plan-fixture.h"

/* A place where many services meet has to be there for a condition; its content is not this unit's. */
TEST(condition_on_common_place)
{
	static const char text[] =
		"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n  name x.service\n"
		"  [Unit] ConditionPathExists=/var/www\n  [Unit] ConditionPathExists=!/var/opt\n" ACCOUNTS;
	_cleanup_made_ PlanFixture made = made_new(text, true);

	made_expect(&made, "/var/www", PLAN_DIRECTORY, "path");
	assert_non_null(strstr(made.plan->warnings[1], "--with /var/www brings"));
	assert_false(made_entry(&made, "/var/opt") &&
		     strcmp(made_entry(&made, "/var/opt")->rule, "path") == 0);
}

/* What was moved away stands inside where the link was; what was moved within /etc, /srv and /var stands there, and the link leads to it. */
TEST(links)
{
	static const char text[] = REDIS
		"link /etc/redis -> /srv/conf/redis as /srv/conf/redis\nlink /var/lib/redis -> /data/redis as /data/redis moved\n"
		"unowned dir /var/lib/redis 0750 101:102\n";
	_cleanup_made_ PlanFixture full = made_new(text, true), empty = made_new(text, false);

	assert_string_equal(
		made_expect(&full, "/etc/redis", PLAN_LINK, "link")->content, "/srv/conf/redis");
	assert_null(made_entry(&full, "/etc/redis/redis.conf"));
	assert_string_equal(
		made_expect(&full, "/srv/conf/redis/redis.conf", PLAN_COPY, "package")->source,
		"/srv/conf/redis/redis.conf");
	assert_string_equal(
		made_expect(&full, "/var/lib/redis", PLAN_COPY, "unowned")->source, "/data/redis");
	assert_true(made_entry(&full, "/var/lib/redis")->recurse);
	made_expect(&empty, "/etc/redis", PLAN_LINK, "link");
	assert_string_equal(
		made_expect(&empty, "/var/lib/redis", PLAN_DIRECTORY, "unowned")->user, "redis");
}

/* The link that every system has is one of the host's as well. */
TEST(links_of_rules)
{
	_cleanup_made_ PlanFixture made =
		made_new(REDIS "link /var/spool/mail -> /var/mail as /var/mail\n", true);

	made_expect(&made, "/var/mail", PLAN_DIRECTORY, "base");
	assert_string_equal(
		made_expect(&made, "/var/spool/mail", PLAN_LINK, "base")->content, "../mail");
}

/* The administrator names what he left out, or wants, by the name that he knows. */
TEST(links_of_the_administrator)
{
	static const char text[] = REDIS
		"link /etc/redis -> /srv/conf/redis as /srv/conf/redis\nlink /srv/current -> /srv/releases/1 as /srv/releases/1\n";
	_cleanup_made_ PlanFixture made =
		made_with(text, true, "/srv/current", "/etc/redis/redis.conf");

	assert_null(made_entry(&made, "/srv/conf/redis/redis.conf"));
	assert_true(made_expect(&made, "/srv/releases/1", PLAN_COPY, "with")->trusted);
	made_expect(&made, "/srv/current", PLAN_LINK, "link");
}
