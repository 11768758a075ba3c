/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel counts inotify instances, namespaces and the like against the user who made a user namespace, and the default of 128
 * inotify instances is used up by 42 systemds (user_namespaces(7), kernel/ucount.c). Were that user root, hundreds of containers
 * would not fit, and one that takes all it can get would leave none to the host and its siblings. So each container's is its own first
 * id, which nobody has outside of it.
 */
#include "engine/start/namespace-owner.h"

#include <errno.h>
#include <linux/securebits.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define KEPT ((uid_t)-1)

/* The system call, not the C library's function, which would change all threads of a caller of the library. */
static int set_effective_user(uid_t uid)
{
	return (int)syscall(SYS_setresuid, KEPT, uid, KEPT);
}

uid_t owner_of(const Spec *spec)
{
	for (size_t i = 0; i < spec->users.n_ranges; i++)
		if (spec->users.ranges[i].inside == 0 && spec->users.ranges[i].count > 0)
			return spec->users.ranges[i].outside;
	return 0;
}

int owner_become(uid_t uid, Owner *ret, Error **ret_error)
{
	Owner owner = {
		.securebits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0),
		.dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
	};

	if (owner.securebits < 0 || prctl(PR_GET_PDEATHSIG, &owner.death_signal, 0, 0, 0) < 0)
		return error_errno(
			ret_error, errno, "cannot inspect the attributes of this process");
	/* Or the change of ids would take the capabilities away. */
	if (prctl(PR_SET_SECUREBITS, owner.securebits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
		return error_errno(ret_error, errno,
			"cannot keep the capabilities across a change of user id");
	owner.changed = true;
	*ret = owner;
	if (set_effective_user(uid) < 0)
		return error_errno(
			ret_error, errno, "cannot become the owner of the user namespace");
	/* The change has made this process undumpable, and its children would be so, too: root without CAP_SYS_PTRACE could not look at
	 * them any more. 2 cannot be set, and is what it is now. */
	if (owner.dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

int owner_back(Owner *owner, Error **ret_error)
{
	if (!owner->changed)
		return 0;
	owner->changed = false;
	if (set_effective_user(0) < 0 || prctl(PR_SET_SECUREBITS, owner->securebits, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot become root again");
	if (owner->dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* cannot fail, nor can the next */
	(void)prctl(PR_SET_PDEATHSIG, owner->death_signal, 0, 0, 0);
	return 0;
}

int owner_inotify(const Spec *spec)
{
	Owner owner = { 0 };
	int fd, r = 0, back;

	if (owner_of(spec) != 0)
		r = owner_become(owner_of(spec), &owner, NULL);
	fd = r < 0 ? r : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (r == 0 && fd < 0)
		fd = -errno;
	back = owner_back(&owner, NULL);
	if (back < 0)
		(void)fd_close(fd);
	return back < 0 ? back : fd;
}
