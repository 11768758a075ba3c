/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/grammar.h"

#include <linux/capability.h>
#include <string.h>

#include "base/macro.h"
#include "domain/grammar-rows.h" /* made of grammar.table */

const size_t rules_count = ARRAY_SIZE(rules);

const Rule *rule_root(void)
{
	return rules;
}

const Rule *rule_first(const Rule *rule)
{
	const Rule *next = rule + 1;

	return next < rules + rules_count && next->depth > rule->depth ? next : NULL;
}

const Rule *rule_next(const Rule *rule)
{
	const Rule *next = rule + 1;

	while (next < rules + rules_count && next->depth > rule->depth)
		next++;
	return next < rules + rules_count && next->depth == rule->depth ? next : NULL;
}

const Rule *rule_below(const Rule *rule, const char *name)
{
	for (const Rule *r = rule ? rule_first(rule) : NULL; r; r = rule_next(r))
		if (strcmp(r->name, name) == 0 ||
			((r->flags & RULE_ANY_NAME) && capability_index(name, NULL) >= 0))
			return r;
	return NULL;
}

static const struct {
	const char *name;
	unsigned int number;
} capabilities[] = {
	{ "audit_control", CAP_AUDIT_CONTROL },
	{ "audit_write", CAP_AUDIT_WRITE },
	{ "block_suspend", CAP_BLOCK_SUSPEND },
	{ "chown", CAP_CHOWN },
	{ "dac_override", CAP_DAC_OVERRIDE },
	{ "dac_read_search", CAP_DAC_READ_SEARCH },
	{ "fowner", CAP_FOWNER },
	{ "fsetid", CAP_FSETID },
	{ "ipc_lock", CAP_IPC_LOCK },
	{ "ipc_owner", CAP_IPC_OWNER },
	{ "kill", CAP_KILL },
	{ "lease", CAP_LEASE },
	{ "linux_immutable", CAP_LINUX_IMMUTABLE },
	{ "mac_admin", CAP_MAC_ADMIN },
	{ "mac_override", CAP_MAC_OVERRIDE },
	{ "mknod", CAP_MKNOD },
	{ "net_admin", CAP_NET_ADMIN },
	{ "net_bind_service", CAP_NET_BIND_SERVICE },
	{ "net_broadcast", CAP_NET_BROADCAST },
	{ "net_raw", CAP_NET_RAW },
	{ "setgid", CAP_SETGID },
	{ "setfcap", CAP_SETFCAP },
	{ "setpcap", CAP_SETPCAP },
	{ "setuid", CAP_SETUID },
	{ "sys_admin", CAP_SYS_ADMIN },
	{ "sys_boot", CAP_SYS_BOOT },
	{ "sys_chroot", CAP_SYS_CHROOT },
	{ "sys_module", CAP_SYS_MODULE },
	{ "sys_nice", CAP_SYS_NICE },
	{ "sys_pacct", CAP_SYS_PACCT },
	{ "sys_ptrace", CAP_SYS_PTRACE },
	{ "sys_rawio", CAP_SYS_RAWIO },
	{ "sys_resource", CAP_SYS_RESOURCE },
	{ "sys_time", CAP_SYS_TIME },
	{ "sys_tty_config", CAP_SYS_TTY_CONFIG },
	{ "syslog", CAP_SYSLOG },
	{ "wake_alarm", CAP_WAKE_ALARM },
};

int capability_index(const char *name, unsigned int *ret_number)
{
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
		if (strcmp(capabilities[i].name, name) == 0) {
			if (ret_number)
				*ret_number = capabilities[i].number;
			return (int)i;
		}
	return -1;
}
