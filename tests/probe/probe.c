/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process in a container can see and do, as "group name result" lines for a judge outside.
 * Static, so that it runs in any root. Everything it tries is harmless where isolation fails:
 * calls get invalid arguments, mounts lie in its own namespace.
 *
 *	probe [GROUP...]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *group, const char *name, long result)
{
	printf("%s %s %s\n", group, name, result < 0 ? strerrorname_np(errno) : "ok");
}

static void copy_lines(const char *group, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[4096];

	while (file && fgets(line, sizeof(line), file))
		printf("%s %s", group, line);
	if (file)
		fclose(file);
}

static void show_status(void)
{
	copy_lines("status", "/proc/self/status");
}

static void show_mounts(void)
{
	copy_lines("mount", "/proc/self/mountinfo");
}

static void show_environment(void)
{
	for (char **e = environ; *e; e++)
		printf("environment %s\n", *e);
}

static void show_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	char target[PATH_MAX];

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);
		if (n > 0 && atoi(e->d_name) != dirfd(dir))
			printf("descriptor %s %.*s\n", e->d_name, (int)n, target);
	}
	if (dir)
		closedir(dir);
}

static void show_limits(void)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = { { "CORE", RLIMIT_CORE }, { "NOFILE", RLIMIT_NOFILE },
		{ "STACK", RLIMIT_STACK }, { "NICE", RLIMIT_NICE }, { "RTPRIO", RLIMIT_RTPRIO } };
	mode_t mask = umask(0);

	printf("attribute umask %03o\n", mask);
	umask(mask);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;
		if (getrlimit(limits[i].resource, &limit) == 0)
			printf("attribute %s %lld\n", limits[i].name, (long long)limit.rlim_cur);
	}
}

/* What a process inherits without asking. */
static void show_attributes(void)
{
	static const char *const files[] = { "setgroups", "oom_score_adj", "uid_map", "gid_map",
		"loginuid", "coredump_filter" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char group[64];
		snprintf(path, sizeof(path), "/proc/self/%s", files[i]);
		snprintf(group, sizeof(group), "attribute %s", files[i]);
		copy_lines(group, path);
	}
	printf("attribute securebits %d\n", prctl(PR_GET_SECUREBITS));
	printf("attribute nice %d\n", getpriority(PRIO_PROCESS, 0));
	printf("attribute policy %d\n", sched_getscheduler(0));
	printf("attribute personality %x\n", (unsigned int)personality(0xffffffff));
	printf("attribute timerslack %d\n", prctl(PR_GET_TIMERSLACK));
	printf("attribute directory %s\n", getcwd(path, sizeof(path)) ? path : "none");
}

/* mount(2) of file systems that would show the host, and of cgroup v1. */
static void try_filesystems(void)
{
	static const char *const types[] = { "bpf", "cgroup", "cgroup2", "configfs", "debugfs",
		"devtmpfs", "efivarfs", "pstore", "securityfs", "selinuxfs", "smackfs", "tracefs" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		say("filesystem", types[i], mount(types[i], "/mnt", types[i], 0, NULL));
}

/* Device nodes: those that are there, and making and opening others. Opened only. */
static void try_devices(void)
{
	static const struct {
		const char *name;
		mode_t type;
		unsigned int major, minor;
	} nodes[] = { { "mem", S_IFCHR, 1, 1 }, { "kmsg", S_IFCHR, 1, 11 },
		{ "null", S_IFCHR, 1, 3 }, { "tty0", S_IFCHR, 4, 0 }, { "ttyS0", S_IFCHR, 4, 64 },
		{ "fuse", S_IFCHR, 10, 229 }, { "kvm", S_IFCHR, 10, 232 },
		{ "loop-control", S_IFCHR, 10, 237 }, { "tun", S_IFCHR, 10, 200 },
		{ "loop0", S_IFBLK, 7, 0 }, { "sda", S_IFBLK, 8, 0 }, { "vda", S_IFBLK, 254, 0 },
		{ "nvme", S_IFBLK, 259, 0 } };
	static const char *const places[] = { "/tmp", "/var", "/dev", "/dev/shm" };
	DIR *dir = opendir("/dev");
	char path[PATH_MAX];

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		struct stat st;
		if (e->d_name[0] != '.' && fstatat(dirfd(dir), e->d_name, &st, 0) == 0 &&
			(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
			printf("node %s %u:%u\n", e->d_name, major(st.st_rdev), minor(st.st_rdev));
	}
	if (dir)
		closedir(dir);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
			char name[64];
			int fd = -1;
			snprintf(path, sizeof(path), "%s/probe-%s", places[p], nodes[i].name);
			snprintf(name, sizeof(name), "%s:%s", places[p], nodes[i].name);
			if (mknod(path, nodes[i].type | 0666,
				    makedev(nodes[i].major, nodes[i].minor)) == 0)
				fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
			say("device", name, fd);
			if (fd >= 0)
				close(fd);
			unlink(path);
		}
}

/* Nothing is changed where it should be possible: each gets what it has. */
static void try_cgroup(void)
{
	static const char *const files[] = { "cgroup.max.depth", "cgroup.max.descendants",
		"cgroup.freeze", "cgroup.kill", "cgroup.type", "cpu.max", "io.max", "memory.max",
		"memory.high", "memory.swap.max", "pids.max" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", files[i]);
		say("cgroup", files[i], open(path, O_WRONLY | O_CLOEXEC));
	}
	say("cgroup", "parent", open("/sys/fs/cgroup/../cgroup.procs", O_WRONLY | O_CLOEXEC));
	copy_lines("cgroup", "/proc/self/cgroup");
}

/* Every variable of every process that we can see, and the processes themselves. */
static void show_processes(void)
{
	DIR *dir = opendir("/proc");
	char path[PATH_MAX], data[65536];

	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		ssize_t n;
		int fd;
		if (atoi(e->d_name) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/environ", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, data, sizeof(data) - 1);
		printf("process %s %zd\n", e->d_name, n);
		data[n > 0 ? n : 0] = '\0';
		for (char *v = data; v < data + n; v += strlen(v) + 1)
			printf("variable %s %s\n", e->d_name, v);
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
}

static void try_calls(void)
{
	static const struct {
		const char *name;
		long number;
	} calls[] = {
		{ "getpid", SYS_getpid }, /* the control: must work */
		{ "acct", SYS_acct },
		{ "add_key", SYS_add_key },
		{ "bpf", SYS_bpf },
		{ "clock_settime", SYS_clock_settime },
		{ "clone3", SYS_clone3 },
		{ "delete_module", SYS_delete_module },
		{ "fanotify_init", SYS_fanotify_init },
		{ "finit_module", SYS_finit_module },
		{ "init_module", SYS_init_module },
		{ "io_uring_enter", SYS_io_uring_enter },
		{ "io_uring_register", SYS_io_uring_register },
		{ "io_uring_setup", SYS_io_uring_setup },
		{ "keyctl", SYS_keyctl },
		{ "migrate_pages", SYS_migrate_pages },
		{ "mount", SYS_mount },
		{ "move_pages", SYS_move_pages },
		{ "open_by_handle_at", SYS_open_by_handle_at },
		{ "perf_event_open", SYS_perf_event_open },
		{ "process_madvise", SYS_process_madvise },
		{ "quotactl", SYS_quotactl },
		{ "request_key", SYS_request_key },
		{ "setns", SYS_setns },
		{ "swapoff", SYS_swapoff },
		{ "swapon", SYS_swapon },
		{ "syslog", SYS_syslog },
		{ "userfaultfd", SYS_userfaultfd },
		{ "vmsplice", SYS_vmsplice },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		say("call", calls[i].name,
			syscall(calls[i].number, -1, NULL, NULL, NULL, NULL, NULL));
	say("call", "unknown", syscall(4000, 0));
	say("call", "unshare-user", unshare(CLONE_NEWUSER));
	say("call", "clone-user",
		syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
	say("call", "tiocsti", ioctl(-1, TIOCSTI, NULL));
	say("call", "tiocsti-high", syscall(SYS_ioctl, -1, 0x100000000UL | TIOCSTI, NULL));
	say("call", "tioclinux", ioctl(-1, TIOCLINUX, NULL));
	say("call", "tiocsetd", ioctl(-1, TIOCSETD, NULL));
	say("call", "tiocgwinsz", ioctl(-1, TIOCGWINSZ, NULL)); /* control: EBADF */
	say("call", "mknod", mknod("/tmp/probe-node", S_IFBLK | 0600, 0x0700));
}

static void try_sockets(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET };

	for (int family = 0; family < 64; family++)
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			int fd = socket(family, types[i] | SOCK_CLOEXEC, 0);
			if (fd < 0)
				continue;
			printf("socket %d %d\n", family, types[i]);
			close(fd);
		}
	for (int family = 0; family < 64; family++) {
		int fds[2];
		if (socketpair(family, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0) {
			close(fds[0]);
			close(fds[1]);
		} else if (errno == EAFNOSUPPORT) {
			continue;
		}
		printf("socketpair %d known\n", family);
	}
	for (int protocol = 0; protocol < 32; protocol++) {
		int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
		if (fd < 0)
			continue;
		printf("netlink %d open\n", protocol);
		close(fd);
	}
}

/* A call by another ABI's door in a child, which should be killed for it. */
static void try_abi(const char *name, void (*call)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		call();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == pid)
		printf("abi %s %s\n", name,
			WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "ok");
}

#ifdef __x86_64__
static void call_i386(void)
{
	long result = 20; /* getpid of i386 */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
}

static void call_x32(void)
{
	(void)syscall(0x40000000 | SYS_getpid);
}
#endif

static void call_native(void)
{
	(void)syscall(SYS_getpid);
}

static void try_abis(void)
{
	try_abi("native", call_native);
#ifdef __x86_64__
	try_abi("i386", call_i386);
	try_abi("x32", call_x32);
#endif
}

static void try_unmask(const char *group)
{
	static const char *const paths[] = { "/proc/keys", "/proc/interrupts", "/proc/kallsyms",
		"/proc/sys", "/proc/bus", "/proc/timer_list", "/sys", "/usr", "/dev", "/proc" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char name[64];
		snprintf(name, sizeof(name), "umount:%s", paths[i]);
		say(group, name, umount2(paths[i], MNT_DETACH));
		snprintf(name, sizeof(name), "remount:%s", paths[i]);
		if (strcmp(paths[i], "/dev") != 0 && strcmp(paths[i], "/proc") != 0)
			say(group, name, mount(NULL, paths[i], NULL, MS_REMOUNT | MS_BIND, NULL));
	}
	say(group, "proc", mount("proc", "/mnt", "proc", 0, NULL));
	say(group, "sysfs", mount("sysfs", "/mnt", "sysfs", 0, NULL));
	say(group, "tmpfs", mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
}

static void try_mounts(void)
{
	try_unmask("unmask");
	say("nested", "unshare", unshare(CLONE_NEWNS));
	try_unmask("nested");
}

/* Reading gives nothing, writing is refused. */
static void try_kernel_files(void)
{
	static const char *const paths[] = { "/proc/keys", "/proc/interrupts", "/proc/kallsyms",
		"/proc/kcore", "/proc/kmsg", "/proc/slabinfo", "/proc/timer_list",
		"/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/swappiness",
		"/proc/irq/default_smp_affinity", "/sys/kernel/mm/transparent_hugepage/enabled",
		"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory.max", "/sys/firmware",
		"/sys/kernel/debug", "/sys/kernel/security", "/sys/fs/selinux", "/touched" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char data[64];
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, data, sizeof(data));
		if (n >= 0)
			printf("read %s %zd\n", paths[i], n);
		else
			say("read", paths[i], -1);
		if (fd >= 0)
			close(fd);
		fd = open(paths[i], O_WRONLY | O_CLOEXEC); /* opened only: nothing is written */
		say("write", paths[i], fd);
		if (fd >= 0)
			close(fd);
	}
	say("write", "/", mkdir("/made", 0755));
	say("write", "/usr", mkdir("/usr/made", 0755));
	say("write", "/tmp", mkdir("/tmp/made", 0755));
	say("write", "/var", mkdir("/var/made", 0755));
}

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = { { "status", show_status }, { "mounts", show_mounts },
	{ "environment", show_environment }, { "descriptors", show_descriptors },
	{ "limits", show_limits }, { "calls", try_calls }, { "sockets", try_sockets },
	{ "abis", try_abis }, { "files", try_kernel_files }, { "attributes", show_attributes },
	{ "devices", try_devices }, { "cgroup", try_cgroup }, { "processes", show_processes },
	{ "filesystems", try_filesystems }, { "unmask", try_mounts } };

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		bool wanted = argc < 2;
		for (int a = 1; a < argc; a++)
			wanted = wanted || strcmp(argv[a], groups[i].name) == 0;
		if (wanted)
			groups[i].run();
	}
	return 0;
}
