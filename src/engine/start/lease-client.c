/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The DHCP client's side. lease.c cloned me into new mount, pid, ipc and uts namespaces; I am root of the host still. What answers a client is whoever is on the
 * wire: before it runs, it has a root of its own with the host's programs in it and nothing else, is root of the container's user namespace alone, in the
 * container's network, with what an interface needs, and under the container's filter.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/start/caps.h"
#include "engine/start/lease.h"
#include "engine/start/seccomp.h"

#define STAGE "/tmp" /* every host has it; seen by nobody else */
#define CAP_BIT(c) (UINT64_C(1) << (c))
#define CAPABILITIES (CAP_BIT(CAP_NET_ADMIN) | CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_NET_BIND_SERVICE))

static int fail(const char *what, Error **ret_error)
{
	return error_errno(ret_error, errno, "%s", what);
}

static int make_readonly(const char *path, Error **ret_error)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes,
		       sizeof(attributes)) < 0
		       ? fail("make it read-only", ret_error)
		       : 0;
}

/* A directory as it is on the host, read-only; or the link that it is there. Not every host has each. */
static int bring(const char *path, Error **ret_error)
{
	char target[256], to[64];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	(void)snprintf(to, sizeof(to), STAGE "%s", path);
	if (n >= 0) {
		target[n] = '\0';
		return symlink(target, to) < 0 ? fail("make a link", ret_error) : 0;
	}
	if (access(path, F_OK) < 0)
		return 0;
	if (mkdir(to, 0755) < 0 || mount(path, to, NULL, MS_BIND | MS_REC, NULL) < 0)
		return error_errno(ret_error, errno, "bring %s", path);
	return make_readonly(to, ret_error);
}

static int bring_file(const char *path, const char *to, Error **ret_error)
{
	_cleanup_fd_ int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	return fd < 0 || mount(path, to, NULL, MS_BIND, NULL) < 0
		       ? error_errno(ret_error, errno, "bring %s", path)
		       : 0;
}

/* Where clients keep what they know. */
static int make_places(uid_t root, Error **ret_error)
{
	static const char *const places[] = { STAGE "/run", STAGE "/run/dhcpcd", STAGE "/var",
		STAGE "/var/lib", STAGE "/var/lib/dhcp", STAGE "/var/lib/dhcpcd", STAGE "/etc" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (mkdir(places[i], 0755) < 0 || chown(places[i], root, root) < 0)
			return fail("make its directories", ret_error);
	return 0;
}

static int make_root(const LeaseClient *client, Error **ret_error)
{
	static const char *const directories[] = { "/usr", "/bin", "/sbin", "/lib", "/lib64" };
	int r = 0;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", STAGE, "tmpfs", MS_NOSUID, "size=1m,nr_inodes=256,mode=0755") < 0)
		return fail("mount its root", ret_error);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(directories); i++)
		r = bring(directories[i], ret_error);
	if (r == 0)
		r = make_places(client->root, ret_error);
	if (r == 0 && (mkdir(STAGE "/dev", 0755) < 0 || mkdir(STAGE "/proc", 0755) < 0))
		r = fail("make its directories", ret_error);
	if (r == 0)
		r = bring_file("/dev/null", STAGE "/dev/null", ret_error);
	if (r == 0)
		r = bring_file("/dev/urandom", STAGE "/dev/urandom", ret_error);
	if (r == 0)
		r = bring_file(client->event_program, STAGE "/event", ret_error);
	if (r < 0)
		return r;
	/* Some set switches of their interface, which are the network's owner's; the rest is the host's root's, whom nobody here is. */
	if (mount("proc", STAGE "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return fail("mount its /proc", ret_error);
	if (chdir(STAGE) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail("enter its root", ret_error);
	return 0;
}

static int enter(const LeaseClient *client, Error **ret_error)
{
	if (setns(client->netns_fd, CLONE_NEWNET) < 0 ||
		setns(client->userns_fd, CLONE_NEWUSER) < 0)
		return fail("join the container's namespaces", ret_error);
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return fail("become root of the user namespace", ret_error);
	return 0;
}

static int confine(Error **ret_error)
{
	const SpecCapabilities capabilities = {
		.bounding = CAPABILITIES, .permitted = CAPABILITIES, .effective = CAPABILITIES
	};
	const Spec spec = { .filter = { .kind = SPEC_FILTER_NARROW_DHCP } };
	int r;

	/* After the changes of ids, which clear it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("limit it", ret_error);
	r = caps_bound(capabilities.bounding, ret_error);
	if (r == 0)
		r = caps_apply(&capabilities, ret_error);
	return r < 0 ? r : seccomp_apply(&spec, false, ret_error);
}

static void set_files(const LeaseClient *client)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)dup2(null_fd, STDIN_FILENO);
	(void)dup2(client->err_fd, STDOUT_FILENO);
	(void)dup2(client->err_fd, STDERR_FILENO);
	(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
}

static void run(char **argv)
{
	static const char *const directories[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
	static char *const environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"LC_ALL=C.UTF-8", NULL };
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directories[i], argv[0]);
		(void)execve(path, argv, environment); /* returns only on failure */
	}
}

void lease_become_client(const LeaseClient *client)
{
	_cleanup_error_ Error *error = NULL;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && make_root(client, &error) == 0 &&
		enter(client, &error) == 0 && confine(&error) == 0) {
		set_files(client);
		run(client->argv);
	}
	if (error)
		dprintf(client->err_fd, "%s\n", error_message(error));
	_exit(EXIT_FAILURE);
}
