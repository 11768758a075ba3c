/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of rules: what is private in a container, and why. Accounts are collected before rules ask who owns a path, and
 * written after every rule has named those it needs.
 */
#include "plan/rules.h"

static const Rule rules[] = {
	{ "refuse", "units that no container can run: the clock, kernel modules, raw disks",
		rule_refuse },
	{ "tell", "directives that mean something else, or less, inside", rule_tell },
	{ "peer",
		"services of the host that the unit reaches by its loopback interface or a socket",
		rule_peer, .inferred = true },
	{ "command", "commands of a unit that would change the host", rule_command },
	{ "capability", "what a unit shows that it needs beyond the usual", rule_capability },
	{ "port", "types of ports, for a SELinux policy of the container's own", rule_port },
	{ "user", "accounts that a unit runs as", rule_user },
	{ "sysusers", "accounts that sysusers.d of a package declares", rule_sysusers },
	{ "named-account", "accounts that configuration or maintainer scripts name",
		rule_named_account, .inferred = true },
	{ "base", "what every Linux program expects in /etc and /var", rule_base },
	{ "identity", "names and numbers that are the container's own", rule_identity },
	{ "package", "files of the unit's package and of those it depends on", rule_package },
	{ "tmpfiles", "directories, files and links that tmpfiles.d of a package declares",
		rule_tmpfiles },
	{ "unowned", "what maintainer scripts and the administrator made in the service's places",
		rule_unowned, .inferred = true },
	{ "directory", "StateDirectory= and its like", rule_directory },
	{ "path", "paths that directives of a unit name", rule_path },
	{ "reference", "data, documents and certificates that the configuration names",
		rule_reference, .inferred = true },
	{ "unit-file", "the units themselves, their aliases and what starts them", rule_unit_file,
		.systemd = true },
	{ "boot", "settings of the systemd inside", rule_boot, .systemd = true },
	{ "dhcp", "addresses that the systemd inside asks for", rule_dhcp, .systemd = true },
	{ "environment", "variables that every unit gets", rule_environment, .systemd = true },
	{ "settings", "defaults of the host for its units, and kernel settings of namespaces",
		rule_settings },
	{ "mask", "units of the host's systemd that have no meaning inside", rule_mask,
		.systemd = true },
	{ "drop-in", "replacements of directives that cannot work inside", rule_drop_in },
	{ "direct", "the steps of an init that keeps one unit, with --init=direct", rule_direct },
	{ "type", "services whose start would say nothing of their program", rule_type,
		.systemd = true },
	{ "first-start", "databases that an empty container has to make", rule_first_start },
	{ "fresh-secret", "host keys and certificates that services have, made fresh",
		rule_fresh_secret },
	{ "private-key", "private keys of the host, replaced by fresh ones", rule_private_key,
		.inferred = true },
	{ "secret", "further secrets of the host that are never copied", rule_secret },
	{ "with", "what the administrator named", rule_with },
	{ "program", "programs of the units that would not be inside, or cannot run",
		rule_program },
	{ "drop-file", "files for other programs that are about nothing inside", rule_drop_file,
		.inferred = true },
	{ "account", "passwd, group and their shadows with what the service needs", rule_account },
	{ "left-out", "warnings about files that stay on the host", rule_left_out },
};

size_t rules_count(void)
{
	return ARRAY_SIZE(rules);
}

const Rule *rules_at(size_t index)
{
	return &rules[index];
}
