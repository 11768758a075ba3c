/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One process holds one object of each kind, another one tries to use them. Both are root with the same ids in the same
 * namespaces; only their labels differ. Static, so that it runs in any container and needs nothing but itself.
 *
 *	lab-probe hold DIR        makes the objects, writes DIR/pid, DIR/key, then waits to be killed
 *	lab-probe call newqueue   makes a message queue; whoever runs the test puts B's label on it
 *	lab-probe try WHAT DIR    0: it could; 1: it was refused, and why is said
 *	lab-probe call WHAT       the same for a system call
 *	lab-probe mount SOURCE TARGET TYPE [bind|rec|move]...   the same for mount(2)
 *	lab-probe umount TARGET
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define IPC_KEY 0x6c6162 /* "lab" */
#define QUEUE "/lab-held"
#define ABSTRACT "\0lab-held"
#define PATH_SIZE 256

static const char *below(const char *dir, const char *name)
{
	static char path[PATH_SIZE];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		exit(2);
	return path;
}

static long number_in(const char *dir, const char *name)
{
	FILE *file = fopen(below(dir, name), "re");
	long number = -1;

	if (!file || fscanf(file, "%ld", &number) != 1) {
		fprintf(stderr, "%s/%s: no number in it\n", dir, name);
		exit(2);
	}
	fclose(file);
	return number;
}

static int write_number(const char *dir, const char *name, long number)
{
	FILE *file = fopen(below(dir, name), "we");

	if (!file)
		return -1;
	fprintf(file, "%ld\n", number);
	return fclose(file);
}

static socklen_t unix_address(const char *dir, struct sockaddr_un *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if (dir) {
		if (snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/socket", dir) >=
			(int)sizeof(ret->sun_path))
			exit(2);
		return sizeof(*ret);
	}
	memcpy(ret->sun_path, ABSTRACT, sizeof(ABSTRACT) - 1);
	return offsetof(struct sockaddr_un, sun_path) + sizeof(ABSTRACT) - 1;
}

static int unix_listen(const char *dir)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(dir, &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0)
		return -1;
	return listen(fd, 16);
}

static int hold(const char *dir)
{
	long key;
	int fd;

	umask(0);
	fd = open(below(dir, "file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, "held\n", 5) != 5 || unix_listen(dir) < 0 || unix_listen(NULL) < 0)
		return -1;
	if (shmget(IPC_KEY, 4096, IPC_CREAT | 0666) < 0 || msgget(IPC_KEY, IPC_CREAT | 0666) < 0)
		return -1;
	key = syscall(SYS_add_key, "user", "lab-held", "secret", 6, KEY_SPEC_PROCESS_KEYRING);
	if (key < 0 || syscall(SYS_keyctl, KEYCTL_SETPERM, key, 0x3f3f3f3f) < 0)
		return -1;
	if (write_number(dir, "key", key) < 0 || write_number(dir, "pid", getpid()) < 0)
		return -1;
	for (;;)
		pause();
}

static int try_open(const char *path, int flags)
{
	char byte;
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return -1;
	return flags == O_RDONLY ? (int)read(fd, &byte, 1) : 0;
}

static int try_read(const char *dir)
{
	return try_open(below(dir, "file"), O_RDONLY);
}

static int try_write(const char *dir)
{
	return try_open(below(dir, "file"), O_WRONLY);
}

static int try_create(const char *dir)
{
	const char *path = below(dir, "created");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : unlink(path);
}

static int try_signal(const char *dir)
{
	return kill((pid_t)number_in(dir, "pid"), SIGURG);
}

static int try_ptrace(const char *dir)
{
	return (int)ptrace(PTRACE_SEIZE, (pid_t)number_in(dir, "pid"), NULL, NULL);
}

static int try_proc(const char *dir)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%ld/environ", number_in(dir, "pid"));
	return try_open(path, O_RDONLY);
}

static int unix_connect(const char *dir)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(dir, &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, length);
}

static int try_socket(const char *dir)
{
	return unix_connect(dir);
}

static int try_abstract(const char *dir)
{
	(void)dir; /* the name is not in the file system */
	return unix_connect(NULL);
}

static int try_shm(const char *dir)
{
	int id = shmget(IPC_KEY, 0, 0);

	(void)dir;
	return id < 0 || shmat(id, NULL, 0) == (void *)-1 ? -1 : 0;
}

static int try_msg(const char *dir)
{
	struct {
		long type;
		char text[1];
	} message = { 1, "x" };
	int id = msgget(IPC_KEY, 0);

	(void)dir;
	return id < 0 ? -1 : msgsnd(id, &message, 1, IPC_NOWAIT);
}

static int try_queue(const char *dir)
{
	(void)dir;
	return mq_open(QUEUE, O_RDWR) < 0 ? -1 : 0;
}

static int call_newqueue(const char *unused)
{
	(void)unused;
	umask(0);
	return mq_open(QUEUE, O_RDWR | O_CREAT, 0666, NULL) < 0 ? -1 : 0;
}

static int try_key(const char *dir)
{
	char secret[16];

	return (int)syscall(SYS_keyctl, KEYCTL_READ, number_in(dir, "key"), secret, sizeof(secret));
}

static int call_reboot(const char *unused)
{
	(void)unused;
	return reboot(RB_AUTOBOOT);
}

static int call_clock(const char *unused)
{
	struct timespec now;

	(void)unused;
	clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now); /* the same time: the control must do no harm */
}

static int call_mknod(const char *unused)
{
	(void)unused;
	(void)unlink("/tmp/lab-disk");
	return mknod("/tmp/lab-disk", S_IFBLK | 0600, makedev(254, 0));
}

static int call_killall(const char *unused)
{
	(void)unused;
	return kill(-1, SIGKILL);
}

static int call_fsopen(const char *unused)
{
	(void)unused;
	return (int)syscall(SYS_fsopen, "proc", 0);
}

static int call_swap(const char *unused)
{
	(void)unused;
	return (int)syscall(SYS_swapoff, "/nonexistent") < 0 && errno == ENOENT ? 0 : -1;
}

static int call_int80(const char *unused)
{
	long result;

	(void)unused;
	/* getpid by the 32 bit gate: a filter that looks only at 64 bit numbers would let everything through here. */
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(20L)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	errno = (int)-result;
	return result < 0 ? -1 : 0;
}

/* mount(8) has other words for EACCES, and does more than one call. */
static int try_mount(char **argv)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} flags[] = { { "bind", MS_BIND }, { "rec", MS_REC }, { "move", MS_MOVE } };
	unsigned long wanted = 0;
	char **option;
	size_t i;

	for (option = argv + 3; *option; option++)
		for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
			wanted |= strcmp(*option, flags[i].name) ? 0 : flags[i].flag;
	return mount(argv[0], argv[1], argv[2], wanted, NULL);
}

static const struct {
	const char *verb, *what;
	int (*run)(const char *dir);
} attempts[] = {
	{ "try", "read", try_read },
	{ "try", "write", try_write },
	{ "try", "create", try_create },
	{ "try", "signal", try_signal },
	{ "try", "ptrace", try_ptrace },
	{ "try", "proc", try_proc },
	{ "try", "socket", try_socket },
	{ "try", "abstract", try_abstract },
	{ "try", "shm", try_shm },
	{ "try", "msg", try_msg },
	{ "try", "queue", try_queue },
	{ "try", "key", try_key },
	{ "call", "newqueue", call_newqueue },
	{ "call", "reboot", call_reboot },
	{ "call", "clock", call_clock },
	{ "call", "mknod", call_mknod },
	{ "call", "killall", call_killall },
	{ "call", "fsopen", call_fsopen },
	{ "call", "swap", call_swap },
	{ "call", "int80", call_int80 },
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 3 && !strcmp(argv[1], "hold")) {
		hold(argv[2]);
		perror("lab-probe: hold");
		return 2;
	}
	if ((argc >= 5 && !strcmp(argv[1], "mount") && try_mount(argv + 2) < 0) ||
		(argc == 3 && !strcmp(argv[1], "umount") && umount(argv[2]) < 0)) {
		fprintf(stderr, "lab-probe: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	if (!strcmp(argc > 2 ? argv[1] : "", "mount") || !strcmp(argc > 2 ? argv[1] : "", "umount"))
		return 0;
	for (i = 0; argc >= 3 && i < sizeof(attempts) / sizeof(*attempts); i++) {
		if (strcmp(argv[1], attempts[i].verb) || strcmp(argv[2], attempts[i].what))
			continue;
		if (attempts[i].run(argc > 3 ? argv[3] : "/") >= 0)
			return 0;
		fprintf(stderr, "lab-probe: %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	fprintf(stderr, "usage: lab-probe hold DIR | try WHAT DIR | call WHAT\n");
	return 2;
}
