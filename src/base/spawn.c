/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running other programs of the host. Input and both outputs go through memfds: nothing can deadlock on a full pipe, and
 * waiting for the program is one wait.
 */
#include "base/log.h"
#include "base/spawn.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static char *const spawn_environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	(char *)"LC_ALL=C.UTF-8", NULL };

int spawn_memory_file(const char *content, Error **ret_error)
{
	_cleanup_fd_ int fd = memfd_create("spawn", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return error_errno(ret_error, errno, "cannot create a memory file");
	if (content) {
		r = fd_write_all(fd, content, strlen(content));
		if (r < 0)
			return error_errno(ret_error, -r, "cannot fill a memory file");
		if (lseek(fd, 0, SEEK_SET) < 0)
			return error_errno(ret_error, errno, "cannot rewind a memory file");
	}
	return TAKE_FD(fd);
}

/* The last line that is not empty, cut out of text in place. */
static const char *last_line(char *text)
{
	size_t n = strlen(text);
	char *newline;

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		text[--n] = '\0';
	newline = strrchr(text, '\n');
	return newline ? newline + 1 : text;
}

int spawn_report(const char *name, int status, int err_fd, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;

	if (lseek(err_fd, 0, SEEK_SET) < 0 ||
		fd_read_all(err_fd, SPAWN_OUTPUT_LIMIT, &text, NULL) < 0 || !*last_line(text))
		return error_set(ret_error, EIO, "%s ended with status %d", name, status);
	return error_set(
		ret_error, EIO, "%s ended with status %d: %s", name, status, last_line(text));
}

/* posix_spawnp(3) would search our caller's PATH: with a PATH of his own, whoever may run us as root would choose what runs. */
static int find_program(const char *name, char *ret, size_t size)
{
	static const char *const directories[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	if (strchr(name, '/'))
		return snprintf(ret, size, "%s", name) < (int)size ? 0 : -ENAMETOOLONG;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		if (snprintf(ret, size, "%s/%s", directories[i], name) >= (int)size)
			return -ENAMETOOLONG;
		if (access(ret, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

/* Which package brings a program, where that is not its own name. Debian's names; the same or nearly so elsewhere. */
static const char *package_of(const char *program)
{
	static const struct {
		const char *program, *package;
	} rows[] = {
		{ "apparmor_parser", "apparmor" },
		{ "dpkg-query", "dpkg" },
		{ "e2fsck", "e2fsprogs" },
		{ "journalctl", "systemd" },
		{ "mkfs.ext4", "e2fsprogs" },
		{ "resize2fs", "e2fsprogs" },
		{ "restorecon", "policycoreutils" },
		{ "semodule", "policycoreutils" },
		{ "ssh-keygen", "openssh-client" },
		{ "systemctl", "systemd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].program, program) == 0)
			return rows[i].package;
	return program;
}

int spawn_need(const char *program, Error **ret_error)
{
	char path[PATH_MAX];
	int r = find_program(program, path, sizeof(path));

	return r < 0 ? error_set(ret_error, -r,
			       "this host has no program %s; install the package %s", program,
			       package_of(program))
		     : 0;
}

static int spawn_with(char *const argv[], int in, int out, int err, pid_t *ret, Error **ret_error)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char path[PATH_MAX];
	int r = find_program(argv[0], path, sizeof(path));

	if (r == -ENOENT)
		return spawn_need(argv[0], ret_error);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot run %s", argv[0]);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return error_oom(ret_error);
	r = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, err, 2);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	/* What we or our caller block or ignore would stay so: a pipe without a reader is to end a program. */
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_init(
		&attributes); /* these cannot fail in glibc, nor can those that destroy */
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawn(ret, path, &actions, &attributes, argv, spawn_environment);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r != 0 ? error_errno(ret_error, r, "cannot run %s", argv[0]) : 0;
}

int spawn_begin(char *const argv[], const char *input, Spawned *ret, Error **ret_error)
{
	_cleanup_fd_ int in = -EBADF, out = -EBADF, err = -EBADF;
	pid_t pid;
	int r;

	in = input ? spawn_memory_file(input, ret_error) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return input ? in : error_errno(ret_error, errno, "cannot open /dev/null");
	out = spawn_memory_file(NULL, ret_error);
	if (out < 0)
		return out;
	err = spawn_memory_file(NULL, ret_error);
	if (err < 0)
		return err;
	r = spawn_with(argv, in, out, err, &pid, ret_error);
	if (r < 0)
		return r;
	log_step("spawn", "%s, process %d", argv[0], (int)pid);
	*ret = (Spawned){ argv[0], pid, TAKE_FD(out), TAKE_FD(err) };
	return 0;
}

/* The longest of them make or check the file system of a large image. */
#define SPAWN_TIMEOUT (4 * 3600) /* seconds */

static int spawn_wait(Spawned *spawned, int *ret_status, Error **ret_error)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, spawned->pid, 0);
	siginfo_t info;
	int r;

	if (pidfd < 0)
		return error_errno(ret_error, errno, "cannot watch %s", spawned->name);
	r = deadline_reap(pidfd, deadline_in(SPAWN_TIMEOUT), &info);
	if (r == -ETIMEDOUT) /* killed by spawn_done() */
		return error_set(ret_error, ETIMEDOUT, "%s did not end within %d hours",
			spawned->name, SPAWN_TIMEOUT / 3600);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot wait for %s", spawned->name);
	spawned->pid = 0;
	*ret_status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return 0;
}

int spawn_end(Spawned *spawned, char **ret_output, int *ret_status, Error **ret_error)
{
	int status = 0, r = spawn_wait(spawned, &status, ret_error);

	if (r < 0)
		return r;
	if (status != 0 && !ret_status)
		return spawn_report(spawned->name, status, spawned->err, ret_error);
	if (ret_output) {
		if (lseek(spawned->out, 0, SEEK_SET) < 0)
			return error_errno(
				ret_error, errno, "cannot read the output of %s", spawned->name);
		r = fd_read_all(spawned->out, SPAWN_OUTPUT_LIMIT, ret_output, NULL);
		if (r < 0)
			return error_errno(
				ret_error, -r, "cannot read the output of %s", spawned->name);
	}
	if (ret_status)
		*ret_status = status;
	return 0;
}

void spawn_done(Spawned *spawned)
{
	if (spawned->pid > 0) {
		(void)kill(spawned->pid, SIGKILL); /* ours and not waited for: the number is its */
		while (waitpid(spawned->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	spawned->pid = 0;
	spawned->out = fd_close(spawned->out);
	spawned->err = fd_close(spawned->err);
}

int spawn_run(char *const argv[], const char *input, char **ret_output, int *ret_status,
	Error **ret_error)
{
	_cleanup_spawned_ Spawned spawned = SPAWNED_NONE;
	int r = spawn_begin(argv, input, &spawned, ret_error);

	return r < 0 ? r : spawn_end(&spawned, ret_output, ret_status, ret_error);
}
