/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Accounts: which of the host's the service needs, and passwd, group and their shadows with only those in them, numbers as on
 * the host, every password locked.
 */
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"

/* Groups that device nodes, terminals, logs and the base directories belong to, and the account of nobody in particular. */
static const char *const base_accounts[] = { "root", "nobody", "nogroup", "daemon", "bin", "sys",
	"adm", "tty", "disk", "mail", "shadow", "utmp", "staff", "users", "kmem", "input", "wheel",
	"systemd-journal" };

/* Numbers of accounts of persons, by login.defs(5). */
#define PERSONS_FIRST 1000
#define PERSONS_LAST 60000

static const char *const user_keys[] = { "User", "Group", "SupplementaryGroups", "SocketUser",
	"SocketGroup" };

/* A program that lets persons in wants their homes, too, whose content is theirs. */
static void asked_account(PlanBuild *build, const char *asked)
{
	_cleanup_free_ char *name = strndup(asked, strcspn(asked, ","));
	const FactAccount *account = name ? facts_account(build->facts, name, false) : NULL;

	if (!name)
		build->failed = true;
	else if (!account)
		build_meaningless(
			build, "--account %s: there is no such account on this host", name);
	if (!account)
		return;
	build_account(build, name);
	if (account->home && !rules_common_place(account->home) &&
		strcmp(account->home, "/nonexistent") != 0)
		build_directory(build, account->home, 0700, name,
			build_account_name(build, account->gid, true), "home of --account %s",
			name);
}

/* Who has an account on the host may expect to be known to what serves its users. */
static void tell_of_persons(PlanBuild *build)
{
	bool any = false;

	for (size_t i = 0; i < build->facts->n_accounts && !any; i++) {
		const FactAccount *a = &build->facts->accounts[i];

		any = !a->group && a->id >= PERSONS_FIRST && a->id <= PERSONS_LAST;
	}
	KNOWLEDGE_FOREACH (server, build->facts->knowledge, STANZA_LOCAL_USERS, "package") {
		const FactPackage *package = facts_package(build->facts, server.value);

		if (any && package && package->direct && !build->desc->accounts)
			build_warn(build,
				"%s serves accounts of its machine: those of this host's users are "
				"not in the "
				"container, where all passwords are locked; --account "
				"NAME[,password] brings one",
				package->name);
	}
}

void rule_user(PlanBuild *build)
{
	STRV_FOREACH (asked, build->desc->accounts)
		asked_account(build, *asked);
	tell_of_persons(build);
	if (build->desc->user) {
		_cleanup_strv_ char **names = NULL;

		if (strv_split(&names, build->desc->user, ":") < 0)
			build->failed = true;
		STRV_FOREACH (name, names)
			build_account(build, *name);
	}
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];

		for (size_t j = 0; j < unit->n_directives; j++) {
			_cleanup_strv_ char **words = NULL;

			for (size_t k = 0; k < ARRAY_SIZE(user_keys); k++)
				if (strcmp(unit->directives[j].key, user_keys[k]) == 0 &&
					strv_split(&words, unit->directives[j].value, " \t") < 0)
					build->failed = true;
			STRV_FOREACH (word, words)
				build_account(build, *word);
		}
	}
}

/* Accounts whose home directory the plan contains, or that own a directory which a package declares: what compiled-in
 * defaults of a service run as. */
static void home_accounts(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_accounts; i++) {
		const FactAccount *a = &build->facts->accounts[i];
		const KnownPath *known;

		if (a->group || !a->home || rules_common_place(a->home) || a->id >= 1000)
			continue;
		known = build_known(build, a->home);
		if (known && known->package && known->package->direct)
			build_account(build, a->name);
		for (size_t j = 0; j < build->facts->n_units; j++) {
			const char *run = facts_unit_get(
				&build->facts->units[j], "Service", "RuntimeDirectory");

			if (run && path_is_below(a->home, "/run") &&
				strcmp(path_base(a->home), run) == 0)
				build_account(build, a->name);
		}
	}
}

void rule_named_account(PlanBuild *build)
{
	STRV_FOREACH (name, build->facts->named_accounts)
		build_account(build, *name);
	home_accounts(build);
}

/* The primary group of each user, the groups that list it as a member, and the user of each group's name. */
static void related_accounts(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_accounts; i++) {
		const FactAccount *a = &build->facts->accounts[i];

		if (!a->group && strv_contains(build->accounts, a->name))
			build_account(build, build_account_name(build, a->gid, true));
	}
	for (size_t i = 0; i < build->facts->n_accounts; i++) {
		const FactAccount *a = &build->facts->accounts[i];

		STRV_FOREACH (member, a->group ? a->members : NULL)
			if (a->id < 1000 && facts_account(build->facts, *member, false) &&
				strv_contains(build->accounts, *member))
				build_account(build, a->name);
	}
}

static void format_user(Buf *passwd, Buf *shadow, const FactAccount *a)
{
	buf_printf(passwd, "%s:x:%u:%u:%s:%s:%s\n", a->name, a->id, a->gid,
		a->gecos ? a->gecos : "", a->home ? a->home : "/",
		a->shell ? a->shell : "/usr/sbin/nologin");
	buf_printf(shadow, "%s:!*:::::::\n", a->name);
}

static void format_group(const PlanBuild *build, Buf *group, Buf *gshadow, const FactAccount *a)
{
	const char *comma = "";

	buf_printf(group, "%s:x:%u:", a->name, a->id);
	buf_printf(gshadow, "%s:!*::", a->name);
	STRV_FOREACH (member, a->members) {
		if (!strv_contains(build->accounts, *member) ||
			!facts_account(build->facts, *member, false))
			continue;
		buf_printf(group, "%s%s", comma, *member);
		buf_printf(gshadow, "%s%s", comma, *member);
		comma = ",";
	}
	buf_puts(group, "\n");
	buf_puts(gshadow, "\n");
}

static void account_file(
	PlanBuild *build, const char *path, mode_t mode, const char *owner_group, Buf *text)
{
	_cleanup_free_ char *content = NULL;

	if (buf_take(text, &content, NULL) < 0) {
		build->failed = true;
		return;
	}
	build_owner(build,
		build_file(build, path, mode, content,
			"accounts that the service needs, passwords locked"),
		NULL, owner_group);
}

void rule_account(PlanBuild *build)
{
	_cleanup_buf_ Buf passwd = { 0 }, shadow = { 0 }, group = { 0 }, gshadow = { 0 };
	const Facts *facts = build->facts;

	for (size_t i = 0; i < ARRAY_SIZE(base_accounts); i++)
		build_account(build, base_accounts[i]);
	related_accounts(build);
	if (!facts_account(facts, "root",
		    false)) { /* the facts list only what the host reader looked for */
		buf_puts(&passwd, "root:x:0:0:root:/root:/bin/bash\n");
		buf_puts(&shadow, "root:!*:::::::\n");
	}
	if (!facts_account(facts, "root", true)) {
		buf_puts(&group, "root:x:0:\n");
		buf_puts(&gshadow, "root:!*::\n");
	}
	for (size_t i = 0; i < facts->n_accounts; i++) {
		const FactAccount *a = &facts->accounts[i];

		if (!strv_contains(build->accounts, a->name))
			continue;
		if (a->group)
			format_group(build, &group, &gshadow, a);
		else
			format_user(&passwd, &shadow, a);
	}
	account_file(build, "/etc/passwd", 0644, NULL, &passwd);
	account_file(build, "/etc/group", 0644, NULL, &group);
	account_file(build, "/etc/shadow", 0640, "shadow", &shadow);
	account_file(build, "/etc/gshadow", 0640, "shadow", &gshadow);
}
