/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Our SELinux policy module on this host: `virt-sandbox-service policy install|status|remove`.
 */
#pragma once

#include "base/error.h"

typedef enum PolicyState {
	POLICY_NO_SELINUX, /* the kernel does not enforce SELinux */
	POLICY_ABSENT, /* the policy has no types for containers */
	POLICY_OURS, /* our module is loaded */
	POLICY_DISTRIBUTION, /* the distribution's own types are used */
	_POLICY_STATE_MAX,
	_POLICY_STATE_INVALID = -EINVAL,
} PolicyState;

const char *policy_state_sentence(
	PolicyState state); /* for the administrator; NULL outside the enum */

int policy_status(PolicyState *ret, Error **ret_error);
/* Loads the module, or a newer version of it, and labels our programs and places as it says. Takes some seconds. -EEXIST: the distribution has
 * container types of its own, which are used without this. */
int policy_install(Error **ret_error);
/* Missing is success. -EBUSY while containers have labels of its types. */
int policy_remove(Error **ret_error);
