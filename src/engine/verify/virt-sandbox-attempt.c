/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-attempt: in a container, confined as any command that is run there, I try what must not work, and say for each attempt whether it
 * was refused. `verify` runs me from sealed memory; root inside can stop me or answer in my place, which is why I am asked beside what the kernel says
 * outside, and not instead of it. See attempts.h for what I try.
 *
 *	virt-sandbox-attempt [ATTRIBUTE LABEL]
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/verify/attempts.h"

/* Names that musl's headers do not have. */
#define FAMILY_ALG 38
#define FAMILY_VSOCK 40
#define NETLINK_FILTER_RULES 12

static const char *attribute, *foreign_label;

/* Of a call that means nothing: the kernel looked at its arguments, unless it was refused before that. */
static int refused_call(long result)
{
	return result < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES);
}

static int refused_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0;
}

/* A mask can be opened, and is empty. */
static int reads_nothing(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW), empty;
	char byte;

	if (fd < 0)
		return 1;
	empty = read(fd, &byte, 1) <= 0;
	(void)close(fd);
	return empty;
}

static int refused_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0;
}

/* Not where it is already: there the kernel refuses to anybody. */
static int refused_mount(const char *type)
{
	static const char *const places[] = { "/mnt", "/tmp", "/var", "/usr" };
	int refused = 1;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		refused = mount(type, places[i], type, 0, NULL) < 0 && refused;
	return refused;
}

static int fresh_proc(void)
{
	return refused_mount("proc");
}

static int fresh_sysfs(void)
{
	return refused_mount("sysfs");
}

static int unmask(void)
{
	static const char *const masks[] = { "/proc/kcore", "/proc/keys", "/proc/sys",
		"/proc/sysrq-trigger" };
	int refused = 1;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		refused = umount2(masks[i], MNT_DETACH) < 0 && refused;
	return refused;
}

static int remount(void)
{
	static const char *const places[] = { "/proc/sys", "/sys", "/usr" };
	int refused = 1;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		refused = mount(NULL, places[i], NULL, MS_REMOUNT | MS_BIND, NULL) < 0 && refused;
	return refused;
}

/* The classic: a second chroot(2) leaves the working directory outside of the first. */
static int root_is_left(void)
{
	struct stat before, after;

	if (stat("/", &before) < 0 || chdir("/") < 0 || chroot("/proc") < 0)
		return 0;
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return 0;
	return stat(".", &after) == 0 &&
	       (before.st_dev != after.st_dev || before.st_ino != after.st_ino);
}

/* In a child: the root directory of the rest must stay. */
static int in_child(int (*attempt)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(attempt());
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static int leave_root(void)
{
	return in_child(root_is_left);
}

static int device(void)
{
	static const char *const places[] = { "/tmp", "/var/tmp", "/dev/shm", "/run" };
	int refused = 1;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "%s/.virt-sandbox-attempt", places[i]);
		if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0)
			continue;
		refused = refused_open(path, O_RDONLY) && refused;
		(void)unlink(path);
	}
	return refused;
}

static int kernel_memory(void)
{
	return reads_nothing("/proc/kcore") && refused_open("/dev/mem", O_RDONLY) &&
	       refused_open("/dev/kmem", O_RDONLY);
}

static int kernel_log(void)
{
	return refused_call(syscall(SYS_syslog, 10, NULL, 0)) && reads_nothing("/proc/kmsg") &&
	       refused_open("/dev/kmsg", O_RDONLY);
}

static int core_pattern(void)
{
	return refused_open("/proc/sys/kernel/core_pattern", O_WRONLY);
}

static int sysrq(void)
{
	return refused_open("/proc/sysrq-trigger", O_WRONLY);
}

static int own_limits(void)
{
	return refused_open("/sys/fs/cgroup/memory.max", O_WRONLY) &&
	       refused_open("/sys/fs/cgroup/pids.max", O_WRONLY);
}

static int user_namespace_is_made(void)
{
	if (unshare(CLONE_NEWUSER) == 0)
		return 1;
	return !refused_call(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

static int user_namespace(void)
{
	return in_child(user_namespace_is_made);
}

static int modules(void)
{
	return refused_call(syscall(SYS_finit_module, -1, "", 0)) &&
	       refused_call(syscall(SYS_init_module, NULL, 0, ""));
}

static int bpf(void)
{
	return refused_call(syscall(SYS_bpf, -1, NULL, 0));
}

static int perf(void)
{
	return refused_call(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static int io_uring(void)
{
	return refused_call(syscall(SYS_io_uring_setup, 0, NULL));
}

static int userfaultfd(void)
{
	return refused_call(syscall(SYS_userfaultfd, -1));
}

static int keys(void)
{
	return refused_call(syscall(SYS_keyctl, -1, 0, 0, 0, 0)) &&
	       refused_call(syscall(SYS_add_key, NULL, NULL, NULL, 0, 0));
}

static int handles(void)
{
	return refused_call(syscall(SYS_open_by_handle_at, -1, NULL, 0));
}

static int set_clock(void)
{
	return refused_call(syscall(SYS_clock_settime, 0, NULL)) &&
	       refused_call(syscall(SYS_settimeofday, (void *)-1L, NULL));
}

static int terminal(void)
{
	return refused_call(ioctl(-1, TIOCSTI, NULL));
}

static int packet_socket(void)
{
	return refused_socket(AF_PACKET, SOCK_RAW, 0);
}

static int vsock(void)
{
	return refused_socket(FAMILY_VSOCK, SOCK_STREAM, 0);
}

static int crypto_socket(void)
{
	return refused_socket(FAMILY_ALG, SOCK_SEQPACKET, 0);
}

static int filter_rules(void)
{
	return refused_socket(AF_NETLINK, SOCK_RAW, NETLINK_FILTER_RULES);
}

static int label_is_taken(void)
{
	int fd = open(attribute, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, foreign_label, strlen(foreign_label)) >= 0;
}

static int label(void)
{
	return !attribute || in_child(label_is_taken);
}

static const struct {
	const char *name;
	int (*refused)(void);
} attempts[] = {
#define ATTEMPT(name, what, why) { #name, name },
	ATTEMPTS(ATTEMPT)
};

int main(int argc, char **argv)
{
	if (argc == 3) {
		attribute = argv[1];
		foreign_label = argv[2];
	}
	(void)prctl(PR_SET_NAME, "sandbox-attempt"); /* executed by descriptor, it would be "0" */
	/* What is mounted, and succeeds, is not the container's. Where this is refused, so are mounts. */
	if (unshare(CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		(void)printf(
			"%s %s\n", attempts[i].name, attempts[i].refused() ? "refused" : "allowed");
	return 0;
}
