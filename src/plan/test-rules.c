/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each rule, with the smallest facts that make it apply.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "plan/build.h"
#include "plan/plan.h"
#include "plan/rules.h"
#include "plan/test-plan-fixture.h"

static bool contains(const PlanFixture *made, const char *path, const char *text)
{
	const PlanEntry *e = made_entry(made, path);

	return e && e->content && strstr(e->content, text);
}

TEST(table)
{
	for (size_t i = 0; i < rules_count(); i++) {
		assert_true(strlen(rules_at(i)->what) > 10);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rules_at(i)->name, rules_at(j)->name);
	}
}

TEST(base)
{
	_cleanup_made_ PlanFixture made =
		made_new(REDIS "etc localtime\netc ssl\netc shadow\n", true);

	made_expect(&made, "/etc/localtime", PLAN_COPY, "base");
	made_expect(&made, "/etc/ssl/certs", PLAN_COPY, "base");
	made_expect(&made, "/etc/nsswitch.conf", PLAN_FILE, "base");
	assert_null(made_entry(&made, "/etc/pki/tls/certs")); /* the host has no /etc/pki */
	assert_string_equal(made_expect(&made, "/var/run", PLAN_LINK, "base")->content, "/run");
	assert_string_equal(made_expect(&made, "/var/log/wtmp", PLAN_FILE, "base")->group, "utmp");
}

/* The links of all certificates come along only where somebody may look for one. */
TEST(certificates)
{
	static const char *const wanting[] = { "package ca-certificates 1 source=ca-certificates\n",
		"reference /etc/ssl/certs in /etc/redis/redis.conf: dir 0755 0:0\n" };
	static const char host[] = "etc ssl\ncertificate file /etc/ssl/certs/ca-certificates.crt\n"
				   "certificate dir /etc/ssl/certs/mine\n";
	_cleanup_made_ PlanFixture one = made_new(REDIS
		"etc ssl\ncertificate file /etc/ssl/certs/ca-certificates.crt\n"
		"certificate dir /etc/ssl/certs/mine\n"
		"reference /etc/ssl/certs/Root.pem in /etc/redis/redis.conf: link 0777 0:0\n",
		false);

	made_expect(&one, "/etc/ssl/certs/ca-certificates.crt", PLAN_COPY, "base");
	made_expect(&one, "/etc/ssl/certs/Root.pem", PLAN_COPY, "base");
	assert_true(made_expect(&one, "/etc/ssl/certs/mine", PLAN_COPY, "base")->recurse);
	made_expect(&one, "/etc/ssl/certs", PLAN_DIRECTORY, "parent");
	for (size_t i = 0; i < ARRAY_SIZE(wanting); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_made_ PlanFixture all = { 0 };

		assert_true(asprintf(&text, REDIS "%s%s", host, wanting[i]) > 0);
		all = made_new(text, true);
		assert_true(made_expect(&all, "/etc/ssl/certs", PLAN_COPY, "base")->recurse);
		assert_null(made_entry(&all, "/etc/ssl/certs/ca-certificates.crt"));
	}
}

TEST(identity)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS, true);

	assert_string_equal(
		made_expect(&made, "/etc/hostname", PLAN_FILE, "identity")->content, "web1\n");
	assert_string_equal(made_expect(&made, "/etc/machine-id", PLAN_FILE, "identity")->content,
		"0123456789abcdef0123456789abcdef\n");
	/* by both families, so that nobody asks a name server for the other one */
	assert_true(contains(&made, "/etc/hosts", "\n127.0.1.1\tweb1\n"));
	assert_true(contains(&made, "/etc/hosts", "\n::1\tweb1\n"));
}

TEST(domain)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS "domain example.org\n", true);

	assert_string_equal(
		made_expect(&made, "/etc/hostname", PLAN_FILE, "identity")->content, "web1\n");
	assert_true(contains(&made, "/etc/hosts", "\n127.0.1.1\tweb1.example.org web1\n"));
	assert_true(contains(&made, "/etc/hosts", "\n::1\tweb1.example.org web1\n"));
}

TEST(resolver)
{
	_cleanup_made_ PlanFixture stub = made_new(REDIS
					   "resolver /run/systemd/resolve/resolv.conf\n",
					   true),
				   none = made_new(REDIS, true);

	assert_string_equal(made_expect(&stub, "/etc/resolv.conf", PLAN_COPY, "base")->source,
		"/run/systemd/resolve/resolv.conf");
	assert_string_equal(made_expect(&none, "/etc/resolv.conf", PLAN_COPY, "base")->source,
		"/etc/resolv.conf");
}

TEST(sorted)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS, true);

	for (size_t i = 1; i < made.plan->n_entries; i++) {
		const char *path = made.plan->entries[i].path, *slash = strrchr(path, '/');
		_cleanup_free_ char *parent = strndup(path, (size_t)(slash - path));

		assert_true(plan_path_compare(made.plan->entries[i - 1].path, path) < 0);
		if (*parent)
			assert_non_null(made_entry(&made, parent));
	}
}

TEST(accounts)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS, true);

	assert_true(contains(
		&made, "/etc/passwd", "redis:x:101:102::/var/lib/redis:/usr/sbin/nologin\n"));
	assert_true(contains(&made, "/etc/group", "ssl-cert:x:105:redis\n"));
	assert_false(contains(&made, "/etc/passwd", "mysql"));
	assert_false(contains(&made, "/etc/passwd", "alice"));
	assert_true(contains(&made, "/etc/shadow", "root:!*:::::::\n"));
	assert_true(contains(&made, "/etc/shadow", "redis:!*:::::::\n"));
	assert_int_equal(made_expect(&made, "/etc/shadow", PLAN_FILE, "account")->mode, 0640);
}

TEST(named_account)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS "named-account mysql\n", true);

	assert_true(contains(&made, "/etc/passwd", "mysql:x:103:104:"));
}

TEST(sysusers)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS
		"sysusers /usr/lib/sysusers.d/x.conf (redis-server): u mysql - \"MySQL\" /x\n",
		true);

	assert_true(contains(&made, "/etc/passwd", "mysql:x:103:104:"));
}

/* What a server expects in /etc by its own default comes with that server alone. */
TEST(base_of_package)
{
	static const char mail[] = "package postfix 1 source=postfix direct\n";
	_cleanup_made_ PlanFixture made = made_new(mail, true), other = made_new(REDIS, true);

	made_expect(&made, "/etc/aliases", PLAN_COPY, "base");
	assert_null(made_entry(&other, "/etc/aliases"));
}

TEST(package)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS
		"package libx 1 source=x\n  dir /etc/x\n  file /etc/x/x.conf conffile\n"
		"  missing /etc/x/gone.conf\n  file /etc/init.d/x\n  file /etc/logrotate.d/x\n"
		"  dir /opt/x\n  file /opt/x/lib\n  file /var/log/x.log\n",
		true);

	made_expect(&made, "/etc/redis/redis.conf", PLAN_COPY, "package");
	made_expect(&made, "/etc/x/x.conf", PLAN_COPY, "package");
	assert_null(made_entry(&made, "/etc/x/gone.conf"));
	assert_null(made_entry(&made, "/etc/init.d/x"));
	assert_null(made_entry(&made, "/etc/logrotate.d/x"));
	assert_null(made_entry(&made, "/var/log/x.log"));
	assert_true(strv_contains(made.plan->shared, "/opt/x"));
}

#define UNOWNED                                                                                    \
	"unowned file /etc/redis/local.conf 0640 0:102 package=redis-server\n"                     \
	"unowned dir /var/lib/redis 0750 101:102\n"                                                \
	"unowned dir /var/lib/mysql 0700 103:104\n"                                                \
	"unowned link /etc/redis/on 0777 0:0 -> redis.conf\n"

TEST(unowned_copied)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS UNOWNED, true);

	made_expect(&made, "/etc/redis/local.conf", PLAN_COPY, "unowned");
	assert_true(made_expect(&made, "/var/lib/redis", PLAN_COPY, "unowned")->recurse);
	assert_null(made_entry(&made, "/var/lib/mysql")); /* another service's */
}

TEST(unowned_empty)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS UNOWNED, false);
	const PlanEntry *e = made_expect(&made, "/var/lib/redis", PLAN_DIRECTORY, "unowned");

	assert_int_equal(e->mode, 0750);
	assert_string_equal(e->user, "redis");
	assert_string_equal(e->group, "redis");
	assert_null(made_entry(&made, "/etc/redis/local.conf"));
	made_expect(&made, "/etc/redis/on", PLAN_COPY,
		"unowned"); /* it selects what the package owns */
	assert_non_null(made.plan->warnings);
}

/* Configuration that a maintainer script wrote is the package's default; the rest is left out, and what is not is not said to be. */
TEST(unowned_of_scripts)
{
	static const char text[] = REDIS
		"unowned file /etc/redis/written.conf 0640 0:102 package=redis-server conffile\n"
		"unowned file /etc/default/redis-server 0644 0:0 package=redis-server conffile\n"
		"unowned file /etc/redis/mine.conf 0644 0:0 package=redis-server\n"
		"unowned file /etc/redis/named.conf 0644 0:0 package=redis-server\n"
		"unit y.service\n  name y.service\n"
		"  [Service] EnvironmentFile=/etc/redis/named.conf\n";
	_cleanup_made_ PlanFixture made = made_new(text, false);

	made_expect(&made, "/etc/redis/written.conf", PLAN_COPY, "unowned");
	made_expect(&made, "/etc/default/redis-server", PLAN_COPY, "unowned");
	made_expect(&made, "/etc/redis/named.conf", PLAN_COPY, "path");
	assert_null(made_entry(&made, "/etc/redis/mine.conf"));
	assert_int_equal(strv_length(made.plan->warnings), 2);
	assert_non_null(strstr(made.plan->warnings[1], "/etc/redis/mine.conf"));
}

TEST(directory)
{
	static const char text[] =
		"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n  name x.service\n"
		"  [Service] User=redis\n  [Service] StateDirectory=x x/y\n"
		"  [Service] StateDirectoryMode=0700\n  [Service] ConfigurationDirectory=x\n" ACCOUNTS;
	_cleanup_made_ PlanFixture made = made_new(text, true);
	const PlanEntry *e = made_expect(&made, "/var/lib/x", PLAN_DIRECTORY, "directory");

	assert_int_equal(e->mode, 0700);
	assert_string_equal(e->user, "redis");
	made_expect(&made, "/var/lib/x/y", PLAN_DIRECTORY, "directory");
	made_expect(&made, "/etc/x", PLAN_DIRECTORY, "directory");
}

TEST(dynamic_user)
{
	static const char text[] =
		"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n  name x.service\n"
		"  [Service] DynamicUser=yes\n  [Service] StateDirectory=x\n" ACCOUNTS
		"unowned dir /var/lib/private/x 0755 62000:62000\n";
	_cleanup_made_ PlanFixture empty = made_new(text, false), full = made_new(text, true);

	assert_null(made_entry(&empty, "/var/lib/private/x")); /* systemd makes it */
	assert_true(made_expect(&full, "/var/lib/private/x", PLAN_COPY, "unowned")->recurse);
}

TEST(paths)
{
	static const char text[] =
		"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n  name x.service\n"
		"  [Service] EnvironmentFile=-/etc/default/x\n  [Service] EnvironmentFile=-/etc/default/none\n"
		"  [Service] ReadWritePaths=/var/spool/x\n  [Service] User=redis\n"
		"  [Service] ExecStart=/opt/x/bin/x --config=/etc/x.conf -d /var/lib http://localhost/x\n"
		"package x 1 source=x direct\n  file /etc/default/x conffile\n  file /etc/x.conf\n" ACCOUNTS;
	_cleanup_made_ PlanFixture made = made_new(text, true);

	made_expect(&made, "/etc/default/x", PLAN_COPY, "package");
	assert_null(made_entry(&made, "/etc/default/none"));
	assert_non_null(made_entry(&made, "/etc/x.conf"));
	assert_string_equal(
		made_expect(&made, "/var/spool/x", PLAN_DIRECTORY, "path")->user, "redis");
	assert_true(strv_contains(made.plan->shared, "/opt/x"));
	assert_int_equal(made_expect(&made, "/var/lib", PLAN_DIRECTORY, "base")->mode, 0755);
}

/* /run itself is always there; what is below it somebody has to make. */
TEST(paths_of_run)
{
	static const char *const rows[] = { "/run", "/run/", "/var/run", "/run/lock", "/run/x" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_made_ PlanFixture made = { 0 };
		bool told = false;

		assert_true(
			asprintf(&text,
				"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n"
				"  name x.service\n  [Service] ReadWritePaths=%s\n"
				"run-path %s\n" ACCOUNTS,
				rows[i], rows[i]) > 0);
		made = made_new(text, true);
		STRV_FOREACH (warning, made.plan->warnings)
			told = told || strstr(*warning, "nothing in the container makes");
		assert_int_equal(told, strcmp(rows[i], "/run/x") == 0);
	}
}

TEST(tmpfiles)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS
		"tmpfiles /usr/lib/tmpfiles.d/x.conf (redis-server): d /var/lib/x 0750 redis redis -\n"
		"tmpfiles /usr/lib/tmpfiles.d/x.conf (redis-server): d /run/x 0750 redis redis -\n"
		"tmpfiles /usr/lib/tmpfiles.d/x.conf (redis-server): L /var/lib/l - - - - /usr/share/x\n",
		true);

	assert_int_equal(made_expect(&made, "/var/lib/x", PLAN_DIRECTORY, "tmpfiles")->mode, 0750);
	assert_string_equal(
		made_expect(&made, "/var/lib/l", PLAN_LINK, "tmpfiles")->content, "/usr/share/x");
	assert_null(made_entry(&made, "/run/x"));
	assert_true(contains(&made,
		"/etc/systemd/system/systemd-tmpfiles-setup.service.d/50-virt-sandbox.conf",
		" x.conf\n"));
}

TEST(reference)
{
	static const char text[] =
		REDIS "reference /srv/www in /etc/redis/redis.conf: dir 0755 0:0\n"
		      "reference /var/lib/mysql in /etc/redis/redis.conf: dir 0700 103:104\n"
		      "reference /home/alice in /etc/redis/redis.conf: dir 0700 0:0\n";
	_cleanup_made_ PlanFixture full = made_new(text, true), empty = made_new(text, false);

	assert_true(made_expect(&full, "/srv/www", PLAN_COPY, "reference")->recurse);
	assert_null(made_entry(&full, "/var/lib/mysql"));
	assert_null(made_entry(&full, "/home/alice"));
	assert_non_null(strstr(full.plan->warnings[0], "/var/lib/mysql"));
	assert_non_null(strstr(full.plan->warnings[1], "--with /home/alice copies it"));
	made_expect(&empty, "/srv/www", PLAN_DIRECTORY, "reference");
}

/* A unit is read, and the init script that one comes from; that of another service is not. */
TEST(reference_of_unit)
{
	static const char text[] =
		"unit x.service asked\n  init-script /etc/init.d/x\n  name x.service\n"
		"package x 1 source=x direct\n  file /etc/init.d/x conffile\n"
		"reference /etc/x.conf in /etc/init.d/x: file 0644 0:0\n"
		"reference /etc/y.conf in /etc/init.d/y: file 0644 0:0\n"
		"unit z.service\n  path /etc/systemd/system/z.service\n  name z.service\n"
		"reference /srv/z in /etc/systemd/system/z.service: dir 0755 0:0\n" ACCOUNTS;
	_cleanup_made_ PlanFixture made = made_new(text, true);

	made_expect(&made, "/etc/x.conf", PLAN_COPY, "reference");
	assert_null(made_entry(&made, "/etc/y.conf"));
	assert_true(made_expect(&made, "/srv/z", PLAN_COPY, "reference")->recurse);
}

TEST(no_package)
{
	_cleanup_made_ PlanFixture made =
		made_new("unit x.service asked\n  path /etc/systemd/system/x.service\n"
			 "  name x.service\n" ACCOUNTS,
			true);

	made_expect(&made, "/etc/systemd/system/x.service", PLAN_COPY, "unit-file");
	assert_non_null(
		strstr(made.plan->warnings[0], "x.service belongs to no installed package"));
}

TEST(unit_file)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS, true);

	assert_string_equal(
		made_expect(&made,
			"/etc/systemd/system/multi-user.target.wants/redis-server.service",
			PLAN_LINK, "unit-file")
			->content,
		"/usr/lib/systemd/system/redis-server.service");
	made_expect(&made, "/etc/systemd/system/redis.service", PLAN_LINK, "unit-file");
	made_expect(&made, "/etc/systemd/system-generators/systemd-sysv-generator", PLAN_LINK,
		"unit-file");
}

TEST(init_script)
{
	_cleanup_made_ PlanFixture made = made_new(
		"unit x.service asked\n  name x.service\n  init-script /etc/init.d/x\n" ACCOUNTS
		"foreign-generator systemd-sysv-generator\n",
		true);

	made_expect(&made, "/etc/init.d/x", PLAN_COPY, "unit-file");
	assert_string_equal(
		made_expect(&made, "/etc/systemd/system/multi-user.target.wants/x.service",
			PLAN_LINK, "unit-file")
			->content,
		"/run/systemd/generator.late/x.service");
	assert_null(made_entry(&made, "/etc/systemd/system-generators/systemd-sysv-generator"));
}

/* /run is new at each start, and the host's other directories are not there. */
TEST(unit_files_elsewhere)
{
	_cleanup_made_ PlanFixture made = made_new(
		"unit x.service asked\n  name x.service\n  path /run/systemd/transient/x.service\n"
		"  package x\n"
		"  dropin /run/systemd/system/x.service.d/a.conf\n"
		"  dropin /etc/systemd/system.control/x.service.d/50-b.conf\n"
		"unit y.service asked\n  name y.service\n  path /opt/y/other-name.service\n"
		"  package y\n"
		"stale-unit x.service\n" ACCOUNTS,
		true);
	static const struct {
		const char *path, *source;
	} expected[] = {
		{ "/etc/systemd/system/x.service", "/run/systemd/transient/x.service" },
		{ "/etc/systemd/system/x.service.d/a.conf",
			"/run/systemd/system/x.service.d/a.conf" },
		{ "/etc/systemd/system.control/x.service.d/50-b.conf",
			"/etc/systemd/system.control/x.service.d/50-b.conf" },
		{ "/etc/systemd/system/y.service", "/opt/y/other-name.service" },
	};
	size_t stale = 0;

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(
			made_expect(&made, expected[i].path, PLAN_COPY, "unit-file")->source,
			expected[i].source);
	assert_string_equal(
		made_expect(&made, "/etc/systemd/system/multi-user.target.wants/y.service",
			PLAN_LINK, "unit-file")
			->content,
		"/etc/systemd/system/y.service");
	STRV_FOREACH (warning, made.plan->warnings)
		stale += strstr(*warning, "x.service changed on disk") ? 1U : 0U;
	assert_int_equal(stale, 1);
}

TEST(mask)
{
	_cleanup_made_ PlanFixture made =
		made_new(REDIS "vendor-wants sysinit.target.wants/systemd-udevd.service\n"
			       "vendor-wants sysinit.target.wants/systemd-journald.service\n"
			       "vendor-wants sockets.target.wants/dbus.socket\n"
			       "vendor-wants initrd.target.wants/other.service\n"
			       "foreign-generator postfix-instance-generator\n"
			       "unit y.service\n  name y.service\n"
			       "  [Unit] Wants=stranger.service redis.service some.target\n",
			true);

	made_expect(&made, "/etc/systemd/system-generators/postfix-instance-generator", PLAN_LINK,
		"mask");
	made_expect(
		&made, "/etc/systemd/system-generators/systemd-fstab-generator", PLAN_LINK, "mask");
	assert_string_equal(
		made_expect(&made, "/etc/systemd/system/systemd-udevd.service", PLAN_LINK, "mask")
			->content,
		"/dev/null");
	made_expect(&made, "/etc/systemd/system/dbus.socket", PLAN_LINK, "mask");
	assert_null(made_entry(&made, "/etc/systemd/system/systemd-journald.service"));
	assert_null(made_entry(&made, "/etc/systemd/system/other.service"));
	/* Wanted by a unit of the container, but another service. */
	assert_string_equal(
		made_expect(&made, "/etc/systemd/system/stranger.service", PLAN_LINK, "mask")
			->content,
		"/dev/null");
	assert_null(made_entry(&made, "/etc/systemd/system/some.target"));
	made_expect(&made, "/etc/systemd/system/redis.service", PLAN_LINK, "unit-file");
}

TEST(bus)
{
	_cleanup_made_ PlanFixture made = made_new(
		"unit x.service asked\n  path /usr/lib/systemd/system/x.service\n  name x.service\n"
		"  [Service] BusName=org.x\n" ACCOUNTS
		"vendor-wants sockets.target.wants/dbus.socket\n",
		true);

	assert_null(made_entry(&made, "/etc/systemd/system/dbus.socket"));
	made_expect(&made, "/etc/dbus-1", PLAN_COPY, "mask");
}

TEST(condition)
{
	static const char text[] =
		"unit x.service asked\n  name x.service\n  package x\n"
		"  [Unit] ConditionPathExists=/etc/x.conf\n  [Unit] AssertPathExists=/etc/y.conf\n"
		"missing-path /etc/x.conf\n" ACCOUNTS;
	_cleanup_made_ PlanFixture made = made_new(text, true);

	assert_int_equal(strv_length(made.plan->warnings), 1);
	assert_non_null(
		strstr(made.plan->warnings[0], "x.service: ConditionPathExists=/etc/x.conf"));
}

TEST(manager_problem)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS "manager-problem it is busy\n", true);

	assert_non_null(strstr(made.plan->warnings[0], "(it is busy)"));
}

TEST(first_start)
{
	static const char text[] = "unit postgresql@15-main.service asked\n"
				   "  path /usr/lib/systemd/system/postgresql@.service\n"
				   "  name postgresql@15-main.service\n"
				   "  package postgresql-common\n" ACCOUNTS;
	static const char path[] =
		"/etc/systemd/system/postgresql@15-main.service.d/40-first-start.conf";
	_cleanup_made_ PlanFixture empty = made_new(text, false), full = made_new(text, true);

	made_expect(&empty, path, PLAN_FILE, "first-start");
	assert_true(contains(&empty, path,
		"ExecStartPre=+/bin/sh -c 'test -e /var/lib/postgresql/15/main/PG_VERSION || exec pg_createcluster 15 main'\n"));
	assert_null(made_entry(&full, path));
}

TEST(boot)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS, true);

	assert_true(contains(&made, "/etc/systemd/journald.conf", "Storage=persistent"));
	assert_string_equal(
		made_expect(&made, "/etc/systemd/system/default.target", PLAN_LINK, "boot")
			->content,
		"/usr/lib/systemd/system/multi-user.target");
}

TEST(json)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS, true);
	_cleanup_free_ char *json = NULL;

	assert_int_equal(plan_format_json(made.plan, &json, NULL), 0);
	assert_non_null(strstr(
		json, "\"path\":\"/etc/redis/redis.conf\",\"source\":\"/etc/redis/redis.conf\""));
}

/* What packages and units declare, and what was only read out of text or follows from where a file lies. */
TEST(inferred)
{
	_cleanup_made_ PlanFixture made = made_new(REDIS
		"unowned file /etc/redis/site.conf 0640 0:0 package=redis-server\n"
		"unowned file /etc/redis/made.conf 0640 0:0 package=redis-server conffile\n"
		"reference /etc/redis-data in /etc/redis/redis.conf: file 0644 0:0\n",
		true);
	_cleanup_free_ char *text = NULL, *json = NULL;

	assert_false(made_entry(&made, "/etc/redis/redis.conf")->inferred);
	assert_true(made_entry(&made, "/etc/redis/site.conf")->inferred);
	assert_false(made_entry(&made, "/etc/redis/made.conf")->inferred);
	assert_true(made_entry(&made, "/etc/redis-data")->inferred);
	assert_false(made_entry(&made, "/etc/hostname")->inferred);
	assert_int_equal(plan_format(made.plan, &text, NULL), 0);
	assert_non_null(strstr(text, "/etc/redis-data  # reference (inferred): named in"));
	assert_non_null(strstr(text, "/etc/redis/redis.conf  # package: conffile"));
	assert_int_equal(plan_format_json(made.plan, &json, NULL), 0);
	assert_non_null(strstr(json, "\"inferred\":true"));
}
