/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "Function not implemented" does not tell an administrator what to do. Which call it was is not known where the sentence is made, but a kernel that lacks
 * one can simply be asked again: the table is walked only after ENOSYS, never on the way of a start that works.
 */
#include "base/missing.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"

/* In the order in which they came, so that the oldest one missing says how old the kernel is. */
static const struct {
	long number;
	const char *name, *since;
} calls[] = {
	{ SYS_memfd_create, "memfd_create", "3.17" },
	{ SYS_seccomp, "seccomp", "3.17" },
	{ SYS_execveat, "execveat", "3.19" },
	{ SYS_pidfd_send_signal, "pidfd_send_signal", "5.1" },
	{ SYS_fsopen, "fsopen", "5.2" },
	{ SYS_fsconfig, "fsconfig", "5.2" },
	{ SYS_fsmount, "fsmount", "5.2" },
	{ SYS_move_mount, "move_mount", "5.2" },
	{ SYS_open_tree, "open_tree", "5.2" },
	{ SYS_clone3, "clone3", "5.3" },
	{ SYS_pidfd_open, "pidfd_open", "5.3" },
	{ SYS_openat2, "openat2", "5.6" },
	{ SYS_close_range, "close_range", "5.9" },
	{ SYS_mount_setattr, "mount_setattr", "5.12" },
};

/* Null pointers, and numbers that are no descriptor, flag or command: clone3() refuses the size 0, close_range() a first above its last. */
static bool is_missing(long number)
{
	unsigned long last = number == SYS_clone3 || number == SYS_close_range ? 0 : ~0UL;

	return syscall(number, number == SYS_clone3 ? 0 : ~0UL, last, 0, last, 0, 0) < 0 &&
	       errno == ENOSYS;
}

const char *missing_call(const char **ret_since)
{
	int saved = errno;
	const char *name = NULL;

	for (size_t i = 0; !name && i < ARRAY_SIZE(calls); i++)
		if (is_missing(calls[i].number)) {
			name = calls[i].name;
			*ret_since = calls[i].since;
		}
	errno = saved;
	return name;
}
