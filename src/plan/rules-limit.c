/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Directives that a container cannot give and without which the service is not what it is: refused, with the reason. rules-drop-in.c
 * replaces the others.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/unit-words.h"
#include "plan/rules.h"

#define MAKES_TUNNELS "a container has no way to make tunnels"
#define SETS_CLOCK "the clock belongs to the host"
#define AUDITS "the audit system belongs to the host"
#define ON_HOST "do on the host what it does"

#define IGNORE "--ignore-directive"

typedef struct Capability {
	const char *name;
	const char *refusal; /* why a service that must have it cannot run; NULL: it does without */
} Capability;

/* What root of a container never has. */
static const Capability denied_capabilities[] = {
	{ "CAP_SYS_TIME", SETS_CLOCK },
	{ "CAP_SYS_MODULE", "kernel modules belong to the host" },
	{ "CAP_SYS_RAWIO", "raw disks and ports belong to the host" },
	{ "CAP_MAC_ADMIN", "the security policy belongs to the host" },
	{ "CAP_MAC_OVERRIDE", "the security policy belongs to the host" },
	{ "CAP_AUDIT_CONTROL", AUDITS },
	{ "CAP_AUDIT_READ", AUDITS },
	{ "CAP_SYSLOG", NULL },
	{ "CAP_IPC_LOCK", NULL },
	{ "CAP_SYS_PACCT", NULL },
	{ "CAP_WAKE_ALARM", NULL },
	{ "CAP_BLOCK_SUSPEND", NULL },
	{ "CAP_BPF", NULL },
	{ "CAP_PERFMON", NULL },
	{ "CAP_CHECKPOINT_RESTORE", NULL },
	{ "CAP_MKNOD", NULL },
	{ "CAP_LINUX_IMMUTABLE", NULL },
};

static const Capability *denied(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(denied_capabilities); i++)
		if (strcasecmp(denied_capabilities[i].name, name) == 0)
			return &denied_capabilities[i];
	return NULL;
}

/* Can the unit do without what the directive gives or keeps it from, if the administrator says so? */
bool rules_denies(const char *capability)
{
	return denied(capability);
}

static bool may_be_ignored(const Directive *row)
{
	switch (row ? row->noun : NOUN_UNITS) {
	case NOUN_PROTECTION:
	case NOUN_DEVICE:
	case NOUN_IMAGE:
	case NOUN_CREDENTIAL:
	case NOUN_CAPABILITIES:
		return true;
	default:
		return false;
	}
}

bool rules_ignores(const PlanBuild *build, const char *key)
{
	return strv_contains(build->desc->ignored_directives, key) &&
	       may_be_ignored(directive_find(key));
}

void rules_note_at(PlanBuild *build, const FactUnit *unit, const FactDirective *d,
	const char *place, const char *reason, const char *replacement, bool refusal)
{
	_cleanup_free_ char *directive = NULL;

	if (asprintf(&directive, "%s=%s%s", d->key, d->value, place) < 0) {
		directive = NULL;
		build->failed = true;
		return;
	}
	if (refusal && rules_ignores(build, d->key))
		build_note(build, unit, directive, reason, "nothing, as " IGNORE " accepts", false);
	else
		build_note(build, unit, directive, reason, replacement, refusal);
}

void rules_note(PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *reason,
	const char *replacement, bool refusal)
{
	rules_note_at(build, unit, d, "", reason, replacement, refusal);
}

static void refuse_condition(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	const Capability *capability = denied(d->value);

	if (capability && capability->refusal)
		rules_note(build, unit, d, capability->refusal, NULL, true);
}

static void refuse_ambient(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	_cleanup_strv_ char **words = NULL;

	if (d->value[0] == '~')
		return;
	if (unit_directive_words(d->key, d->value, &words) == -ENOMEM)
		build->failed = true;
	STRV_FOREACH (word, words)
		refuse_condition(build, unit, &(FactDirective){ d->section, d->key, *word });
}

static void refuse_virtualization(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	static const char *const met[] = { "container", "private-users" };
	const char *value = d->value + strspn(d->value, "|!");
	bool on, negated = memchr(d->value, '!', (size_t)(value - d->value)),
		 wrong = (unit_boolean(value, &on) == 0 && on == negated) ||
			 (!negated && strcmp(value, "vm") == 0);

	for (size_t i = 0; i < ARRAY_SIZE(met); i++)
		wrong = wrong || (negated && strcmp(value, met[i]) == 0);
	if (wrong && d->value[0] != '|')
		rules_note(build, unit, d,
			"the unit says itself that it does nothing in a container", NULL, true);
}

bool rules_lacks_device(const PlanBuild *build, const char *value)
{
	static const char *const nodes[] = { "/dev/console", "/dev/full", "/dev/net/tun",
		"/dev/null", "/dev/ptmx", "/dev/random", "/dev/shm", "/dev/stderr", "/dev/stdin",
		"/dev/stdout", "/dev/tty", "/dev/urandom", "/dev/zero" };
	_cleanup_free_ char *path = strndup(value, strcspn(value, " \t"));

	for (size_t i = 0; path && i < ARRAY_SIZE(nodes); i++)
		if (strcmp(path, nodes[i]) == 0)
			return false;
	return path && !path_is_below(path, "/dev/fd") && !path_is_below(path, "/dev/pts") &&
	       strv_contains(build->facts->devices, path);
}

static void refuse_device(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	static const char *const devices[] = { "block-", "/dev/sd", "/dev/hd", "/dev/vd",
		"/dev/nvme", "/dev/mapper", "/dev/dm-", "/dev/mem", "/dev/port", "/dev/rtc",
		"char-rtc", "/dev/ptp", "char-ptp", "/dev/watchdog" };

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (strncmp(d->value, devices[i], strlen(devices[i])) == 0) {
			rules_note(build, unit, d, "the container has no devices of the host",
				"share what is on it with a mount", true);
			return;
		}
	if (rules_lacks_device(build, d->value))
		rules_note(build, unit, d, "the container has no devices of the host",
			IGNORE " DeviceAllow lets the unit do without", true);
	if (strcmp(d->value, "/dev/net/tun") == 0 || strncmp(d->value, "/dev/net/tun ", 13) == 0)
		rules_note(build, unit, d, MAKES_TUNNELS, ON_HOST, true);
}

/* The name of the program of a command as systemd reads it, newly allocated; NULL: it has none. */
static char *program_name(PlanBuild *build, const char *command)
{
	_cleanup_strv_ char **words = NULL;
	char *name = NULL;

	if (unit_words(command, WORDS_COMMAND, &words) == -ENOMEM)
		build->failed = true;
	if (words) {
		name = strdup(path_base(unit_word_bare("ExecStart", words[0])));
		build->failed = build->failed || !name;
	}
	return name;
}

const Stanza *rules_program(PlanBuild *build, StanzaKind kind, const char *command)
{
	_cleanup_free_ char *name = program_name(build, command);

	return name ? knowledge_find(build->facts->knowledge, kind, "program", name) : NULL;
}

bool rules_runs(PlanBuild *build, const Stanza *stanza)
{
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const char *start = facts_unit_get(&build->facts->units[i], "Service", "ExecStart");
		_cleanup_free_ char *name = start ? program_name(build, start) : NULL;

		if (name && stanza_has(stanza, "program", name))
			return true;
	}
	return false;
}

static void refuse_program(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	_cleanup_free_ char *program = NULL;
	FactDirective shown = *d;
	const Stanza *stanza;

	if (memchr(d->value, '-', strspn(d->value, "@-:+!|"))) /* allowed to fail */
		return;
	stanza = rules_program(build, STANZA_HOST_PROGRAM, d->value);
	if (!stanza)
		return;
	/* without its arguments, which may be passwords */
	program = strndup(d->value, strcspn(d->value, " \t"));
	if (!program) {
		build->failed = true;
		return;
	}
	shown.value = program;
	rules_note(build, unit, &shown, stanza_get(stanza, "reason"), stanza_get(stanza, "instead"),
		true);
}

/* The path of a mount or device unit, by systemd-escape(1), newly allocated. */
static char *path_of_unit(const char *name)
{
	size_t n = (size_t)(strrchr(name, '.') - name), length = 0;
	char *path = malloc(n + 2);

	if (!path)
		return NULL;
	path[length++] = '/';
	for (size_t i = 0; i < n && strcmp(name, "-.mount") != 0; i++) {
		unsigned int byte;

		if (sscanf(name + i, "\\x%2x", &byte) == 1) {
			path[length++] = (char)byte;
			i += 3;
		} else {
			path[length++] = name[i] == '-' ? '/' : name[i];
		}
	}
	path[length] = '\0';
	return path;
}

static bool is_mounted_inside(const PlanBuild *build, const char *path)
{
	static const char *const always[] = { "/", "/tmp", "/run", "/dev/shm", "/dev/mqueue",
		"/usr", "/var", "/etc", "/home", "/root", "/srv" };

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (strcmp(path, always[i]) == 0)
			return true;
	return strv_contains(build->plan->mounted, path);
}

/* What a unit cannot start without, and what is never inside: mounts, devices, swap of the host. */
static void refuse_requirement(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	_cleanup_strv_ char **words = NULL;

	if (unit_directive_words(d->key, d->value, &words) == -ENOMEM)
		build->failed = true;
	STRV_FOREACH (word, words) {
		const char *type = strrchr(*word, '.');
		FactDirective one = { d->section, d->key, *word };
		_cleanup_free_ char *path = NULL;

		if (!type)
			continue;
		if (strcmp(type, ".device") == 0 || strcmp(type, ".swap") == 0)
			rules_note(build, unit, &one, "the container has no devices of the host",
				"share what is on it with a mount", true);
		if (strcmp(type, ".mount") != 0 && strcmp(type, ".automount") != 0)
			continue;
		path = path_of_unit(*word);
		if (!path)
			build->failed = true;
		else if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0)
			rules_note(build, unit, &one,
				"file systems of the kernel belong to the host", ON_HOST, true);
		else if (!is_mounted_inside(build, path))
			rules_note(build, unit, &one,
				"file systems of the host are not mounted inside",
				"give it to the container as a mount", true);
	}
}

static void refuse_image(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	if (*d->value)
		rules_note(build, unit, d, "a container has no loop devices",
			"mount the image on the host and give it to the container as a mount",
			true);
}

/* A lost protection is nothing that an administrator would see. */
void rules_refuse_protection(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *reason)
{
	_cleanup_free_ char *remedy = NULL;

	if (asprintf(&remedy, IGNORE " %s accepts that it does not hold", d->key) < 0) {
		remedy = NULL;
		build->failed = true;
		return;
	}
	rules_note(build, unit, d, reason, remedy, true);
}

static void refuse_protection(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	rules_refuse_protection(build, unit, d, directive_find(d->key)->note);
}

static void refuse_special(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	if (*d->value)
		rules_note(
			build, unit, d, "the container has no devices of the host", ON_HOST, true);
}

static void refuse_credential(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	if (*d->value)
		rules_note(build, unit, d, "it is sealed with the host's own key",
			"use LoadCredential= or --with", true);
}

static void refuse_terminal(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	if (strncmp(d->value, "tty", 3) == 0 || strncmp(d->value, "/dev/tty", 8) == 0)
		rules_note(
			build, unit, d, "the container has no terminals of the host", NULL, true);
}

/* /sys is never written to inside, and of /proc/sys only what belongs to the container's own network. */
static void refuse_kernel_path(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	if (path_is_below(d->value, "/sys") ||
		(path_is_below(d->value, "/proc/sys") && !path_is_below(d->value, "/proc/sys/net")))
		rules_note(build, unit, d, "file systems of the kernel belong to the host", ON_HOST,
			true);
}

/* [Mount] and [Swap] */
static void refuse_what(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	rules_note(build, unit, d, "what is mounted in a container is decided outside",
		"give it to the container as a mount", true);
}

static bool is_number(const char *name)
{
	return *name && strspn(name, "0123456789") == strlen(name);
}

#define ID_LAST 65535 /* of a container's range */

static bool is_beyond(const FactAccount *account, const char *word)
{
	return is_number(word) ? strtoul(word, NULL, 10) > ID_LAST
			       : account && (account->id > ID_LAST ||
						    (!account->group && account->gid > ID_LAST));
}

/* systemd would not start the unit (217/USER): nothing inside makes an account that the host has not got. */
static void refuse_account(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	bool group = strcmp(d->key, "User") != 0 && strcmp(d->key, "SocketUser") != 0;
	_cleanup_strv_ char **words = NULL;

	if (unit_is_true(facts_unit_get(unit, "Service", "DynamicUser")))
		return;
	if (unit_directive_words(d->key, d->value, &words) == -ENOMEM)
		build->failed = true;
	STRV_FOREACH (word, words) {
		const FactAccount *account = facts_account(build->facts, *word, group);
		FactDirective one = { d->section, d->key, *word };

		if (!is_number(*word) && strcmp(*word, "root") != 0 && !account)
			rules_note(build, unit, &one,
				group ? "/etc/group of the host has no such group"
				      : "/etc/passwd of the host has no such account",
				"make it there first", true);
		if (is_beyond(account, *word))
			rules_note(build, unit, &one,
				"its number is above 65535, the last one of a container",
				"give it a lower one (usermod, groupmod)", true);
	}
}

static void refuse_nothing(
	PlanBuild *build _unused_, const FactUnit *unit _unused_, const FactDirective *d _unused_)
{
}

typedef struct LimitKey {
	const char *key;
	void (*apply)(PlanBuild *build, const FactUnit *unit, const FactDirective *directive);
} LimitKey;

static const LimitKey refusals[] = {
	{ "ConditionCapability", refuse_condition },
	{ "AssertCapability", refuse_condition },
	{ "AmbientCapabilities", refuse_ambient },
	{ "ConditionVirtualization", refuse_virtualization },
	{ "AssertVirtualization", refuse_virtualization },
	{ "ConditionPathIsReadWrite", refuse_kernel_path },
	{ "AssertPathIsReadWrite", refuse_kernel_path },
	{ "What", refuse_what },
	{ "DeviceAllow", refuse_device },
	{ "Requires", refuse_requirement },
	{ "Requisite", refuse_requirement },
	{ "BindsTo", refuse_requirement },
	{ "ExecStart", refuse_program },
	{ "ExecStartPre", refuse_program },
	{ "RootImage", refuse_image },
	{ "MountImages", refuse_image },
	{ "ExtensionImages", refuse_image },
	{ "User", refuse_account },
	{ "Group", refuse_account },
	{ "SupplementaryGroups", refuse_account },
	{ "SocketUser", refuse_account },
	{ "SocketGroup", refuse_account },
	{ "RootVerity", refuse_image },
	{ "RootHash", refuse_image },
	{ "RootHashSignature", refuse_image },
	{ "RootImageOptions", refuse_nothing }, /* of what is refused itself */
	{ "RootImagePolicy", refuse_nothing },
	{ "Where", refuse_nothing },
	{ "ListenSpecial", refuse_special },
	{ "ListenUSBFunction", refuse_special },
	{ "USBFunctionDescriptors", refuse_special },
	{ "USBFunctionStrings", refuse_special },
	{ "BPFProgram", refuse_protection },
	{ "IPAddressAllow", rules_refuse_sockets },
	{ "IPAddressDeny", rules_refuse_sockets },
	{ "IPEgressFilterPath", refuse_protection },
	{ "IPIngressFilterPath", refuse_protection },
	{ "NFTSet", refuse_protection },
	{ "RestrictFileSystems", refuse_protection },
	{ "RestrictNetworkInterfaces", rules_refuse_sockets },
	{ "SocketBindAllow", rules_refuse_sockets },
	{ "SocketBindDeny", rules_refuse_sockets },
	{ "LoadCredentialEncrypted", refuse_credential },
	{ "SetCredentialEncrypted", refuse_credential },
	{ "StandardInput", refuse_terminal },
	{ "TTYPath", refuse_terminal },
};

bool rules_has_type(const char *name, const char *type)
{
	const char *dot = strrchr(name, '.');

	return dot && strcmp(dot + 1, type) == 0;
}

/* Is this the service that a socket, timer or path unit starts? */
bool rules_triggers(const FactUnit *trigger, const FactUnit *unit)
{
	static const char *const types[][2] = { { ".socket", "Service" }, { ".timer", "Unit" },
		{ ".path", "Unit" } };
	const char *type = strrchr(trigger->name, '.');

	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++) {
		const char *named = facts_unit_get(trigger, NULL, types[i][1]);
		size_t n = (size_t)(type - trigger->name);

		if (strcmp(type, types[i][0]) != 0)
			continue;
		if (named)
			return strv_contains(unit->names, named);
		return strncmp(unit->name, trigger->name, n) == 0 &&
		       (strcmp(unit->name + n, ".service") == 0 || unit->name[n] == '@');
	}
	return false;
}

/* What was asked for, is what an asked unit is there to start, or is a slice, whose settings hold for the units in it. */
bool rules_is_asked(const Facts *facts, const FactUnit *unit)
{
	if (rules_has_type(unit->name, "slice"))
		return true;
	for (size_t i = 0; i < facts->n_units && !unit->asked; i++)
		if (facts->units[i].asked && rules_triggers(&facts->units[i], unit))
			return true;
	return unit->asked;
}

/* No directive shows what a program cannot do inside, but what it is linked with does. Some do other things as well. */
static void warn_library(PlanBuild *build, const FactUnit *unit)
{
	const FactPackage *package =
		unit->package ? facts_package(build->facts, unit->package) : NULL;

	if (!package)
		return;
	KNOWLEDGE_FOREACH (library, build->facts->knowledge, STANZA_WARNED_LIBRARY, "package")
		if (strv_contains(package->depends, library.value))
			build_warn(build, "package %s of %s depends on %s: %s", package->name,
				unit->name, library.value, stanza_get(library.stanza, "reason"));
}

bool rules_refuses(const Directive *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (strcmp(refusals[i].key, row->key) == 0)
			return true;
	return false;
}

/* A word that means nothing must not be believed to have been understood. */
static void check_ignored(PlanBuild *build)
{
	STRV_FOREACH (key, build->desc->ignored_directives) {
		_cleanup_free_ char *option = NULL;

		if (may_be_ignored(directive_find(*key)))
			continue;
		if (asprintf(&option, IGNORE " %s", *key) < 0) {
			option = NULL;
			build->failed = true;
			return;
		}
		build_note(build, NULL, option,
			"it is not a protection, device, image, credential or capability that a unit "
			"could do without",
			NULL, true);
	}
}

void rule_refuse(PlanBuild *build)
{
	check_ignored(build);
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];
		bool asked = rules_is_asked(build->facts, unit);

		if (asked)
			warn_library(build, unit);

		for (size_t j = 0; asked && j < unit->n_directives; j++)
			for (size_t k = 0; k < ARRAY_SIZE(refusals); k++)
				if (strcmp(refusals[k].key, unit->directives[j].key) == 0)
					refusals[k].apply(build, unit, &unit->directives[j]);
	}
}
