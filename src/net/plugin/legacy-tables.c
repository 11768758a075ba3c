/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/plugin/legacy-tables.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/strv.h"

#define TABLE "filter"
#define SIZE_MAX_RULES (16u * 1024 * 1024) /* bytes of a table that are looked through */

/* IPv6's numbers and structures are those of IPv4 but for the entries. */
_Static_assert(IPT_SO_GET_INFO == IP6T_SO_GET_INFO && IPT_SO_GET_ENTRIES == IP6T_SO_GET_ENTRIES,
	"one way to ask for both");
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "one answer for both");

typedef struct LegacyFamily {
	int family, level;
	const char *tables; /* which there are */
	const char *command;
	size_t target_at; /* where an entry says where its target is */
} LegacyFamily;

static const LegacyFamily families[] = {
	{ AF_INET, IPPROTO_IP, "/proc/net/ip_tables_names", "iptables-legacy",
		offsetof(struct ipt_entry, target_offset) },
	{ AF_INET6, IPPROTO_IPV6, "/proc/net/ip6_tables_names", "ip6tables-legacy",
		offsetof(struct ip6t_entry, target_offset) },
};

/* Asking the kernel for a table makes it: who has none shall have none. */
static bool has_table(const LegacyFamily *f)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **names = NULL;

	return file_read_optional(f->tables, &text, NULL, NULL) > 0 &&
	       strv_split(&names, text, "\n") >= 0 && strv_contains(names, TABLE);
}

/* A chain's policy is its last entry, with the standard target. */
static bool drops(const LegacyFamily *f, const struct ipt_getinfo *info, const char *entries)
{
	uint32_t at = info->underflow[NF_INET_FORWARD];
	struct xt_standard_target target;
	uint16_t offset;

	if (at + f->target_at + sizeof(offset) > info->size)
		return false;
	memcpy(&offset, entries + at + f->target_at, sizeof(offset));
	if (at + offset + sizeof(target) > info->size)
		return false;
	memcpy(&target, entries + at + offset, sizeof(target));
	return !*target.target.u.user.name && target.verdict == -NF_DROP - 1;
}

/* 1: its FORWARD chain drops what it does not know, and no rule names an interface of ours. */
static int is_closed(const LegacyFamily *f, Error **ret_error)
{
	_cleanup_fd_ int fd = socket(f->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	struct ipt_getinfo info = { .name = TABLE };
	_cleanup_free_ struct ipt_get_entries *entries = NULL;
	socklen_t size = sizeof(info);
	const char *rules;

	if (fd < 0 || getsockopt(fd, f->level, IPT_SO_GET_INFO, &info, &size) < 0)
		return error_errno(
			ret_error, errno, "cannot read the table filter of %s", f->command);
	if (info.size > SIZE_MAX_RULES)
		return 0;
	size = (socklen_t)(sizeof(*entries) + info.size);
	entries = calloc(1, size);
	if (!entries)
		return error_oom(ret_error);
	(void)snprintf(entries->name, sizeof(entries->name), TABLE);
	entries->size = info.size;
	if (getsockopt(fd, f->level, IPT_SO_GET_ENTRIES, entries, &size) < 0)
		return errno == EAGAIN ? 0 /* changed while we looked */
				       : error_errno(ret_error, errno,
						 "cannot read the table filter of %s", f->command);
	rules = (const char *)entries->entrytable;
	return drops(f, &info, rules) && !memmem(rules, info.size, "vsb", 3) &&
	       !memmem(rules, info.size, "vsn", 3);
}

int legacy_tables_warn(const char *bridge, char ***lines, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const LegacyFamily *f = &families[i];
		int r = has_table(f) ? is_closed(f, ret_error) : 0;

		if (r > 0 &&
			strv_appendf(lines,
				"the chain FORWARD of %s drops what it does not know, so containers reach nothing beyond this host; add `%s -I FORWARD -i %s -j ACCEPT` and `%s -I FORWARD -o %s -j ACCEPT`",
				f->command, f->command, bridge, f->command, bridge) < 0)
			r = error_oom(ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}
