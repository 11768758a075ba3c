/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Questions to the SELinux policy that the kernel has loaded.
 */
#pragma once

#include "label/driver.h"

/* The context as the policy writes it: real names for aliases, categories in order. -EINVAL when the policy does not know it. */
int selinux_canonical(const LabelHost *host, const char *text, char **ret, Error **ret_error);
