/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Run by meson: writes the system call filters as a C header to standard output. libseccomp says
 * which name has which number here.
 */
#include <errno.h>
#include <linux/fcntl.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "engine/seccomp/bpf.h"
#include "engine/seccomp/calls.h"

#define CALL_NUMBER_MAX 1024 /* above any that a libseccomp knows */
#define X32_BIT 0x40000000u /* x32 shares x86_64's architecture, with this in the number */

#define PERSONALITY_QUERY 0xffffffffu /* only asks */
#define PERSONALITY_ALLOWED 0x20008u /* PER_LINUX32 and UNAME26, each or both */

#ifndef F_SETDELEG
#define F_SETDELEG (F_LINUX_SPECIFIC_BASE + 16) /* a lease on a directory, since Linux 6.19 */
#endif

#define RETURN_ERRNO(e) (SECCOMP_RET_ERRNO | (e))

typedef enum Action {
	ACTION_ALLOW,
	ACTION_REFUSE, /* known, not for containers: EPERM */
	ACTION_UNKNOWN, /* ENOSYS, on which C libraries fall back */
	ACTION_UNSHARE,
	ACTION_CLONE,
	ACTION_IOCTL,
	ACTION_FCNTL,
	ACTION_PERSONALITY,
	ACTION_SOCKET,
} Action;

/* Calls whose arguments matter. socketpair() makes sockets, and loads their module, before it finds
 * that most families have no pairs. */
static const struct {
	const char *name;
	Action action;
} checked[] = {
	{ "unshare", ACTION_UNSHARE },
	{ "clone", ACTION_CLONE },
	{ "ioctl", ACTION_IOCTL },
	{ "fcntl", ACTION_FCNTL },
	{ "fcntl64", ACTION_FCNTL },
	{ "personality", ACTION_PERSONALITY },
	{ "socket", ACTION_SOCKET },
	{ "socketpair", ACTION_SOCKET },
};

static bool is_listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/* All arguments that are looked at are ints: the kernel ignores their upper half, and so does
 * bpf_load_argument(). */

/* A nested user namespace would give every capability back, and with it most of the kernel. */
static void refuse_user_namespace(Program *program, unsigned int argument)
{
	bpf_load_argument(program, argument);
	bpf_jump(program, BPF_JSET, CLONE_NEWUSER, 0, 1);
	bpf_return(program, RETURN_ERRNO(EPERM));
	bpf_return(program, SECCOMP_RET_ALLOW);
}

/* Returns EPERM if the second argument is one of the values. */
static void refuse_second(Program *program, const uint32_t *refused, size_t n)
{
	bpf_load_argument(program, 1);
	for (size_t i = 0; i < n; i++)
		bpf_jump(program, BPF_JEQ, refused[i], (uint8_t)(n - i), 0);
	bpf_return(program, SECCOMP_RET_ALLOW);
	bpf_return(program, RETURN_ERRNO(EPERM));
}

/* Whoever opens a file with a lease waits for its holder, as long as the host's fs.lease-break-time
 * says. The id-mapped /usr belongs to root inside, who could so keep the host from its programs. */
static void check_fcntl(Program *program)
{
	static const uint32_t refused[] = { F_SETLEASE, F_SETDELEG };

	refuse_second(program, refused, sizeof(refused) / sizeof(refused[0]));
}

/* TIOCSTI and TIOCLINUX put words into the mouth of whoever reads the terminal. TIOCSETD loads the module of any line discipline that the host's kernel has, for
 * modems and buses which no container has, and runs it on a pty. */
static void check_ioctl(Program *program)
{
	static const uint32_t refused[] = { TIOCSTI, TIOCLINUX, TIOCSETD };

	refuse_second(program, refused, sizeof(refused) / sizeof(refused[0]));
}

static void check_personality(Program *program)
{
	bpf_load_argument(program, 0);
	bpf_jump(program, BPF_JEQ, PERSONALITY_QUERY, 1, 0);
	bpf_jump(program, BPF_JSET, ~PERSONALITY_ALLOWED, 1, 0);
	bpf_return(program, SECCOMP_RET_ALLOW);
	bpf_return(program, RETURN_ERRNO(EPERM));
}

/* EAFNOSUPPORT is what programs, libaudit among them, take for "not in this kernel". */
static void check_socket(Program *program)
{
	static const uint32_t families[] = { AF_UNIX, AF_INET, AF_INET6 };
	static const uint32_t links[] = { NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_KOBJECT_UEVENT,
		NETLINK_GENERIC };
	const size_t n_families = sizeof(families) / sizeof(families[0]);
	const size_t n_links = sizeof(links) / sizeof(links[0]);

	/* Lengths: families, the test for netlink, loading the protocol, links, refusal,
	 * permission. */
	bpf_load_argument(program, 0);
	for (size_t i = 0; i < n_families; i++)
		bpf_jump(program, BPF_JEQ, families[i], (uint8_t)(n_families - i + 2 + n_links), 0);
	bpf_jump(program, BPF_JEQ, AF_NETLINK, 0, (uint8_t)(n_links + 1));
	bpf_load_argument(program, 2);
	for (size_t i = 0; i < n_links; i++)
		bpf_jump(program, BPF_JEQ, links[i], (uint8_t)(n_links - i), 0);
	bpf_return(program, RETURN_ERRNO(EAFNOSUPPORT));
	bpf_return(program, SECCOMP_RET_ALLOW);
}

static void emit(Program *program, int action)
{
	bool flags_second = seccomp_arch_native() == SCMP_ARCH_S390X;

	switch ((Action)action) {
	case ACTION_ALLOW:
		bpf_return(program, SECCOMP_RET_ALLOW);
		break;
	case ACTION_REFUSE:
		bpf_return(program, RETURN_ERRNO(EPERM));
		break;
	case ACTION_UNKNOWN:
		bpf_return(program, RETURN_ERRNO(ENOSYS));
		break;
	case ACTION_UNSHARE:
		refuse_user_namespace(program, 0);
		break;
	case ACTION_CLONE:
		refuse_user_namespace(program, flags_second ? 1 : 0);
		break;
	case ACTION_IOCTL:
		check_ioctl(program);
		break;
	case ACTION_FCNTL:
		check_fcntl(program);
		break;
	case ACTION_PERSONALITY:
		check_personality(program);
		break;
	case ACTION_SOCKET:
		check_socket(program);
		break;
	}
}

static Action action_of(const char *name, const char *const *further)
{
	for (size_t i = 0; i < sizeof(checked) / sizeof(checked[0]); i++)
		if (strcmp(checked[i].name, name) == 0)
			return checked[i].action;
	if (is_listed(calls_everywhere, name) || (further && is_listed(further, name)))
		return ACTION_ALLOW;
	return is_listed(calls_missing, name) ? ACTION_UNKNOWN : ACTION_REFUSE;
}

static size_t find_ranges(const char *const *further, Range *ranges)
{
	size_t count = 0;

	for (uint32_t number = 0; number <= CALL_NUMBER_MAX; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
		Action action = name ? action_of(name, further) : ACTION_UNKNOWN;

		free(name);
		if (count == 0 || ranges[count - 1].action != (int)action)
			ranges[count++] = (Range){ number, action };
	}
	return count;
}

static void print_filter(const char *title, const char *const *further)
{
	static Range ranges[CALL_NUMBER_MAX + 1];
	Program program = { .length = 0 };
	size_t count = find_ranges(further, ranges);

	/* Another ABI of the same processor (i386, x32) would be a second set of numbers behind
	 * the filter's back. */
	bpf_load(&program, offsetof(struct seccomp_data, arch));
	bpf_jump(&program, BPF_JEQ, seccomp_arch_native(), 1, 0);
	bpf_return(&program, SECCOMP_RET_KILL_PROCESS);
	bpf_load(&program, offsetof(struct seccomp_data, nr));
	if (seccomp_arch_native() == SCMP_ARCH_X86_64) {
		bpf_jump(&program, BPF_JSET, X32_BIT, 0, 1);
		bpf_return(&program, SECCOMP_RET_KILL_PROCESS);
	}
	bpf_search(&program, ranges, count, emit);
	(void)printf("static const struct sock_filter %s[] = {\n", title);
	for (size_t i = 0; i < program.length; i++)
		(void)printf("\t{ 0x%02x, %u, %u, 0x%x },\n", program.code[i].code,
			program.code[i].jt, program.code[i].jf, program.code[i].k);
	(void)printf("};\n");
}

int main(void)
{
	(void)printf("/* Written by src/engine/seccomp/generate.c. */\n");
	print_filter("seccomp_command", NULL);
	print_filter("seccomp_service", calls_service);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
