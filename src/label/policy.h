/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host's policy is given: our SELinux module, or labels for the host's private files under Smack: `virt-sandbox-service policy
 * install|status|remove`.
 */
#pragma once

#include "base/error.h"

typedef enum PolicyState {
	POLICY_NO_SELINUX, /* the kernel does not enforce SELinux */
	POLICY_ABSENT, /* the policy has no types for containers */
	POLICY_OURS, /* our module is loaded */
	POLICY_DISTRIBUTION, /* the distribution's own types are used */
	POLICY_SMACK_OPEN, /* Smack; private files of the host have the label of all */
	POLICY_SMACK, /* Smack; they have one of their own */
	_POLICY_STATE_MAX,
	_POLICY_STATE_INVALID = -EINVAL,
} PolicyState;

const char *policy_state_sentence(
	PolicyState state); /* for the administrator; NULL outside the enum */

int policy_status(PolicyState *ret, Error **ret_error);
/* Loads the module, or a newer version of it, and labels our programs and places as it says. Takes some seconds. -EEXIST: the distribution has
 * container types of its own, which are used without this. Under Smack: labels the host's files of these patterns (glob(7)). */
int policy_install(char *const *private_files, Error **ret_error);
/* Missing is success. -EBUSY while containers have labels of its types. */
int policy_remove(Error **ret_error);
