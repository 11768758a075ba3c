/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The floor of the start benchmark: the least that a container start can be, as bare system calls
 * without a check. clone3 with six namespaces, a tmpfs root with /usr, proc, sysfs, /dev and
 * devpts, pivot_root, exec, wait. It isolates nothing: no user namespace, no masks, every
 * capability.
 *
 *	floor COMMAND [ARGUMENT...]
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(call)                                                                                \
	do {                                                                                       \
		if ((call) < 0) {                                                                  \
			perror(#call);                                                             \
			_exit(125);                                                                \
		}                                                                                  \
	} while (0)

static void make_root(void)
{
	static const char *const directories[] = { "usr", "proc", "sys", "dev", "dev/pts" };

	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"));
	CHECK(chdir("/tmp"));
	for (size_t i = 0; i < 4; i++)
		CHECK(mkdir(directories[i], 0755));
	CHECK(symlink("usr/bin", "bin"));
	CHECK(symlink("usr/sbin", "sbin"));
	CHECK(symlink("usr/lib", "lib"));
	CHECK(symlink("usr/lib64", "lib64"));
	CHECK(mount("/usr", "usr", NULL, MS_BIND | MS_REC, NULL));
	CHECK(mount(NULL, "usr", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	CHECK(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	CHECK(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL));
	CHECK(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755"));
	CHECK(mkdir(directories[4], 0755));
	CHECK(mount(
		"devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "ptmxmode=0666,mode=620"));
}

static void enter_root(void)
{
	CHECK(syscall(SYS_pivot_root, ".", "."));
	CHECK(umount2(".", MNT_DETACH));
	CHECK(chdir("/"));
}

int main(int argc, char **argv)
{
	int pidfd = -1, status;
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP | CLONE_PIDFD,
		.pidfd = (__u64)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (argc < 2)
		return 2;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	CHECK(pid);
	if (pid == 0) {
		make_root();
		enter_root();
		CHECK(execv(argv[1], argv + 1));
	}
	CHECK(waitpid((pid_t)pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
