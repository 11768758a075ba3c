/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Run by meson: writes the system call filters as a C header to standard output. Filters of two sorts are made, both loaded: by number, and
 * by argument. They are apart because in one filter a rule without arguments would swallow those with.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/netlink.h>

#include "engine/seccomp/calls.h"

#define CALL_NUMBER_MAX 1024 /* above any that a libseccomp knows */
#define SOCKET_FAMILY_LIMIT 64 /* the kernel has 46; those to come are refused, too */
#define NETLINK_LIMIT 32 /* the kernel's MAX_LINKS */
#define LOW_WORD                                                                                   \
	UINT64_C(                                                                                  \
		0xffffffff) /* these arguments are ints: the kernel ignores the upper half, and so must we */

#define PERSONALITY_QUERY                                                                          \
	(UINT32_C(1) << 31) /* set in 0xffffffff, which only asks, and in no personality */
#define PERSONALITY_ALLOWED UINT32_C(0x20008) /* PER_LINUX32, UNAME26 */

static void check(int r, const char *what)
{
	if (r < 0) {
		(void)fprintf(stderr, "seccomp generator: %s: %s\n", what, strerror(-r));
		exit(EXIT_FAILURE);
	}
}

static bool is_listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static scmp_filter_ctx new_filter(uint32_t default_action)
{
	scmp_filter_ctx filter = seccomp_init(default_action);

	check(filter ? 0 : -ENOMEM, "new filter");
	/* Another ABI of the same processor (i386, x32) would be a second set of numbers behind the filter's back. */
	check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
		"bad architecture");
	check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "binary tree");
	return filter;
}

static void deny(scmp_filter_ctx filter, int error, const char *name, struct scmp_arg_cmp a)
{
	check(seccomp_rule_add_exact_array(filter, SCMP_ACT_ERRNO((uint32_t)error),
		      seccomp_syscall_resolve_name(name), 1, &a),
		name);
}

static void deny_personalities(scmp_filter_ctx filter)
{
	for (uint32_t bit = 1; bit != PERSONALITY_QUERY; bit <<= 1) {
		uint32_t both = bit | PERSONALITY_QUERY;
		if (!(bit & PERSONALITY_ALLOWED))
			deny(filter, EPERM, "personality", SCMP_A0(SCMP_CMP_MASKED_EQ, both, bit));
		deny(filter, EPERM, "personality",
			SCMP_A0(SCMP_CMP_MASKED_EQ, both, PERSONALITY_QUERY));
	}
}

static void deny_sockets(scmp_filter_ctx filter)
{
	static const uint64_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	static const uint64_t links[] = { NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_KOBJECT_UEVENT,
		NETLINK_GENERIC };

	for (uint64_t family = 0; family < SOCKET_FAMILY_LIMIT; family++) {
		bool allowed = false;
		for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
			allowed = allowed || families[i] == family;
		if (!allowed)
			deny(filter, EAFNOSUPPORT, "socket",
				SCMP_A0(SCMP_CMP_MASKED_EQ, LOW_WORD, family));
	}
	for (uint64_t link = 0; link < NETLINK_LIMIT; link++) {
		struct scmp_arg_cmp args[] = {
			SCMP_A0(SCMP_CMP_MASKED_EQ, LOW_WORD, AF_NETLINK),
			SCMP_A2(SCMP_CMP_MASKED_EQ, LOW_WORD, link),
		};
		bool allowed = false;
		for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
			allowed = allowed || links[i] == link;
		/* EAFNOSUPPORT is what libaudit takes for "no audit in this kernel". */
		if (!allowed)
			check(seccomp_rule_add_exact_array(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT),
				      SCMP_SYS(socket), 2, args),
				"netlink");
	}
}

static scmp_filter_ctx make_arguments(void)
{
	scmp_filter_ctx filter = new_filter(SCMP_ACT_ALLOW);
	uint32_t native = seccomp_arch_native();

	/* A nested user namespace would give every capability back, and with it most of the kernel. */
	deny(filter, EPERM, "unshare", SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	if (native == SCMP_ARCH_S390X || native == SCMP_ARCH_S390)
		deny(filter, EPERM, "clone",
			SCMP_A1(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	else
		deny(filter, EPERM, "clone",
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	/* Both put words into the mouth of whoever reads the terminal. */
	deny(filter, EPERM, "ioctl", SCMP_A1(SCMP_CMP_MASKED_EQ, LOW_WORD, TIOCSTI));
	deny(filter, EPERM, "ioctl", SCMP_A1(SCMP_CMP_MASKED_EQ, LOW_WORD, TIOCLINUX));
	deny_personalities(filter);
	deny_sockets(filter);
	return filter;
}

static scmp_filter_ctx make_numbers(const char *const *further)
{
	scmp_filter_ctx filter = new_filter(SCMP_ACT_ERRNO(ENOSYS));

	for (int number = 0; number < CALL_NUMBER_MAX; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
		if (!name)
			continue;
		if (is_listed(calls_everywhere, name) || (further && is_listed(further, name)))
			check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0), name);
		else if (!is_listed(calls_missing, name))
			check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0), name);
		free(name);
	}
	return filter;
}

static void print_filter(const char *name, scmp_filter_ctx filter)
{
	struct sock_filter instruction;
	FILE *file = tmpfile();

	check(file ? 0 : -errno, "temporary file");
	check(seccomp_export_bpf(filter, fileno(file)), "compile");
	seccomp_release(filter);
	check(fseek(file, 0, SEEK_SET) < 0 ? -errno : 0, "temporary file");
	(void)printf("static const struct sock_filter %s[] = {\n", name);
	while (fread(&instruction, sizeof(instruction), 1, file) == 1)
		(void)printf("\t{ 0x%x, %u, %u, 0x%x },\n", instruction.code, instruction.jt,
			instruction.jf, instruction.k);
	(void)printf("};\n");
	(void)fclose(file);
}

int main(void)
{
	(void)printf("/* Written by src/engine/seccomp/generate.c. */\n");
	print_filter("seccomp_arguments", make_arguments());
	print_filter("seccomp_command", make_numbers(NULL));
	print_filter("seccomp_service", make_numbers(calls_service));
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
