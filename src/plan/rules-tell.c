/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Directives that mean something else in a container, or less than they say: create tells of them, by the table of directives.
 */
#include <arpa/inet.h>
#include <fnmatch.h>
#include <string.h>

#include "base/strv.h"
#include "desc/hard-limits.h"
#include "host/unit-words.h"
#include "plan/rules.h"

/* Does what the table says of the directive hold for this value? */
typedef bool (*Applies)(PlanBuild *build, const FactUnit *unit, const FactDirective *d);

static bool if_true(
	PlanBuild *build _unused_, const FactUnit *unit _unused_, const FactDirective *d)
{
	return unit_is_true(d->value);
}

static bool if_negative(
	PlanBuild *build _unused_, const FactUnit *unit _unused_, const FactDirective *d)
{
	return d->value[0] == '-';
}

/* A condition that wants something not to be so is met. */
static bool if_wanted(
	PlanBuild *build _unused_, const FactUnit *unit _unused_, const FactDirective *d)
{
	return !memchr(d->value, '!', strspn(d->value, "|!"));
}

static bool if_other_host(PlanBuild *build, const FactUnit *unit _unused_, const FactDirective *d)
{
	const char *pattern = d->value + strspn(d->value, "|!");
	bool same = fnmatch(pattern, build->desc->name ? desc_hostname(build->desc) : "container",
			    FNM_CASEFOLD) == 0;

	return same != if_wanted(build, unit, d);
}

static bool if_kill(
	PlanBuild *build _unused_, const FactUnit *unit _unused_, const FactDirective *d)
{
	return strcmp(d->value, "kill") == 0;
}

static bool never(
	PlanBuild *build _unused_, const FactUnit *unit _unused_, const FactDirective *d _unused_)
{
	return false;
}

static bool if_high_priority(
	PlanBuild *build _unused_, const FactUnit *unit _unused_, const FactDirective *d)
{
	return strcmp(d->section, "Socket") == 0 && strtol(d->value, NULL, 10) > 6;
}

/* "[10.0.0.1]:80" and its like: the literal address of a socket, newly allocated. NULL: a port alone, a path, a name in the abstract name space. */
static char *address_of(const char *value)
{
	const char *end = strrchr(value, ':');
	const char *begin = value[0] == '[' ? value + 1 : value;

	if (value[0] == '/' || value[0] == '@' || !end)
		return NULL;
	return strndup(
		begin, (size_t)(value[0] == '[' ? strcspn(begin, "]") : (size_t)(end - begin)));
}

static bool is_own_address(const PlanBuild *build, const char *address)
{
	struct in6_addr v6;
	struct in_addr v4;

	for (size_t i = 0; i < build->desc->n_networks; i++)
		STRV_FOREACH (own, build->desc->networks[i].addresses)
			if (strncmp(*own, address, strlen(address)) == 0 &&
				strchr("/", (*own)[strlen(address)]))
				return true;
	if (inet_pton(AF_INET, address, &v4) == 1)
		return v4.s_addr == INADDR_ANY || ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, address, &v6) == 1 &&
	       (IN6_IS_ADDR_UNSPECIFIED(&v6) || IN6_IS_ADDR_LOOPBACK(&v6));
}

/* Root inside has no right over the network of the host, or of another container. */
static void tell_low_port(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	const char *port = strrchr(d->value, ':') ? strrchr(d->value, ':') + 1 : d->value;
	char *end;
	unsigned long number = strtoul(port, &end, 10);
	bool joined = build->desc->networks[0].type == DESC_NETWORK_CONTAINER;

	if (*end == '\0' && end > port && number > 0 && number < 1024)
		build_warn(build,
			"%s: %s=%s: with %s network nobody inside may bind a port below 1024: "
			"net.ipv4.ip_unprivileged_port_start=%lu %s allows it, a network of its "
			"own "
			"needs nothing",
			unit->name, d->key, d->value, joined ? "another container's" : "the host's",
			number, joined ? "as sysctl= of that one" : "on the host");
}

static bool if_foreign_address(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	_cleanup_free_ char *address = address_of(d->value);
	const char *freebind = facts_unit_get(unit, "Socket", "FreeBind");

	if (!desc_has_private_net(build->desc)) {
		tell_low_port(build, unit, d);
		return false;
	}
	return address && !unit_is_true(freebind) && !is_own_address(build, address);
}

/* Whether a program listens there or connects, its text does not say for certain. */
static void tell_named_addresses(PlanBuild *build)
{
	STRV_FOREACH (named, build->facts->named_addresses) {
		const char *address = strrchr(*named, ' ') + 1;

		if (desc_has_private_net(build->desc) && !is_own_address(build, address))
			build_warn(build,
				"%.*s names %s, an address of this host, which the container does not have: a program inside that is to listen there does not start",
				(int)(address - *named - 1), *named, address);
	}
}

static bool if_foreign_link(PlanBuild *build, const FactUnit *unit _unused_, const FactDirective *d)
{
	return strcmp(d->value, "lo") != 0 && desc_has_private_net(build->desc);
}

#define MAYBE_ABOVE                                                                                \
	32768 /* the kernel derives root's limit from the size of the machine; it is seldom lower */

/* The highest value of "SOFT:HARD" or "BOTH". */
static unsigned long long highest(const char *value)
{
	const char *hard = strchr(value, ':') ? strchr(value, ':') + 1 : value;
	unsigned long long number;
	char *end;

	if (strcmp(hard, "infinity") == 0)
		return ~0ULL;
	number = strtoull(hard, &end, 10);
	for (const char *unit = "KMGT"; *end && *unit; unit++) {
		number <<= 10;
		if (*unit == *end)
			return number;
	}
	return number;
}

static bool if_above_limit(PlanBuild *build, const FactUnit *unit _unused_, const FactDirective *d)
{
	uint64_t files = build->desc->resources.files;
	const struct {
		const char *key;
		unsigned long long most;
	} limits[] = {
		{ "LimitCORE", 1 },
		{ "LimitMEMLOCK", DESC_LIMIT_MEMLOCK },
		{ "LimitMSGQUEUE", DESC_LIMIT_MSGQUEUE },
		{ "LimitNICE", 0 },
		{ "LimitNOFILE", files ? files : DESC_LIMIT_NOFILE },
		{ "LimitNPROC", MAYBE_ABOVE },
		{ "LimitRTPRIO", 0 },
		{ "LimitSIGPENDING", MAYBE_ABOVE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (strcmp(limits[i].key, d->key) == 0)
			return highest(d->value) > limits[i].most;
	return false;
}

/* Rows that are not here apply whatever the value is. */
static const struct {
	const char *key;
	Applies applies;
} conditions[] = {
	{ "AssertCredential", if_wanted },
	{ "AssertHost", if_other_host },
	{ "AssertKernelCommandLine", if_wanted },
	{ "AssertPathIsEncrypted", if_wanted },
	{ "AssertPathIsMountPoint", if_wanted },
	{ "AssertSecurity", if_wanted },
	{ "BindToDevice", if_foreign_link },
	{ "ConditionCredential", if_wanted },
	{ "ConditionHost", if_other_host },
	{ "ConditionKernelCommandLine", if_wanted },
	{ "ConditionPathIsEncrypted", if_wanted },
	{ "ConditionPathIsMountPoint", if_wanted },
	{ "ConditionSecurity", if_wanted },
	{ "CoredumpReceive", if_true },
	{ "LimitCORE", if_above_limit },
	{ "LimitMEMLOCK", if_above_limit },
	{ "LimitMSGQUEUE", if_above_limit },
	{ "LimitNICE", if_above_limit },
	{ "LimitNOFILE", if_above_limit },
	{ "LimitNPROC", if_above_limit },
	{ "LimitRTPRIO", if_above_limit },
	{ "LimitSIGPENDING", if_above_limit },
	{ "ListenDatagram", if_foreign_address },
	{ "ListenSequentialPacket", if_foreign_address },
	{ "ListenStream", if_foreign_address },
	{ "ManagedOOMMemoryPressure", if_kill },
	{ "ManagedOOMMemoryPressureDurationSec", never }, /* they say how, and nothing else */
	{ "ManagedOOMMemoryPressureLimit", never },
	{ "ManagedOOMPreference", never },
	{ "ManagedOOMSwap", if_kill },
	{ "OOMScoreAdjust", if_negative },
	{ "Priority", if_high_priority },
	{ "Transparent", if_true },
};

/* Resource control that only a controller of cgroup v2 gives. */
static const struct {
	const char *key, *controller;
} controlled[] = {
	{ "AllowedCPUs", "cpuset" },
	{ "AllowedMemoryNodes", "cpuset" },
	{ "CPUQuota", "cpu" },
	{ "CPUShares", "cpu" },
	{ "CPUWeight", "cpu" },
	{ "IODeviceLatencyTargetSec", "io" },
	{ "IOWeight", "io" },
	{ "MemoryHigh", "memory" },
	{ "MemoryLimit", "memory" },
	{ "MemoryLow", "memory" },
	{ "MemoryMax", "memory" },
	{ "MemoryMin", "memory" },
	{ "MemorySwapMax", "memory" },
	{ "MemoryZSwapMax", "memory" },
	{ "StartupAllowedCPUs", "cpuset" },
	{ "StartupCPUWeight", "cpu" },
	{ "StartupIOWeight", "io" },
	{ "StartupMemoryHigh", "memory" },
	{ "StartupMemoryMax", "memory" },
	{ "TasksMax", "pids" },
};

static void tell_controlled(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	for (size_t i = 0; build->facts->lacked_controllers && i < ARRAY_SIZE(controlled); i++)
		if (strcmp(controlled[i].key, d->key) == 0 && strcmp(d->value, "infinity") != 0 &&
			strv_contains(build->facts->lacked_controllers, controlled[i].controller))
			build_warn(build,
				"%s: %s=%s does not hold: this host has no cgroup v2 controller "
				"'%s' (it lacks it, or keeps it on cgroup v1)",
				unit->name, d->key, d->value, controlled[i].controller);
}

static bool applies(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		if (strcmp(conditions[i].key, d->key) == 0)
			return conditions[i].applies(build, unit, d);
	return true;
}

/* Which port a service binds, only its configuration knows. */
static void tell_low_ports(PlanBuild *build)
{
	const DescNetwork *network = build->desc->n_networks > 0 ? build->desc->networks : NULL;
	bool host = network && network->type == DESC_NETWORK_HOST;

	if (!host && (!network || network->type != DESC_NETWORK_CONTAINER))
		return;
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];

		if (unit->asked && rules_has_type(unit->name, "service"))
			build_warn(build,
				"%s: with %s network nobody inside may bind a port below 1024: if "
				"it does, net.ipv4.ip_unprivileged_port_start=PORT %s allows it, a "
				"network of its own needs nothing",
				unit->name, host ? "the host's" : "another container's",
				host ? "on the host" : "as sysctl= of that one");
	}
}

void rule_tell(PlanBuild *build)
{
	tell_low_ports(build);
	tell_named_addresses(build);
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];

		for (size_t j = 0; rules_is_asked(build->facts, unit) && j < unit->n_directives;
			j++) {
			const FactDirective *d = &unit->directives[j];
			const Directive *row = directive_find(d->key);

			tell_controlled(build, unit, d);
			if (row && row->fate == FATE_TELLS && applies(build, unit, d))
				build_warn(build, "%s: %s=%s: %s", unit->name, d->key, d->value,
					row->note);
		}
	}
}
