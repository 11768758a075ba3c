/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's system call filters.
 */
#pragma once

#include "desc/desc.h"

/* Loads the filters of that kind into the calling process: which system calls there are, then which arguments. The process has
 * no_new_privs or CAP_SYS_ADMIN in its user namespace. The last thing before exec. */
int seccomp_apply(DescKind kind, Error **ret_error);
