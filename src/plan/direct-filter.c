/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Directives that are about system calls, as rules of which the first that fits decides. What a test of arguments forbids stands first, then SystemCallFilter=.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/strv.h"
#include "base/text.h"
#include "host/unit-words.h"
#include "plan/direct.h"

typedef struct CallGroup {
	const char *name;
	const char *calls; /* with blanks between them; another group begins with "@" */
} CallGroup;

#include "plan/call-group-rows.h" /* made of call-groups.table */

#define GROUP_DEPTH_MAX 4 /* of groups in groups */
#define KILLS (-1)

static PlanCallRule *add_rule(Making *m, int error, const char *calls)
{
	Plan *plan = m->build->plan;
	static PlanCallRule nowhere;
	PlanCallRule *rule = &nowhere;

	if (array_room(&plan->call_rules, plan->n_call_rules, sizeof(*plan->call_rules)) == 0) {
		rule = &plan->call_rules[plan->n_call_rules];
		*rule = (PlanCallRule){ .error = error };
		if (strv_split(&rule->calls, calls, " ") == 0) {
			plan->n_call_rules++;
			return rule;
		}
	}
	m->build->failed = true;
	nowhere = (PlanCallRule){ 0 };
	return &nowhere;
}

static void add_test(
	Making *m, PlanCallRule *rule, unsigned int argument, PlanCallTestKind kind, uint64_t value)
{
	if (rule->n_tests == PLAN_CALL_TESTS_MAX) {
		direct_refuse(m, "with --init=direct it has fewer words");
		return;
	}
	rule->tests[rule->n_tests++] =
		(PlanCallTest){ .argument = argument, .kind = kind, .value = value };
}

/* All bits of value are set. */
static void forbid_bits(Making *m, const char *calls, unsigned int argument, uint64_t value)
{
	add_test(m, add_rule(m, EPERM, calls), argument, PLAN_CALL_HAS, value);
}

static void forbid_others(
	Making *m, const char *call, unsigned int argument, const uint64_t *values, size_t n)
{
	PlanCallRule *rule = add_rule(m, EPERM, call);

	for (size_t i = 0; i < n; i++)
		add_test(m, rule, argument, PLAN_CALL_IS_NOT, values[i]);
}

/* -- Switches -- */

static void lock_personality(Making *m)
{
	static const uint64_t values[] = { PER_LINUX, 0xffffffff,
		UINT64_MAX }; /* the last two ask */

	forbid_others(m, "personality", 0, values, ARRAY_SIZE(values));
}

static void deny_write_execute(Making *m)
{
	forbid_bits(m, "mmap", 2, PROT_WRITE | PROT_EXEC);
	forbid_bits(m, "mprotect pkey_mprotect", 2, PROT_EXEC);
	forbid_bits(m, "shmat", 2, SHM_EXEC);
}

static void restrict_realtime(Making *m)
{
	static const uint64_t policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE };

	forbid_others(m, "sched_setscheduler", 1, policies, ARRAY_SIZE(policies));
}

static void restrict_set_ids(Making *m)
{
	static const uint64_t bits[] = { S_ISUID, S_ISGID };

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		PlanCallRule *rule;

		forbid_bits(m, "chmod fchmod mkdir mknod creat", 1, bits[i]);
		forbid_bits(m, "fchmodat fchmodat2 mkdirat mknodat", 2, bits[i]);
		rule = add_rule(m, EPERM, "open");
		add_test(m, rule, 1, PLAN_CALL_HAS, O_CREAT);
		add_test(m, rule, 2, PLAN_CALL_HAS, bits[i]);
		rule = add_rule(m, EPERM, "openat");
		add_test(m, rule, 2, PLAN_CALL_HAS, O_CREAT);
		add_test(m, rule, 3, PLAN_CALL_HAS, bits[i]);
	}
	(void)add_rule(m, ENOSYS, "openat2"); /* its mode is in memory */
}

static void protect_host_name(Making *m)
{
	(void)add_rule(m, EPERM, "sethostname setdomainname");
}

/* -- Lists -- */

/* What a word stands for in a set. */
typedef struct NamedBits {
	const char *name;
	uint64_t bits;
} NamedBits;

static const NamedBits namespaces[] = { { "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC },
	{ "net", CLONE_NEWNET }, { "mnt", CLONE_NEWNS }, { "pid", CLONE_NEWPID },
	{ "user", CLONE_NEWUSER }, { "uts", CLONE_NEWUTS }, { NULL, 0 } };

/* On s390 and cris alone the flags of clone(2) are another argument. */
static void restrict_namespaces(Making *m, uint64_t allowed)
{
	uint64_t all = 0;

	for (const NamedBits *n = namespaces; n->name; n++)
		all |= n->bits;
	if ((allowed & all) == all)
		return;
	(void)add_rule(m, ENOSYS, "clone3"); /* its flags are in memory */
	for (const NamedBits *n = namespaces; n->name; n++) {
		if (allowed & n->bits)
			continue;
		forbid_bits(m, "unshare clone", 0, n->bits);
		forbid_bits(m, "setns", 1, n->bits);
	}
	add_test(m, add_rule(m, EPERM, "setns"), 1, PLAN_CALL_IS, 0); /* of any kind */
}

#define FAMILY(name)                                                                               \
	{                                                                                          \
#name, UINT64_C(1) << (name)                                                       \
	}

static const NamedBits families[] = { FAMILY(AF_UNIX), FAMILY(AF_LOCAL), FAMILY(AF_INET),
	FAMILY(AF_INET6), FAMILY(AF_NETLINK), FAMILY(AF_PACKET), FAMILY(AF_ALG), FAMILY(AF_VSOCK),
	FAMILY(AF_BLUETOOTH), FAMILY(AF_CAN), FAMILY(AF_KEY), FAMILY(AF_RDS), FAMILY(AF_TIPC),
	FAMILY(AF_XDP), FAMILY(AF_QIPCRTR), { NULL, 0 } };

static void restrict_families(Making *m, uint64_t set, bool allows)
{
	PlanCallRule *rule = allows ? add_rule(m, EAFNOSUPPORT, "socket") : NULL;

	for (uint64_t number = 0; number < 64; number++) {
		if (!(set >> number & 1))
			continue;
		if (allows)
			add_test(m, rule, 0, PLAN_CALL_IS_NOT, number);
		else
			add_test(m, add_rule(m, EAFNOSUPPORT, "socket"), 0, PLAN_CALL_IS, number);
	}
}

/* What all lines of one directive mean together: the first decides whether the set is allowed or forbidden, and each adds to it or takes away from it. */
typedef struct Chosen {
	uint64_t set;
	bool begun, allows;
} Chosen;

static void choose(Making *m, Chosen *chosen, const char *value, const NamedBits *names)
{
	bool inverted = *value == '~';
	_cleanup_strv_ char **words = NULL;

	if (unit_directive_words(m->at->key, value + inverted, &words) == -ENOMEM)
		m->build->failed = true;
	if (!chosen->begun)
		chosen->allows = !inverted;
	chosen->begun = true;
	STRV_FOREACH (word, words) {
		const NamedBits *found = names;

		while (found->name && strcmp(found->name, *word) != 0)
			found++;
		if (!found->name)
			direct_refuse(m, NULL);
		else if (chosen->allows == !inverted)
			chosen->set |= found->bits;
		else
			chosen->set &= ~found->bits;
	}
}

static void choose_families(Making *m, Chosen *chosen, const char *value)
{
	if (strcmp(value, "none") == 0)
		*chosen = (Chosen){ .begun = true, .allows = true };
	else
		choose(m, chosen, value, families);
}

static void choose_namespaces(Making *m, Chosen *chosen, const char *value)
{
	int64_t on;

	if (direct_boolean(value, &on) == 0)
		*chosen = (Chosen){ .begun = true, .allows = on };
	else
		choose(m, chosen, value, namespaces);
}

/* -- SystemCallFilter= -- */

static int change_calls(char ***calls, const char *name, bool in, unsigned int depth)
{
	_cleanup_strv_ char **members = NULL;
	const CallGroup *group = NULL;
	int r = 0;

	if (*name != '@') {
		if (in)
			return strv_append_unique(calls, name);
		(void)strv_remove(*calls, name);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(call_groups); i++)
		if (strcmp(call_groups[i].name, name) == 0)
			group = &call_groups[i];
	if (!group || depth == GROUP_DEPTH_MAX)
		return -EINVAL;
	if (strv_split(&members, group->calls, " ") < 0)
		return -ENOMEM;
	STRV_FOREACH (member, members)
		if (r == 0)
			r = change_calls(calls, *member, in, depth + 1);
	return r;
}

static const struct {
	const char *name;
	int number;
} errors[] = { { "EPERM", EPERM }, { "EACCES", EACCES }, { "ENOSYS", ENOSYS }, { "EINVAL", EINVAL },
	{ "EUCLEAN", EUCLEAN }, { "EOPNOTSUPP", EOPNOTSUPP }, { "EAFNOSUPPORT", EAFNOSUPPORT },
	{ "ENOENT", ENOENT }, { "kill", KILLS } };

static bool find_error(const char *text, int *ret)
{
	int64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (strcmp(errors[i].name, text) == 0) {
			*ret = errors[i].number;
			return true;
		}
	if (direct_number(text, 1, 4095, &number) < 0)
		return false;
	*ret = (int)number;
	return true;
}

typedef struct CallList {
	char **calls; /* that are allowed, or forbidden */
	bool begun, forbids;
	int error; /* of what is not allowed */
} CallList;

/* "call:EPERM": forbidden in any case. */
static void take_exception(Making *m, const char *name, const char *text)
{
	_cleanup_strv_ char **calls = NULL;
	_cleanup_free_ char *joined = NULL;
	int error;

	if (!find_error(text, &error) || change_calls(&calls, name, true, 0) < 0) {
		direct_refuse(m, NULL);
		return;
	}
	joined = strv_join(calls, " ");
	if (joined)
		(void)add_rule(m, error, joined);
	m->build->failed = m->build->failed || !joined;
}

static void take_calls(Making *m, CallList *list, const char *value)
{
	bool inverted = *value == '~';
	_cleanup_strv_ char **words = NULL;

	if (unit_directive_words(m->at->key, value + inverted, &words) == -ENOMEM)
		m->build->failed = true;
	if (!list->begun)
		list->forbids = inverted;
	if (!list->begun && !inverted && change_calls(&list->calls, "@default", true, 0) < 0)
		m->build->failed = true;
	list->begun = true;
	STRV_FOREACH (word, words) {
		char *colon = strchr(*word, ':');
		int r;

		if (colon)
			*colon = '\0';
		if (colon && inverted)
			take_exception(m, *word, colon + 1);
		else if (colon)
			direct_refuse(m, "with --init=direct an error stands behind ~ alone");
		if (colon)
			continue;
		r = change_calls(&list->calls, *word, inverted == list->forbids, 0);
		if (r == -ENOMEM)
			m->build->failed = true;
		else if (r < 0)
			direct_refuse(m, "--init=direct does not know this group");
	}
}

static void finish_calls(Making *m, const CallList *list)
{
	_cleanup_free_ char *joined = NULL;

	if (!list->begun)
		return;
	joined = strv_join(list->calls, " ");
	if (!joined) {
		m->build->failed = true;
		return;
	}
	(void)add_rule(m, list->forbids ? list->error : 0, joined);
	m->build->plan->call_otherwise = list->forbids ? 0 : list->error;
}

/* -- All of them -- */

static const struct {
	const char *key;
	void (*apply)(Making *m); /* of a switch; NULL: another way, below */
} filters[] = {
	{ "LockPersonality", lock_personality },
	{ "MemoryDenyWriteExecute", deny_write_execute },
	{ "ProtectHostname", protect_host_name },
	{ "RestrictAddressFamilies", NULL },
	{ "RestrictNamespaces", NULL },
	{ "RestrictRealtime", restrict_realtime },
	{ "RestrictSUIDSGID", restrict_set_ids },
	{ "SystemCallArchitectures", NULL },
	{ "SystemCallErrorNumber", NULL },
	{ "SystemCallFilter", NULL },
};

const char *direct_filter_key(size_t index)
{
	return index < ARRAY_SIZE(filters) ? filters[index].key : NULL;
}

bool direct_filter_take(Making *m)
{
	const char *value = m->at->value;
	int64_t on = 0;

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		if (strcmp(filters[i].key, m->at->key) != 0)
			continue;
		if (filters[i].apply && direct_boolean(value, &on) < 0)
			direct_refuse(m, NULL);
		else if (filters[i].apply && on)
			filters[i].apply(m);
		/* No container's programs have another one. */
		if (strcmp(m->at->key, "SystemCallArchitectures") == 0 &&
			strcmp(value, "native") != 0)
			direct_refuse(m, "in a container it is native");
		return true;
	}
	return false;
}

/* systemd.exec(5), NoNewPrivileges=: who may not make a filter otherwise gives up what a program could bring. */
static bool implies_no_new_privileges(const FactDirective *d)
{
	static const char *const keys[] = { "LockPersonality", "MemoryDenyWriteExecute",
		"PrivateDevices", "ProtectClock", "ProtectHostname", "ProtectKernelLogs",
		"ProtectKernelModules", "ProtectKernelTunables", "RestrictAddressFamilies",
		"RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
		"SystemCallArchitectures", "SystemCallFilter", "SystemCallLog" };
	int64_t on;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i], d->key) == 0)
			return *d->value && (direct_boolean(d->value, &on) < 0 || on);
	return false;
}

/* Only now: what all of them together mean, and with which error. */
void direct_filter_finish(Making *m)
{
	const char *number = facts_unit_get(m->unit, "Service", "SystemCallErrorNumber");
	CallList list = { .error = KILLS };
	Chosen chosen_families = { 0 }, chosen_namespaces = { 0 };

	if (number && !find_error(number, &list.error))
		build_note(m->build, m->unit, "SystemCallErrorNumber",
			"--init=direct does not know this value", "leave out --init=direct", true);
	for (size_t i = 0; i < m->unit->n_directives; i++) {
		m->at = &m->unit->directives[i];
		if (m->steps.user && implies_no_new_privileges(m->at))
			m->steps.no_new_privileges = 1;
		if (strcmp(m->at->key, "SystemCallFilter") == 0)
			take_calls(m, &list, m->at->value);
		else if (strcmp(m->at->key, "RestrictAddressFamilies") == 0)
			choose_families(m, &chosen_families, m->at->value);
		else if (strcmp(m->at->key, "RestrictNamespaces") == 0)
			choose_namespaces(m, &chosen_namespaces, m->at->value);
	}
	if (chosen_families.begun)
		restrict_families(m, chosen_families.set, chosen_families.allows);
	if (chosen_namespaces.begun)
		restrict_namespaces(m,
			chosen_namespaces.allows ? chosen_namespaces.set : ~chosen_namespaces.set);
	finish_calls(m, &list);
	strv_free(list.calls);
}
