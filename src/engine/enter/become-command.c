/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside: virt-sandbox-enter cloned me. I run its sealed memory, am in every namespace of the container, its child and by STEP_ENTER in the container's
 * cgroup, not dumpable, root of the container's user namespace with all of its capabilities. The container's processes see
 * me: until I have the container's limits I run nothing of theirs and hold no descriptor but 0, 1, 2 and the socket.
 * Before I end I must be the command, with exactly what PID 1 may do; or have said what failed.
 */
#include "engine/enter/become-command.h"

#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/enter/account.h"
#include "engine/start/attributes.h"
#include "engine/start/caps.h"
#include "engine/enter/pty.h"
#include "engine/start/helper-environment.h"
#include "engine/start/protocol.h"
#include "engine/start/seccomp.h"

#define EXIT_NOT_STARTED 125 /* nobody reads it: the caller has the error */

/* With each change of ids the kernel sets this to the host's fs.suid_dumpable, and where that is 1 we could be traced. */
static int stay_untraceable(Error **ret_error)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot forbid tracing");
	return 0;
}

static int become_root_inside(Error **ret_error)
{
	/* The caller's supplementary groups would still count for access to files. */
	if (setgroups(0, NULL) < 0)
		return error_errno(ret_error, errno, "cannot drop the supplementary groups");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot become root of the user namespace");
	return stay_untraceable(ret_error);
}

/* Returns the master of the pty to be handed out, or -EBADF without terminal. */
static int set_standard(const EnterRequest *request, uid_t uid, int *ret_master, Error **ret_error)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF;
	int r;

	if (setsid() < 0)
		return error_errno(ret_error, errno, "cannot start a session");
	if (!request->terminal)
		return 0;
	r = enter_pty_open(uid, &master, &slave, ret_error);
	if (r == 0)
		r = enter_pty_take(slave, ret_error);
	if (r < 0)
		return r;
	*ret_master = TAKE_FD(master);
	return 0;
}

/* Before the capabilities go: those of the container need not have the one for this. */
static int take_groups(const Account *account, Error **ret_error)
{
	if (setgroups(account->n_groups, account->groups) < 0)
		return error_errno(ret_error, errno, "cannot set the groups");
	if (setresgid(account->gid, account->gid, account->gid) < 0)
		return error_errno(
			ret_error, errno, "cannot become group id %u", (unsigned int)account->gid);
	return 0;
}

/* As for PID 1, but for what a user who is not root needs to become himself: that goes with the change of ids. */
static SpecCapabilities capabilities_of(const Spec *spec, const Account *account)
{
	SpecCapabilities capabilities = spec->capabilities;

	if (account->uid != 0) {
		capabilities.permitted |= UINT64_C(1) << CAP_SETUID;
		capabilities.effective |= UINT64_C(1) << CAP_SETUID;
	}
	return capabilities;
}

static int confine(
	const EnterRequest *request, const Spec *spec, const Account *account, Error **ret_error)
{
	SpecCapabilities capabilities = capabilities_of(spec, account);
	int r = seccomp_comes_early(spec) ? seccomp_apply(spec, request->old_mounts, ret_error) : 0;

	if (r < 0)
		return r;
	if (spec->filter.no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot forbid new privileges");
	r = caps_bound(spec->capabilities.bounding, ret_error);
	return r < 0 ? r : caps_apply(&capabilities, ret_error);
}

static int become_user(const EnterRequest *request, const Account *account, Error **ret_error)
{
	struct pollfd caller = { .fd = ENTER_FD_SOCKET };

	if (setresuid(account->uid, account->uid, account->uid) < 0)
		return error_errno(
			ret_error, errno, "cannot become user id %u", (unsigned int)account->uid);
	/* The caller's death is virt-sandbox-enter's, our parent's, and ends a command that only it can end; a terminal's hangs up by itself, and one in the background is to stay. Changes of
	 * ids clear this, so it comes after them. A caller that went before that has closed its end of the socket. */
	if (!request->terminal && !request->background &&
		(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || poll(&caller, 1, 0) != 0))
		return error_set(ret_error, ECONNRESET, "the caller has exited");
	return stay_untraceable(ret_error);
}

/* What was asked for, or the home directory, "/" if that cannot be entered. A directory outside of the root would be a way out: none is believed. */
static int enter_directory(const char *asked, const char *home, Error **ret_error)
{
	char where[PATH_MAX];

	if (asked && chdir(asked) < 0)
		return error_errno(
			ret_error, errno, "cannot enter directory %s inside the container", asked);
	if (!asked && chdir(home) < 0 && chdir("/") < 0)
		return error_errno(ret_error, errno, "cannot enter the root directory");
	/* The system call itself: it says "(unreachable)" where the C library would ask around. */
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0 || where[0] != '/')
		return error_set(
			ret_error, EXDEV, "the working directory is not inside the container");
	return 0;
}

static int make_environment(const EnterRequest *request, const Account *account, char ***ret)
{
	_cleanup_strv_ char **env = NULL;
	int r = environment_set(&env, "HOME", account->home);

	if (r == 0)
		r = environment_set(&env, "SHELL", account->shell);
	if (r == 0 && account->name)
		r = environment_set(&env, "USER", account->name);
	if (r == 0 && account->name)
		r = environment_set(&env, "LOGNAME", account->name);
	if (r == 0)
		r = environment_add(&env, request->envp);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(env);
	return 0;
}

/* execvpe(3) would search our own environment's PATH and run scripts without "#!" through a shell. */
static int exec_command(const char *file, char *const *argv, char *const *env, Error **ret_error)
{
	_cleanup_strv_ char **directories = NULL;
	const char *search = environment_get(env, "PATH");
	int errnum = ENOENT;

	if (strchr(file, '/')) {
		(void)execve(file, argv, env); /* returns only on failure */
		return error_errno(ret_error, errno, "cannot run %s inside the container", file);
	}
	if (strv_split(&directories, search ? search : ENVIRONMENT_PATH, ":") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (directory, directories) {
		_cleanup_free_ char *path = path_join(*directory, file);

		if (!path)
			return error_oom(ret_error);
		(void)execve(path, argv, env); /* returns only on failure */
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			return error_errno(
				ret_error, errno, "cannot run %s inside the container", path);
		if (errno ==
			EACCES) /* perhaps a later directory has it; if not, this is the reason */
			errnum = EACCES;
	}
	if (errnum == ENOENT)
		return error_set(
			ret_error, ENOENT, "there is no command %s in the container", file);
	return error_errno(ret_error, errnum, "cannot run %s inside the container", file);
}

static int exec_request(
	const EnterRequest *request, const Account *account, char *const *env, Error **ret_error)
{
	_cleanup_free_ char *login = NULL;
	char *argv[2] = { NULL, NULL };

	if (request->argv)
		return exec_command(request->argv[0], request->argv, env, ret_error);
	/* A shell whose name begins with a dash is a login shell. */
	if (asprintf(&login, "-%s", path_base(account->shell)) < 0)
		return error_oom(ret_error);
	argv[0] = login;
	return exec_command(account->shell, argv, env, ret_error);
}

static int run(const EnterRequest *request, const Spec *spec, Error **ret_error)
{
	_cleanup_account_ Account account = { 0 };
	_cleanup_strv_ char **env = NULL;
	_cleanup_fd_ int master = -EBADF;
	int r;

	/* The caller has my pidfd, so that whatever happens here it can end me. */
	r = protocol_receive(ENTER_FD_SOCKET, STEP_ENTER, ret_error);
	if (r >= 0)
		r = become_root_inside(ret_error);
	if (r >= 0)
		r = account_load(request->user, &account, ret_error);
	if (r < 0)
		return r;
	if (make_environment(request, &account, &env) < 0)
		return error_oom(ret_error);
	r = set_standard(request, account.uid, &master, ret_error);
	if (r >= 0)
		r = attributes_reset(&spec->scheduling, ret_error);
	if (r >= 0)
		r = take_groups(&account, ret_error);
	if (r >= 0)
		r = confine(request, spec, &account, ret_error);
	if (r >= 0)
		r = protocol_send_fd(ENTER_FD_SOCKET, STEP_READY, master, ret_error);
	if (r < 0)
		return r;
	master = fd_close(master);
	/* Before the ids change, which takes the right to load a filter away; what follows is all on its list. */
	r = seccomp_comes_early(spec) ? 0 : seccomp_apply(spec, request->old_mounts, ret_error);
	if (r >= 0)
		r = become_user(request, &account, ret_error);
	if (r < 0)
		return r;
	r = enter_directory(request->directory, account.home, ret_error);
	return r < 0 ? r : exec_request(request, &account, env, ret_error);
}

void enter_inside(const EnterRequest *request, const Spec *spec)
{
	_cleanup_error_ Error *error = NULL;

	(void)run(request, spec, &error); /* returns only on failure, which is in the error */
	protocol_send_failure(ENTER_FD_SOCKET, error);
	_exit(EXIT_NOT_STARTED);
}
