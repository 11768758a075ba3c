/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * policy: our SELinux policy module on this host.
 */
#include "label/policy.h"

#include <string.h>

#include "sandbox/handle.h"

PUBLIC int vsb_policy_status(char **ret_sentence, vsb_error **error)
{
	PolicyState state;
	char *sentence;
	int r;

	r = policy_status(&state, error);
	if (r < 0)
		return r;
	sentence = strdup(policy_state_sentence(state));
	if (!sentence)
		return error_oom(error);
	*ret_sentence = sentence;
	return 0;
}

PUBLIC int vsb_policy_install(vsb_error **error)
{
	int r = sandbox_begin(error);

	return r < 0 ? r : policy_install(error);
}

PUBLIC int vsb_policy_remove(vsb_error **error)
{
	int r = sandbox_begin(error);

	return r < 0 ? r : policy_remove(error);
}
