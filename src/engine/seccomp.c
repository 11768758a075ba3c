/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loading the filter, which is a program in the kernel's form that seccomp/generate.c made when we
 * were built: a start compiles nothing and needs no library.
 */
#include "engine/seccomp.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/seccomp/filters.h"

static int load(const struct sock_filter *filter, size_t length, Error **ret_error)
{
	struct sock_fprog program = {
		.len = (unsigned short)length,
		.filter = (struct sock_filter *)filter, /* the kernel only reads it */
	};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return error_errno(ret_error, errno, "load the system call filter");
	return 0;
}

int seccomp_apply(DescKind kind, Error **ret_error)
{
	if (kind == DESC_SERVICE)
		return load(seccomp_service, ARRAY_SIZE(seccomp_service), ret_error);
	return load(seccomp_command, ARRAY_SIZE(seccomp_command), ret_error);
}
