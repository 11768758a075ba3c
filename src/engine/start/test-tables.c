/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine's security tables: the system call filters (run in a small
 * interpreter, so that no call is made).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/unit-test.h"
#include "engine/engine.h"
#include "engine/start/seccomp.h"
#include "engine/start/seccomp/filters.h"
#include "engine/start/seccomp/filters-aarch64.h"

#define ERRNO(e) (SECCOMP_RET_ERRNO | (e))

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0 /* the filter kills everything, and the test says so */
#endif

static uint32_t run(const struct sock_filter *code, size_t length, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < length; pc++) {
		const struct sock_filter *i = &code[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k <= sizeof(*data) - sizeof(a));
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & i->k ? i->jt : i->jf;
			break;
		default:
			fail_msg("instruction %zu has the unknown code %u", pc, i->code);
		}
	}
	fail_msg("the filter ends without a return");
	return 0;
}

static uint32_t ask(bool wide, uint32_t arch, int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data data = { .nr = nr, .arch = arch, .args = { a0, a1, a2 } };

	if (wide)
		return run(seccomp_service, ARRAY_SIZE(seccomp_service), &data);
	return run(seccomp_command, ARRAY_SIZE(seccomp_command), &data);
}

/* The same for who administers its network. */
static uint32_t ask_net_admin(int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data data = { .nr = nr, .arch = ARCH, .args = { a0, a1, a2 } };
	uint32_t command =
		run(seccomp_command_net_admin, ARRAY_SIZE(seccomp_command_net_admin), &data);

	assert_int_equal(
		run(seccomp_service_net_admin, ARRAY_SIZE(seccomp_service_net_admin), &data),
		command);
	return command;
}

/* The same for who asks for an address. */
static uint32_t ask_dhcp(int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data data = { .nr = nr, .arch = ARCH, .args = { a0, a1, a2 } };
	uint32_t command = run(seccomp_command_dhcp, ARRAY_SIZE(seccomp_command_dhcp), &data);

	assert_int_equal(
		run(seccomp_service_dhcp, ARRAY_SIZE(seccomp_service_dhcp), &data), command);
	return command;
}

static uint32_t both(int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	uint32_t command = ask(false, ARCH, nr, a0, a1, a2);

	assert_int_equal(ask(true, ARCH, nr, a0, a1, a2), command);
	return command;
}

TEST(numbers)
{
	static const int allowed[] = { SYS_read, SYS_openat, SYS_execve, SYS_execveat, SYS_futex,
		SYS_seccomp, SYS_ptrace, SYS_statx, SYS_sendmsg, SYS_exit_group };
	static const int refused[] = { SYS_bpf, SYS_io_uring_setup, SYS_userfaultfd, SYS_keyctl,
		SYS_add_key, SYS_perf_event_open, SYS_kexec_load, SYS_init_module,
		SYS_open_by_handle_at, SYS_fanotify_init, SYS_clock_settime, SYS_swapon,
		SYS_vmsplice, SYS_move_pages, SYS_quotactl, SYS_acct, SYS_kcmp };
	static const int service_only[] = { SYS_mount, SYS_umount2, SYS_pivot_root, SYS_setns,
		SYS_reboot, SYS_sethostname, SYS_move_mount, SYS_mbind, SYS_set_mempolicy };

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		assert_int_equal(both(allowed[i], 0, 0, 0), SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(both(refused[i], 0, 0, 0), ERRNO(EPERM));
	for (size_t i = 0; i < ARRAY_SIZE(service_only); i++) {
		assert_int_equal(ask(true, ARCH, service_only[i], 0, 0, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(ask(false, ARCH, service_only[i], 0, 0, 0), ERRNO(EPERM));
	}
	assert_int_equal(both(SYS_clone3, 0, 0, 0), ERRNO(ENOSYS));
	for (int nr = 600; nr < 5000; nr++)
		assert_int_equal(both(nr, 0, 0, 0), ERRNO(ENOSYS));
}

static uint32_t ask_aarch64(bool wide, uint32_t arch, int nr, uint64_t a0, uint64_t a1)
{
	struct seccomp_data data = { .nr = nr, .arch = arch, .args = { a0, a1 } };

	return wide ? run(seccomp_service_aarch64, ARRAY_SIZE(seccomp_service_aarch64), &data)
		    : run(seccomp_command_aarch64, ARRAY_SIZE(seccomp_command_aarch64), &data);
}

/* Whatever machine this is: arm64 has our list under its own numbers (include/uapi/asm-generic/unistd.h), without the calls that it never had. */
TEST(aarch64)
{
	static const int allowed[] = { 56 /* openat */, 63 /* read */, 94 /* exit_group */,
		98 /* futex */, 117 /* ptrace */, 211 /* sendmsg */, 220 /* clone */,
		221 /* execve */, 277 /* seccomp */, 281 /* execveat */, 291 /* statx */ };
	static const int refused[] = { 75 /* vmsplice */, 89 /* acct */, 104 /* kexec_load */,
		105 /* init_module */, 219 /* keyctl */, 241 /* perf_event_open */,
		265 /* open_by_handle_at */, 280 /* bpf */, 282 /* userfaultfd */,
		425 /* io_uring_setup */ };
	static const int service_only[] = { 39 /* umount2 */, 40 /* mount */, 41 /* pivot_root */,
		142 /* reboot */, 161 /* sethostname */, 268 /* setns */ };

	for (int wide = 0; wide < 2; wide++) {
		for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
			assert_int_equal(ask_aarch64(wide, AUDIT_ARCH_AARCH64, allowed[i], 0, 0),
				SECCOMP_RET_ALLOW);
		for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
			assert_int_equal(ask_aarch64(wide, AUDIT_ARCH_AARCH64, refused[i], 0, 0),
				ERRNO(EPERM));
		for (size_t i = 0; i < ARRAY_SIZE(service_only); i++)
			assert_int_equal(
				ask_aarch64(wide, AUDIT_ARCH_AARCH64, service_only[i], 0, 0),
				wide ? SECCOMP_RET_ALLOW : ERRNO(EPERM));
		for (int nr = 244; nr < 260; nr++) /* what a machine may have of its own */
			assert_int_equal(
				ask_aarch64(wide, AUDIT_ARCH_AARCH64, nr, 0, 0), ERRNO(ENOSYS));
		assert_int_equal(ask_aarch64(wide, AUDIT_ARCH_AARCH64, 435 /* clone3 */, 0, 0),
			ERRNO(ENOSYS));
		assert_int_equal(
			ask_aarch64(wide, AUDIT_ARCH_AARCH64, 220, CLONE_NEWUSER, 0), ERRNO(EPERM));
		assert_int_equal(ask_aarch64(wide, AUDIT_ARCH_AARCH64, 29 /* ioctl */, 0, TIOCSTI),
			ERRNO(EPERM));
		assert_int_equal(
			ask_aarch64(wide, AUDIT_ARCH_X86_64, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
		assert_int_equal(
			ask_aarch64(wide, AUDIT_ARCH_ARM, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	}
}

#ifdef __x86_64__
static uint32_t ask_i386(int nr, uint64_t a0, uint64_t a1)
{
	struct seccomp_data data = { .nr = nr, .arch = AUDIT_ARCH_I386, .args = { a0, a1 } };
	uint32_t answer = run(seccomp_service_x86, ARRAY_SIZE(seccomp_service_x86), &data);

	assert_int_equal(run(seccomp_service_net_admin_x86,
				 ARRAY_SIZE(seccomp_service_net_admin_x86), &data),
		answer);
	return answer;
}

/* A system of i386 has our list under its numbers, beside that of the host. */
TEST(i386)
{
	assert_int_equal(
		ask(true, AUDIT_ARCH_I386, 5 /* open */, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask_i386(5, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_i386(102 /* socketcall */, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_i386(359 /* socket */, AF_INET, SOCK_STREAM), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_i386(359, AF_VSOCK, SOCK_STREAM), ERRNO(EAFNOSUPPORT));
	assert_int_equal(ask_i386(54 /* ioctl */, 0, TIOCSTI), ERRNO(EPERM));
	assert_int_equal(ask_i386(120 /* clone */, CLONE_NEWUSER, 0), ERRNO(EPERM));
	assert_int_equal(ask_i386(310 /* unshare */, CLONE_NEWUSER, 0), ERRNO(EPERM));
	assert_int_equal(ask_i386(128 /* init_module */, 0, 0), ERRNO(EPERM));
	assert_int_equal(ask_i386(166 /* vm86 */, 0, 0), ERRNO(EPERM));
	assert_int_equal(ask_i386(425 /* io_uring_setup */, 0, 0), ERRNO(EPERM));
	assert_int_equal(ask_i386(435 /* clone3 */, 0, 0), ERRNO(ENOSYS));
	for (int nr = 0; nr < 600; nr++) {
		struct seccomp_data data = { .nr = nr, .arch = ARCH };

		assert_int_equal(run(seccomp_service_x86, ARRAY_SIZE(seccomp_service_x86), &data),
			ask(true, ARCH, nr, 0, 0, 0));
	}
}
#endif

TEST(arguments)
{
	const uint64_t high = UINT64_C(1) << 32; /* the kernel takes these arguments for ints */

	assert_int_equal(both(SYS_unshare, CLONE_NEWNS, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(both(SYS_unshare, CLONE_NEWNS | CLONE_NEWUSER, 0, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_clone, CLONE_NEWUSER, 0, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_clone, CLONE_VM, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(both(SYS_ioctl, 0, TIOCGWINSZ, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(both(SYS_ioctl, 0, TIOCSTI, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_ioctl, 0, high | TIOCSTI, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_ioctl, 0, TIOCLINUX, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_ioctl, 0, high | TIOCLINUX, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_ioctl, 0, TIOCSETD, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_fcntl, 0, 1024 /* F_SETLEASE */, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_fcntl, 0, high | 1024, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_fcntl, 0, 1024 + 16 /* F_SETDELEG */, 0), ERRNO(EPERM));
	assert_int_equal(both(SYS_fcntl, 0, F_GETFL, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(both(SYS_ioctl, 0, TIOCGETD, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(both(SYS_personality, 0xffffffff, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(both(SYS_personality, 0x20008, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(
		both(SYS_personality, 0x0040000, 0, 0), ERRNO(EPERM)); /* ADDR_NO_RANDOMIZE */
}

TEST(sockets)
{
	for (uint64_t family = 0; family < 100; family++) {
		int allowed = family == AF_UNIX || family == AF_INET || family == AF_INET6 ||
			      family == AF_NETLINK;
		uint32_t expected = allowed ? SECCOMP_RET_ALLOW : ERRNO(EAFNOSUPPORT);

		assert_int_equal(both(SYS_socket, family, SOCK_RAW, 0), expected);
		assert_int_equal(
			both(SYS_socket, family | UINT64_C(1) << 40, SOCK_RAW, 0), expected);
		assert_int_equal(both(SYS_socketpair, family, SOCK_STREAM, 0), expected);
	}
	assert_int_equal(both(SYS_socket, AF_NETLINK, 0, NETLINK_GENERIC), ERRNO(EAFNOSUPPORT));
	assert_int_equal(ask_net_admin(SYS_socket, AF_PACKET, SOCK_RAW, 0), ERRNO(EAFNOSUPPORT));
	assert_int_equal(ask_dhcp(SYS_socket, AF_PACKET, SOCK_RAW, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_dhcp(SYS_socket, AF_CAN, SOCK_RAW, 0), ERRNO(EAFNOSUPPORT));
	assert_int_equal(
		ask_dhcp(SYS_setsockopt, 3, SOL_PACKET, PACKET_AUXDATA), SECCOMP_RET_ALLOW);
	for (int option = PACKET_COPY_THRESH; option <= PACKET_FANOUT; option++)
		if (option != PACKET_AUXDATA)
			assert_int_equal(ask_dhcp(SYS_setsockopt, 3, SOL_PACKET, (uint64_t)option),
				ERRNO(ENOPROTOOPT));
	assert_int_equal(ask_net_admin(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC),
		SECCOMP_RET_ALLOW);
	for (uint64_t link = 0; link < 40; link++)
		assert_int_equal(ask_net_admin(SYS_socket, AF_NETLINK, 0, link),
			link == NETLINK_ROUTE || link == NETLINK_SOCK_DIAG ||
					link == NETLINK_KOBJECT_UEVENT || link == NETLINK_GENERIC
				? SECCOMP_RET_ALLOW
				: ERRNO(EAFNOSUPPORT));
	assert_int_equal(both(SYS_socket, AF_NETLINK, 0, NETLINK_AUDIT), ERRNO(EAFNOSUPPORT));
	assert_int_equal(both(SYS_socket, AF_NETLINK, 0, NETLINK_NETFILTER), ERRNO(EAFNOSUPPORT));
	assert_int_equal(both(SYS_socket, AF_INET, SOCK_STREAM, NETLINK_AUDIT), SECCOMP_RET_ALLOW);
}

TEST(protocols)
{
	static const uint64_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (uint64_t protocol = 0; protocol < 300; protocol++) {
			bool sctp = protocol == 132, never = protocol == 33 || protocol == 115 ||
							     protocol == 136 || protocol == 256;

			assert_int_equal(
				ask(true, ARCH, SYS_socket, families[i], SOCK_STREAM, protocol),
				never ? ERRNO(EPROTONOSUPPORT) : SECCOMP_RET_ALLOW);
			assert_int_equal(
				ask(false, ARCH, SYS_socket, families[i], SOCK_STREAM, protocol),
				never || sctp ? ERRNO(EPROTONOSUPPORT) : SECCOMP_RET_ALLOW);
		}
	assert_int_equal(both(SYS_socket, AF_UNIX, SOCK_STREAM, 132), SECCOMP_RET_ALLOW);
}

/* Packet filters and buffers without a limit, also for who administers the network. */
TEST(socket_options)
{
	for (uint64_t option = 0; option < 1300; option++) {
		bool tables = (option >= 64 && option < 200) || option >= 256,
		     buffers = option == SO_SNDBUFFORCE || option == SO_RCVBUFFORCE;
		uint32_t ip = tables ? ERRNO(ENOPROTOOPT) : SECCOMP_RET_ALLOW,
			 ip6 = option == 64 || option == 65 ? ERRNO(ENOPROTOOPT)
							    : SECCOMP_RET_ALLOW,
			 plain = buffers ? ERRNO(EPERM) : SECCOMP_RET_ALLOW;

		assert_int_equal(both(SYS_setsockopt, 3, IPPROTO_IP, option), ip);
		assert_int_equal(both(SYS_setsockopt, 3, IPPROTO_IPV6, option), ip6);
		assert_int_equal(both(SYS_setsockopt, 3, SOL_SOCKET, option), plain);
		assert_int_equal(both(SYS_setsockopt, 3, IPPROTO_TCP, option), SECCOMP_RET_ALLOW);
		assert_int_equal(ask_net_admin(SYS_setsockopt, 3, IPPROTO_IP, option), ip);
		assert_int_equal(ask_net_admin(SYS_setsockopt, 3, SOL_SOCKET, option), plain);
	}
}

TEST(other_abis_are_killed)
{
	assert_int_equal(
		ask(false, AUDIT_ARCH_I386, SYS_getpid, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(ask(true, AUDIT_ARCH_I386, SYS_getpid, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
#ifdef __x86_64__
	assert_int_equal(both(0x40000000 | SYS_getpid, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
#endif
}

static void expect_file(int fd, const char *name, const char *text)
{
	_cleanup_fd_ int file = openat(fd, name, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *found = NULL;

	assert_int_equal(fd_read_all(file, 100, &found, NULL), 0);
	assert_string_equal(found, text);
}

static int make_cgroup(char place[static 32], const char *const *files)
{
	int fd;

	(void)strcpy(place, "/tmp/test-tables-XXXXXX");
	assert_non_null(mkdtemp(place));
	fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (; *files; files++)
		assert_int_equal(
			close(openat(fd, *files, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
	return fd;
}

/* A directory with the files of controllers stands for a cgroup. What is not asked for gets a
 * default where there is a file for it, and is no error elsewhere; what is asked for is one. */
TEST(limits_of_resources)
{
	static const char *const files[] = { "memory.max", "pids.max", NULL };
	const SpecResources nothing = { 0 }, all = { .memory = UINT64_MAX, .pids = UINT64_MAX },
			    some = { .memory = 1 << 30, .pids = 7 };
	SpecResources defaults = run_default_resources();
	char place[32], memory[32], pids[32];
	_cleanup_fd_ int fd = make_cgroup(place, files);

	(void)snprintf(memory, sizeof(memory), "%llu", (unsigned long long)defaults.memory);
	(void)snprintf(pids, sizeof(pids), "%llu", (unsigned long long)defaults.pids);
	assert_true(defaults.memory > 0 && defaults.pids >= 512 && defaults.pids <= 4096);
	assert_int_equal(run_set_resources(fd, &nothing, NULL), 0);
	expect_file(fd, "memory.max", memory);
	expect_file(fd, "pids.max", pids);
	for (int i = 0; files[i]; i++)
		assert_int_equal(close(openat(fd, files[i], O_WRONLY | O_TRUNC | O_CLOEXEC)), 0);
	assert_int_equal(run_set_resources(fd, &all, NULL), 0);
	expect_file(fd, "memory.max", "max");
	expect_file(fd, "pids.max", "max");
	for (int i = 0; files[i]; i++)
		assert_int_equal(unlinkat(fd, files[i], 0), 0);
	assert_int_equal(run_set_resources(fd, &nothing, NULL), 0);
	assert_int_equal(run_set_resources(fd, &some, NULL), -EOPNOTSUPP);
	assert_int_equal(rmdir(place), 0);
}

/* In a process of its own: a filter cannot be taken off. */
static void try_mount_calls(bool old_mounts)
{
	static const long newer[] = { SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig,
		SYS_fsmount, SYS_fspick, SYS_mount_setattr };

	const Spec spec = { .filter.kind = SPEC_FILTER_WIDE };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		seccomp_apply(&spec, old_mounts, NULL) < 0)
		_exit(100);
	for (size_t i = 0; i < ARRAY_SIZE(newer); i++)
		if (syscall(newer[i], -1, NULL, -1, NULL, 0) >= 0 ||
			(errno == ENOSYS) != old_mounts)
			_exit(1 + (int)i);
	_exit(mount(NULL, NULL, NULL, 0, NULL) < 0 && errno != ENOSYS ? 0 : 101);
}

TEST(newer_mount_calls)
{
	for (int old_mounts = 0; old_mounts < 2; old_mounts++) {
		pid_t pid = fork();
		int status = -1;

		if (pid == 0)
			try_mount_calls(old_mounts);
		assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
		assert_int_equal(status, 0);
	}
}
