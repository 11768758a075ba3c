/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Questions to the SELinux policy that the kernel has loaded.
 */
#pragma once

#include "label/driver.h"

#define SELINUXFS "/sys/fs/selinux"
#define INSTALL_POLICY                                                                             \
	"install the policy with `virt-sandbox-service policy install` (or `make "                 \
	"install-selinux`)"

/* The context as the policy writes it: real names for aliases, categories in order. -EINVAL when the policy does not know it. */
int selinux_canonical(const LabelHost *host, const char *text, char **ret, Error **ret_error);
