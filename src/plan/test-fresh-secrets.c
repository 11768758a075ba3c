/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules over stanzas of services: secrets that are made fresh, and types of ports.
 */
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "plan/test-facts.h"
#include "plan/test-plan-fixture.h"

TEST(ssh_key)
{
	_cleanup_made_ PlanFixture none = made_new(SSHD, true);
	_cleanup_made_ PlanFixture rsa = made_new(SSHD
		"unowned file /etc/ssh/ssh_host_rsa_key 0600 0:0 package=openssh-server\n"
		"unowned file /etc/ssh/ssh_host_rsa_key.pub 0644 0:0 package=openssh-server\n",
		true);

	assert_string_equal(
		made_expect(&none, "/etc/ssh/ssh_host_ed25519_key", PLAN_SECRET, "fresh-secret")
			->content,
		"ssh-host-key ed25519");
	assert_string_equal(
		made_expect(&rsa, "/etc/ssh/ssh_host_rsa_key", PLAN_SECRET, "fresh-secret")
			->content,
		"ssh-host-key rsa");
	assert_null(made_entry(&rsa, "/etc/ssh/ssh_host_rsa_key.pub"));
}

/* The types of ports come from the services' stanzas; what no stanza says may be any. */
TEST(ports)
{
	static const char units[] =
		"unit redis-server.service asked\n  name redis-server.service\n"
		"unit named.service asked\n  name named.service\n  name bind9.service\n"
		"unit helper.service\n  name helper.service\n",
			  unknown[] = "unit own.service asked\n  name own.service\n";
	const Identity identity = {};
	_cleanup_made_ PlanFixture without = made_new(units, true);
	_cleanup_facts_ Facts *facts = NULL, *others = NULL;
	_cleanup_plan_ Plan *plan = NULL, *any = NULL;

	assert_null(without.plan->ports);
	without.desc->security.custom_type = true;
	assert_int_equal(test_facts_parse(units, &facts, NULL), 0);
	assert_int_equal(plan_make(without.desc, &identity, facts, &plan, NULL), 0);
	assert_int_equal(strv_length(plan->ports), 2);
	assert_string_equal(plan->ports[0], "redis_port_t");
	assert_string_equal(plan->ports[1], "dns_port_t");
	assert_int_equal(test_facts_parse(unknown, &others, NULL), 0);
	assert_int_equal(plan_make(without.desc, &identity, others, &any, NULL), 0);
	assert_int_equal(strv_length(any->ports), 1);
	assert_string_equal(any->ports[0], "port_type");
}

/* A shared key that the host has is made anew, for the accounts that read it; where there is none there is none inside. */
TEST(shared_key)
{
	static const char path[] = "/etc/bind/rndc.key";
	_cleanup_made_ PlanFixture none = made_new(REDIS, true);
	_cleanup_made_ PlanFixture made = made_new(REDIS
		"user bind 110:115 \"bind\" /var/cache/bind /usr/sbin/nologin\ngroup bind 115 -\n"
		"unowned file /etc/bind/rndc.key 0640 110:115 package=redis-server\n",
		true);
	const PlanEntry *e = made_expect(&made, path, PLAN_SECRET, "fresh-secret");

	assert_null(made_entry(&none, path));
	assert_int_equal(strncmp(e->content, "shared-key key \"rndc-key\" {\n", 28), 0);
	assert_string_equal(e->user, "bind");
	assert_string_equal(e->group, "bind");
	assert_int_equal(e->mode, 0640);
}

TEST(snakeoil)
{
	_cleanup_made_ PlanFixture made =
		made_new(REDIS "package ssl-cert 1 source=ssl-cert\n", true);
	const PlanEntry *e = made_expect(
		&made, "/etc/ssl/private/ssl-cert-snakeoil.key", PLAN_SECRET, "fresh-secret");

	assert_string_equal(e->content, "tls-certificate /etc/ssl/certs/ssl-cert-snakeoil.pem");
	assert_string_equal(e->group, "ssl-cert");
	assert_true(plan_excludes(made.plan, "/etc/ssl/certs/ssl-cert-snakeoil.pem", NULL));
	e = made_expect(&made, "/etc/ssl/private", PLAN_DIRECTORY, "fresh-secret");
	assert_string_equal(e->group, "ssl-cert");
	assert_int_equal(e->mode, 0710);
}
