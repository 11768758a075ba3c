/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program of ours in memory that nobody can write to, neither through /proc/PID/exe nor in any other way (CVE-2019-5736).
 */
#pragma once

#include "base/error.h"

/* name: of a helper program. The descriptor is CLOEXEC; the caller closes it. */
int sealed_program(const char *name, int *ret_fd, Error **ret_error);
/* Of a memfd: its content is final. 0 or -1 with errno. */
int sealed_seal(int fd);
