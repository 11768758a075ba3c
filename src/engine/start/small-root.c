/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/start/small-root.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/start/caps.h"
#include "engine/start/seccomp.h"

#define FILE_SIZE_MAX                                                                              \
	(16u * 1024 * 1024) /* bytes: the leases of a network with 65,536 addresses fit */

static int fail(const char *what, Error **ret_error)
{
	return error_errno(ret_error, errno, "cannot %s", what);
}

static int make_readonly(const char *path, Error **ret_error)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes,
		       sizeof(attributes)) < 0
		       ? fail("make a mount read-only", ret_error)
		       : 0;
}

/* A directory as it is on the host, read-only; or the link that it is there. Not every host has each. */
static int bring_directory(const char *path, Error **ret_error)
{
	char target[256], to[64];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	(void)snprintf(to, sizeof(to), STAGE "%s", path);
	if (n >= 0) {
		target[n] = '\0';
		return symlink(target, to) < 0 ? fail("create a link", ret_error) : 0;
	}
	if (access(path, F_OK) < 0)
		return 0;
	if (mkdir(to, 0755) < 0 || mount(path, to, NULL, MS_BIND | MS_REC, NULL) < 0)
		return error_errno(ret_error, errno, "cannot bind %s", path);
	return make_readonly(to, ret_error);
}

int small_root_bring_file(const char *path, const char *to, Error **ret_error)
{
	_cleanup_fd_ int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	return fd < 0 || mount(path, to, NULL, MS_BIND, NULL) < 0
		       ? error_errno(ret_error, errno, "cannot bind %s", path)
		       : 0;
}

int small_root_bring(const char *path, const char *to, bool writable, Error **ret_error)
{
	if (mkdir(to, 0755) < 0 || mount(path, to, NULL, MS_BIND, NULL) < 0)
		return error_errno(ret_error, errno, "cannot bind %s", path);
	return writable ? 0 : make_readonly(to, ret_error);
}

int small_root_begin(Error **ret_error)
{
	static const char *const directories[] = { "/usr", "/bin", "/sbin", "/lib", "/lib64" };
	int r = 0;

	(void)umask(0022); /* who it becomes is not its owner */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", STAGE, "tmpfs", MS_NOSUID, "size=1m,nr_inodes=256,mode=0755") < 0)
		return fail("mount its root", ret_error);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(directories); i++)
		r = bring_directory(directories[i], ret_error);
	if (r == 0 && mkdir(STAGE "/dev", 0755) < 0)
		r = fail("create its directories", ret_error);
	if (r == 0)
		r = small_root_bring_file("/dev/null", STAGE "/dev/null", ret_error);
	return r < 0 ? r : small_root_bring_file("/dev/urandom", STAGE "/dev/urandom", ret_error);
}

int small_root_enter(Error **ret_error)
{
	return chdir(STAGE) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
			       umount2(".", MNT_DETACH) < 0 || chdir("/") < 0
		       ? fail("enter its root", ret_error)
		       : 0;
}

int small_root_confine(uint64_t capabilities, SpecFilterKind kind, Error **ret_error)
{
	const SpecCapabilities sets = {
		.bounding = capabilities, .permitted = capabilities, .effective = capabilities
	};
	const Spec spec = { .filter = { .kind = kind } };
	int r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail("restrict it", ret_error)
							   : caps_bound(capabilities, ret_error);

	if (r == 0)
		r = caps_apply(&sets, ret_error);
	return r < 0 ? r : seccomp_apply(&spec, false, ret_error);
}

/* What it says is kept in memory of the host's, for as long as it runs, and others make it say more: a server that it asks, a client that asks it. */
static void set_files(int err_fd)
{
	const struct rlimit limit = { FILE_SIZE_MAX, FILE_SIZE_MAX };

	(void)signal(SIGXFSZ, SIG_IGN); /* what does not fit is lost, and it goes on */
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)dup2(null_fd, STDIN_FILENO);
	(void)dup2(err_fd, STDOUT_FILENO);
	(void)dup2(err_fd, STDERR_FILENO);
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
}

void small_root_run(char **argv, int err_fd)
{
	static const char *const directories[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
	static char *const environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"LC_ALL=C.UTF-8", NULL };
	char path[64];

	set_files(err_fd);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directories[i], argv[0]);
		(void)execve(path, argv, environment); /* returns only on failure */
	}
}
