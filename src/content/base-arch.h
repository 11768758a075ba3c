/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which programs run here. Of another architecture, the system call filter would end the first one without a word.
 */
#pragma once

#include "base/error.h"

int base_check_arch(const char *arch, Error **ret_error);
/* Are the programs of this root for the architecture? By its init. arch NULL: the host's. */
int base_check_programs(int root_fd, const char *arch, Error **ret_error);
