/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's PID 1: the systemd of the shared /usr for a service, virt-sandbox-init with the
 * command for a command.
 */
#include "engine/program.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "base/strv.h"
#include "engine/environment.h"
#include "engine/mountfd.h"

static const char *const systemd_paths[] = {
	"/usr/lib/systemd/systemd",
	"/lib/systemd/systemd",
	NULL,
};

static int append_uuid(char ***env, const char *uuid)
{
	if (!uuid || strlen(uuid) != 32)
		return 0;
	return strv_appendf(env, "container_uuid=%.8s-%.4s-%.4s-%.4s-%.12s", uuid, uuid + 8,
		uuid + 12, uuid + 16, uuid + 20);
}

/* From scratch: nothing of the caller's environment but the terminal type. */
static int make_environment(const Desc *desc, bool console, bool notify, char ***ret)
{
	_cleanup_strv_ char **env = NULL;
	int r;

	r = environment_set(&env, "container", "virt-sandbox");
	if (r >= 0)
		r = append_uuid(&env, desc->uuid);
	if (r >= 0)
		r = environment_set(&env, "PATH", ENVIRONMENT_PATH);
	if (r >= 0)
		r = environment_set(&env, "TERM", console ? environment_terminal() : "dumb");
	/* Of another user than root the init program finds it in the container's passwd. */
	if (r >= 0 && desc->kind == DESC_COMMAND && (desc->homedir || !desc->user))
		r = environment_set(&env, "HOME", desc->homedir ? desc->homedir : "/root");
	if (r >= 0 && notify)
		r = environment_set(&env, "NOTIFY_SOCKET", "/run/host/notify");
	if (r >= 0)
		r = environment_add(&env, desc->environment);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(env);
	return 0;
}

static int make_service_arguments(const Desc *desc, char ***ret)
{
	_cleanup_strv_ char **argv = NULL;
	int r;

	r = strv_append(&argv, systemd_paths[0]);
	if (r >= 0)
		r = strv_appendf(&argv, "--unit=%s",
			desc->boot_target ? desc->boot_target : "multi-user.target");
	if (r < 0)
		return r;
	*ret = TAKE_PTR(argv);
	return 0;
}

static int make_command_arguments(const Desc *desc, char ***ret)
{
	_cleanup_strv_ char **argv = NULL;
	int r;

	r = strv_append(&argv, "virt-sandbox-init");
	if (r >= 0 && desc->user)
		r = strv_append(&argv, "-u");
	if (r >= 0 && desc->user)
		r = strv_append(&argv, desc->user);
	if (r >= 0)
		r = strv_append(&argv, "--");
	for (char *const *c = desc->command; r >= 0 && c && *c; c++)
		r = strv_append(&argv, *c);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(argv);
	return 0;
}

/* Inside, /proc/1/exe leads to the program's file. On a read-only mount that nobody else has, it
 * cannot be written to through that link even by a process with every capability (CVE-2019-5736),
 * and it need not be below /usr. */
static int open_init(int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *path = layout_program("virt-sandbox-init");
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = mountfd_clone(AT_FDCWD, path, MOUNT_CLONE_FOLLOW, &fd, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "the container's init program");
	r = mountfd_set(fd, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, -EBADF,
		path, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

void program_done(Program *program)
{
	program->fd = fd_close(program->fd);
	program->argv = strv_free(program->argv);
	program->envp = strv_free(program->envp);
}

int program_prepare(const Desc *desc, bool console, bool notify, Program *ret, Error **ret_error)
{
	_cleanup_program_ Program program = { .fd = -EBADF };
	int r;

	if (desc->kind == DESC_COMMAND && !desc->command)
		return error_set(ret_error, EINVAL, "there is no command to run");
	r = make_environment(desc, console, notify, &program.envp);
	if (r < 0)
		return error_oom(ret_error);
	if (desc->kind == DESC_SERVICE) {
		program.paths = systemd_paths;
		r = make_service_arguments(desc, &program.argv);
	} else {
		r = make_command_arguments(desc, &program.argv);
	}
	if (r < 0)
		return error_oom(ret_error);
	if (desc->kind == DESC_COMMAND) {
		r = open_init(&program.fd, ret_error);
		if (r < 0)
			return r;
	}
	*ret = program;
	program = (Program){ .fd = -EBADF };
	return 0;
}

int program_exec(const Program *program, Error **ret_error)
{
	if (program->fd >= 0) {
		(void)execveat(program->fd, "", program->argv, program->envp, AT_EMPTY_PATH);
		return error_errno(ret_error, errno, "execute %s", program->argv[0]);
	}
	for (const char *const *path = program->paths; *path; path++)
		(void)execve(*path, program->argv, program->envp);
	return error_errno(ret_error, errno, "execute %s", program->argv[0]);
}
