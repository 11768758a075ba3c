/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Run by meson: writes the system call filters as a C header to standard output. libseccomp says
 * which name has which number here.
 */
#include <errno.h>
#include <linux/fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "engine/start/seccomp/bpf.h"
#include "engine/start/seccomp/calls.h"

#define CALL_NUMBER_MAX 1024 /* above any that a libseccomp knows */
#define X32_BIT 0x40000000u /* x32 shares x86_64's architecture, with this in the number */

#define PERSONALITY_QUERY 0xffffffffu /* only asks */
#define PERSONALITY_ALLOWED 0x20008u /* PER_LINUX32 and UNAME26, each or both */

#ifndef F_SETDELEG
#define F_SETDELEG (F_LINUX_SPECIFIC_BASE + 16) /* a lease on a directory, since Linux 6.19 */
#endif

/* Numbers of protocols and options that older headers lack. */
#define PROTOCOL_DCCP 33
#define PROTOCOL_L2TP 115
#define PROTOCOL_SCTP 132
#define PROTOCOL_UDPLITE 136
#define PROTOCOL_SMC 256
#define TABLES_FIRST 64 /* setsockopt() of ip_tables, arp_tables and ebtables: up to ... */
#define MROUTE_FIRST 200 /* ... those of multicast routing, which are others */
#define MROUTE_END 256 /* above: IPVS */

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
	ACTION_SETSOCKOPT,
} Action;

typedef struct Filter {
	const char *title;
	const char *further; /* calls beside those that everybody has; NULL: none */
	bool sctp; /* some services speak it */
	bool x86; /* programs of i386 on amd64, too */
	bool net_admin; /* generic netlink, which loads modules by name */
	bool packet; /* packet sockets, by which DHCP speaks before there is an address */
} Filter;

static uint32_t machine; /* whose filters these are, of libseccomp's SCMP_ARCH_* */

static const Filter filters[] = {
	{ .title = "seccomp_command" },
	{ .title = "seccomp_command_net_admin", .net_admin = true },
	{ .title = "seccomp_service", .further = calls_service, .sctp = true },
	{ .title = "seccomp_service_net_admin",
		.further = calls_service,
		.sctp = true,
		.net_admin = true },
	{ .title = "seccomp_service_x86", .further = calls_service, .sctp = true, .x86 = true },
	{ .title = "seccomp_service_net_admin_x86",
		.further = calls_service,
		.sctp = true,
		.x86 = true,
		.net_admin = true },
	{ .title = "seccomp_command_dhcp", .net_admin = true, .packet = true },
	{ .title = "seccomp_service_dhcp",
		.further = calls_service,
		.sctp = true,
		.net_admin = true,
		.packet = true },
	{ .title = "seccomp_service_dhcp_x86",
		.further = calls_service,
		.sctp = true,
		.x86 = true,
		.net_admin = true,
		.packet = true },
};

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
	{ "setsockopt", ACTION_SETSOCKOPT },
};

static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name), word;

	for (; *list; list += word + strspn(list + word, " ")) {
		word = strcspn(list, " ");
		if (word == length && memcmp(list, name, length) == 0)
			return true;
	}
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

/* The values of the argument `n` that are answered with `listed`, the others with `other`. */
static void decide(Program *program, unsigned int n, const uint32_t *list, size_t count,
	uint32_t listed, uint32_t other)
{
	bpf_load_argument(program, n);
	for (size_t i = 0; i < count; i++)
		bpf_jump(program, BPF_JEQ, list[i], (uint8_t)(count - i), 0);
	bpf_return(program, other);
	bpf_return(program, listed);
}

/* Whoever opens a file with a lease waits for its holder, as long as the host's fs.lease-break-time
 * says. The id-mapped /usr belongs to root inside, who could so keep the host from its programs. */
static void check_fcntl(Program *program)
{
	static const uint32_t refused[] = { F_SETLEASE, F_SETDELEG };

	decide(program, 1, refused, sizeof(refused) / sizeof(refused[0]), RETURN_ERRNO(EPERM),
		SECCOMP_RET_ALLOW);
}

/* TIOCSTI and TIOCLINUX put words into the mouth of whoever reads the terminal. TIOCSETD loads the module of any line discipline that the host's kernel has, for
 * modems and buses which no container has, and runs it on a pty. */
static void check_ioctl(Program *program)
{
	static const uint32_t refused[] = { TIOCSTI, TIOCLINUX, TIOCSETD };

	decide(program, 1, refused, sizeof(refused) / sizeof(refused[0]), RETURN_ERRNO(EPERM),
		SECCOMP_RET_ALLOW);
}

static void check_personality(Program *program)
{
	bpf_load_argument(program, 0);
	bpf_jump(program, BPF_JEQ, PERSONALITY_QUERY, 1, 0);
	bpf_jump(program, BPF_JSET, ~PERSONALITY_ALLOWED, 1, 0);
	bpf_return(program, SECCOMP_RET_ALLOW);
	bpf_return(program, RETURN_ERRNO(EPERM));
}

/* Each socket of these loads, for anybody, the module of a protocol that hardly anybody speaks and
 * that had its share of holes. EPROTONOSUPPORT is the answer of a kernel without them. */
static void check_protocol(Program *program, const Filter *filter)
{
	static const uint32_t refused[] = { PROTOCOL_DCCP, PROTOCOL_L2TP, PROTOCOL_UDPLITE,
		PROTOCOL_SMC, PROTOCOL_SCTP };
	size_t n = sizeof(refused) / sizeof(refused[0]);

	decide(program, 2, refused, filter->sctp ? n - 1 : n, RETURN_ERRNO(EPROTONOSUPPORT),
		SECCOMP_RET_ALLOW);
}

/* EAFNOSUPPORT is what programs, libaudit among them, take for "not in this kernel". */
static void check_socket(Program *program, const Filter *filter)
{
	static const uint32_t links[] = { NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_KOBJECT_UEVENT,
		NETLINK_GENERIC };
	size_t n = sizeof(links) / sizeof(links[0]) - (filter->net_admin ? 0 : 1);

	bpf_load_argument(program, 0);
	if (filter->packet) {
		bpf_jump(program, BPF_JEQ, AF_PACKET, 0, 1);
		bpf_return(program, SECCOMP_RET_ALLOW);
	}
	bpf_jump(program, BPF_JEQ, AF_UNIX, 0, 1);
	bpf_return(program, SECCOMP_RET_ALLOW);
	bpf_jump(program, BPF_JEQ, AF_NETLINK, 0, (uint8_t)(n + 3));
	decide(program, 2, links, n, SECCOMP_RET_ALLOW, RETURN_ERRNO(EAFNOSUPPORT));
	bpf_jump(program, BPF_JEQ, AF_INET, 2, 0);
	bpf_jump(program, BPF_JEQ, AF_INET6, 1, 0);
	bpf_return(program, RETURN_ERRNO(EAFNOSUPPORT));
	check_protocol(program, filter);
}

/* Packet filters are set by these as well as by netlink: the code behind them takes structures
 * apart that root inside wrote. And buffers above the host's net.core.{r,w}mem_max are nobody's
 * right. Of packet sockets DHCP needs no more than what came with a packet; their rings and fanout had most of their holes. */
static void check_setsockopt(Program *program)
{
	static const uint32_t packet[] = { PACKET_AUXDATA };
	static const uint32_t buffers[] = { SO_SNDBUFFORCE, SO_RCVBUFFORCE },
			      tables6[] = { TABLES_FIRST, TABLES_FIRST + 1 };

	bpf_load_argument(program, 1);
	bpf_jump(program, BPF_JEQ, SOL_SOCKET, 0, 5);
	decide(program, 2, buffers, 2, RETURN_ERRNO(EPERM), SECCOMP_RET_ALLOW);
	bpf_jump(program, BPF_JEQ, SOL_PACKET, 0, 4);
	decide(program, 2, packet, 1, SECCOMP_RET_ALLOW, RETURN_ERRNO(ENOPROTOOPT));
	bpf_jump(program, BPF_JEQ, IPPROTO_IPV6, 0, 5);
	decide(program, 2, tables6, 2, RETURN_ERRNO(ENOPROTOOPT), SECCOMP_RET_ALLOW);
	bpf_jump(program, BPF_JEQ, IPPROTO_IP, 1, 0);
	bpf_return(program, SECCOMP_RET_ALLOW);
	bpf_load_argument(program, 2);
	bpf_jump(program, BPF_JGE, TABLES_FIRST, 0, 2); /* below: permission */
	bpf_jump(program, BPF_JGE, MROUTE_FIRST, 0, 2); /* below: refusal */
	bpf_jump(program, BPF_JGE, MROUTE_END, 1, 0);
	bpf_return(program, SECCOMP_RET_ALLOW);
	bpf_return(program, RETURN_ERRNO(ENOPROTOOPT));
}

static const Filter *current; /* that is written: the search tree passes on nothing but actions */

static void emit(Program *program, int action)
{
	bool flags_second = machine == SCMP_ARCH_S390X;

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
		check_socket(program, current);
		break;
	case ACTION_SETSOCKOPT:
		check_setsockopt(program);
		break;
	}
}

/* socketcall() has the arguments of socket() and setsockopt() in memory, where a filter cannot look, and i386's C library makes no other: who asks for
 * such a system is told. */
static Action action_of(uint32_t arch, const char *name, const char *further)
{
	if (arch != machine && strcmp(name, "socketcall") == 0)
		return ACTION_ALLOW;
	for (size_t i = 0; i < sizeof(checked) / sizeof(checked[0]); i++)
		if (strcmp(checked[i].name, name) == 0)
			return checked[i].action;
	if (is_listed(calls_everywhere, name) || (further && is_listed(further, name)))
		return ACTION_ALLOW;
	return is_listed(calls_missing, name) ? ACTION_UNKNOWN : ACTION_REFUSE;
}

static size_t find_ranges(uint32_t arch, const char *further, Range *ranges)
{
	size_t count = 0;

	for (uint32_t number = 0; number <= CALL_NUMBER_MAX; number++) {
		char *name = seccomp_syscall_resolve_num_arch(arch, (int)number);
		Action action = name ? action_of(arch, name, further) : ACTION_UNKNOWN;

		free(name);
		if (count == 0 || ranges[count - 1].action != (int)action)
			ranges[count++] = (Range){ number, action };
	}
	return count;
}

/* Behind the load of the number. */
static void put_calls(Program *program, uint32_t arch, const Filter *filter)
{
	static Range ranges[CALL_NUMBER_MAX + 1];
	size_t count = find_ranges(arch, filter->further, ranges);

	current = filter;
	bpf_search(program, ranges, count, emit);
}

static void print_filter(const Filter *filter, const char *suffix)
{
	Program program = { .length = 0 };
	size_t skip;

	bpf_load(&program, offsetof(struct seccomp_data, arch));
	if (filter->x86 && machine == SCMP_ARCH_X86_64) {
		bpf_jump(&program, BPF_JEQ, SCMP_ARCH_X86, 1, 0);
		skip = bpf_skip(&program);
		bpf_load(&program, offsetof(struct seccomp_data, nr));
		put_calls(&program, SCMP_ARCH_X86, filter);
		bpf_land(&program, skip);
	}
	/* Another ABI of the same processor (i386, x32) would be a second set of numbers behind
	 * the filter's back. */
	bpf_jump(&program, BPF_JEQ, machine, 1, 0);
	bpf_return(&program, SECCOMP_RET_KILL_PROCESS);
	bpf_load(&program, offsetof(struct seccomp_data, nr));
	if (machine == SCMP_ARCH_X86_64) {
		bpf_jump(&program, BPF_JSET, X32_BIT, 0, 1);
		bpf_return(&program, SECCOMP_RET_KILL_PROCESS);
	}
	put_calls(&program, machine, filter);
	(void)printf("static const struct sock_filter %s%s[] __attribute__((unused)) = {\n",
		filter->title, suffix);
	for (size_t i = 0; i < program.length; i++)
		(void)printf("\t{ 0x%02x, %u, %u, 0x%x },\n", program.code[i].code,
			program.code[i].jt, program.code[i].jf, program.code[i].k);
	(void)printf("};\n");
}

/* With "aarch64" as argument: the filters of that machine, named seccomp_command_aarch64 and so on, for the test. */
int main(int argc, char **argv)
{
	char suffix[32] = "";

	machine = argc > 1 ? seccomp_arch_resolve_name(argv[1]) : seccomp_arch_native();
	if (machine == 0)
		return 2;
	if (argc > 1)
		(void)snprintf(suffix, sizeof(suffix), "_%s", argv[1]);
	(void)printf("/* Written by src/engine/seccomp/generate.c. */\n");
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		print_filter(&filters[i], suffix);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
