/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loading the filter, most often a program in the kernel's form that seccomp/generate.c made when we
 * were built: such a start compiles nothing.
 */
#include "engine/start/seccomp.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/strv.h"
#include "engine/start/seccomp/filters.h"

static int load(
	const struct sock_filter *filter, size_t length, unsigned int flags, Error **ret_error)
{
	struct sock_fprog program = {
		.len = (unsigned short)length,
		.filter = (struct sock_filter *)filter, /* the kernel only reads it */
	};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		return error_errno(ret_error, errno, "cannot load the system call filter");
	return 0;
}

/* Stands before the filter proper: what that refuses is refused all the same. The numbers are the same on every architecture. */
static const struct sock_filter old_mounts_only[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount_setattr, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_fspick + 1, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_open_tree, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS), /* as a kernel before 5.2 */
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

typedef struct Table {
	const struct sock_filter *code;
	size_t length;
} Table;

static const Table tables[_SPEC_FILTER_KIND_MAX] = {
	[SPEC_FILTER_NARROW] = { seccomp_command, ARRAY_SIZE(seccomp_command) },
	[SPEC_FILTER_NARROW_NETWORK] = { seccomp_command_net_admin,
		ARRAY_SIZE(seccomp_command_net_admin) },
	[SPEC_FILTER_WIDE] = { seccomp_service, ARRAY_SIZE(seccomp_service) },
	[SPEC_FILTER_WIDE_NETWORK] = { seccomp_service_net_admin,
		ARRAY_SIZE(seccomp_service_net_admin) },
	[SPEC_FILTER_NARROW_DHCP] = { seccomp_command_dhcp, ARRAY_SIZE(seccomp_command_dhcp) },
	[SPEC_FILTER_WIDE_DHCP] = { seccomp_service_dhcp, ARRAY_SIZE(seccomp_service_dhcp) },
};

/* With programs of i386 on amd64: what full systems have. */
static const Table tables_x86[_SPEC_FILTER_KIND_MAX] = {
	[SPEC_FILTER_WIDE] = { seccomp_service_x86, ARRAY_SIZE(seccomp_service_x86) },
	[SPEC_FILTER_WIDE_NETWORK] = { seccomp_service_net_admin_x86,
		ARRAY_SIZE(seccomp_service_net_admin_x86) },
	[SPEC_FILTER_WIDE_DHCP] = { seccomp_service_dhcp_x86,
		ARRAY_SIZE(seccomp_service_dhcp_x86) },
};

bool seccomp_has_architectures(const SpecFilter *filter)
{
	return filter->kind < _SPEC_FILTER_KIND_MAX && tables_x86[filter->kind].code &&
	       strv_length(filter->architectures) == 1 &&
	       strcmp(filter->architectures[0], "x86") == 0;
}

int seccomp_program(
	const Spec *spec, FilterProgram *room, struct sock_fprog *ret, Error **ret_error)
{
	SpecFilterKind kind = spec->filter.kind;
	const Table *table = NULL;
	int r;

	if (kind == SPEC_FILTER_RULES) {
		r = filter_rules_compile(spec, room, ret_error);
		if (r < 0)
			return r;
		*ret = (struct sock_fprog){ .len = (unsigned short)room->length,
			.filter = room->code };
		return 0;
	}
	if (kind < _SPEC_FILTER_KIND_MAX)
		table = spec->filter.architectures ? &tables_x86[kind] : &tables[kind];
	if (!table || !table->code)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot load the system call filter: unknown kind or architecture");
	*ret = (struct sock_fprog){
		.len = (unsigned short)table->length,
		.filter = (struct sock_filter *)table->code, /* the kernel only reads it */
	};
	return 0;
}

bool seccomp_comes_early(const Spec *spec)
{
	return !spec->filter.no_new_privileges &&
	       !(spec->capabilities.effective >> CAP_SYS_ADMIN & 1);
}

int seccomp_apply(const Spec *spec, bool old_mounts, Error **ret_error)
{
	FilterProgram compiled;
	struct sock_fprog program = { 0 };
	int r = 0;

	if (old_mounts)
		r = load(old_mounts_only, ARRAY_SIZE(old_mounts_only), 0, ret_error);
	if (r < 0 || spec->filter.kind == SPEC_FILTER_NONE)
		return r;
	r = seccomp_program(spec, &compiled, &program, ret_error);
	if (r < 0)
		return r;
	return load(program.filter, program.len,
		spec->filter.kind == SPEC_FILTER_RULES ? filter_rules_flags(&spec->filter) : 0,
		ret_error);
}
