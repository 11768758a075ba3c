/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What create tells of commands and of services of the host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "plan/build.h"
#include "plan/rules.h"
#include "plan/test-plan-fixture.h"

/* The one warning with this word, or NULL. */
static const char *told(const PlanFixture *made, const char *word)
{
	const char *found = NULL;

	STRV_FOREACH (warning, made->plan->warnings)
		if (strstr(*warning, word)) {
			assert_null(found);
			found = *warning;
		}
	return found;
}

static const struct {
	const char *command, *words; /* NULL: nothing is told */
} commands[] = {
	{ "/bin/mount -t cifs //u:s3cret@server/x /mnt -o password=s3cret", "=: mount / ...: " },
	{ "/bin/sh -c 'mount -a -o password=s3cret'", "=: mount -a ...: " },
	{ "/usr/sbin/rfkill block s3cret", "=: rfkill ...: " },
	{ "/sbin/sysctl -w kernel.x=s3cret", "=: sysctl kernel. ...: " },
	{ "/sbin/ip addr add 192.0.2.1/24 dev eth0", "=: ip add ...: " },
	{ "/sbin/ip link delete br0", "=: ip delete ...: " },
	{ "/sbin/ip link set eth0 up", "=: ip set ...: " },
	{ "/sbin/ethtool -K eth0 tx off", "=: ethtool -K ...: " },
	{ "/sbin/ethtool -s eth0 wol g", "=: ethtool -s ...: " },
	{ "/sbin/brctl addif br0 eth0", "=: brctl add ...: " },
	{ "/sbin/ip addr", NULL },
	{ "/sbin/ip address list", NULL },
	{ "/sbin/ip link list up", NULL },
	{ "/sbin/ip -s link", NULL },
	{ "/sbin/ethtool -S eth0", NULL },
	{ "/sbin/brctl show", NULL },
};

TEST(commands)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_made_ PlanFixture made = { 0 };
		const char *warning;

		assert_true(asprintf(&text,
				    "unit x.service asked\n  path /etc/systemd/system/x.service\n"
				    "  name x.service\n  [Service] ExecStartPre=%s\n" ACCOUNTS,
				    commands[i].command) > 0);
		made = made_new(text, false);
		warning = told(&made, "ExecStartPre=: ");
		if (!warning != !commands[i].words ||
			(warning && !strstr(warning, commands[i].words)))
			fail_msg("%s: %s", commands[i].command, warning ? warning : "nothing");
		STRV_FOREACH (any, made.plan->warnings)
			assert_null(strstr(*any, "s3cret"));
	}
}

TEST(refused_command)
{
	_cleanup_made_ PlanFixture made = made_with(
		"unit x.service asked\n  path /etc/systemd/system/x.service\n  name x.service\n"
		"  [Service] ExecStart=/sbin/iptables -m comment --comment s3cret\n" ACCOUNTS,
		false, NULL, NULL);

	assert_true(made.r < 0);
	assert_non_null(strstr(error_message(made.error), "ExecStart=/sbin/iptables: "));
	assert_null(strstr(error_message(made.error), "s3cret"));
}

/* Only what create could bring is named as a remedy. */
TEST(remedy)
{
	static const struct {
		const char *holder, *remedy;
	} rows[] = { { "postgresql@15-main.service", "(-u postgresql@15-main.service)" },
		{ "python3.11", "(-u UNIT)" }, { "other_sandbox.service", "(-u UNIT)" },
		{ "nginx", "(-u UNIT)" }, { NULL, "(-u UNIT)" } };

	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const char *holder = rows[i / 2].holder;
		_cleanup_made_ PlanFixture made = made_new(REDIS, false);
		Identity identity = { .uuid = (char *)"0123456789abcdef0123456789abcdef" };
		FactPeer *peer = calloc(1, sizeof(*peer));
		const char *warning;

		assert_non_null(peer);
		peer->where = strdup("/etc/x:1");
		peer->holder = holder ? strdup(holder) : NULL;
		peer->mention.port = 5432;
		peer->mention.name = strdup("localhost:5432");
		peer->mention.path = i % 2 ? strdup("/run/x.sock") : NULL;
		made.facts->peers = peer;
		made.facts->n_peers = 1;
		plan_free(TAKE_PTR(made.plan));
		assert_int_equal(
			plan_make(made.desc, &identity, made.facts, &made.plan, &made.error), 0);
		warning = told(&made, "/etc/x:1");
		if (!warning || !strstr(warning, rows[i / 2].remedy))
			fail_msg("%s: %s", holder ? holder : "nobody",
				warning ? warning : "nothing");
	}
}
