/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The system call filter of a container.
 */
#pragma once

#include "desc/desc.h"

/* Loads the filter of that kind into the calling process, which has
 * no_new_privs or CAP_SYS_ADMIN in its user namespace. The last thing before exec. */
int seccomp_apply(DescKind kind, Error **ret_error);
