/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * policy: what this host's policy must have for containers: our SELinux module, or labels for private files under Smack.
 */
#include "label/policy.h"

#include <string.h>

#include "base/strv.h"
#include "host/knowledge.h"
#include "sandbox/handle.h"

PUBLIC int vsb_policy_status(char **ret_sentence, vsb_error **error)
{
	PolicyState state;
	char *sentence;
	int r = policy_status(&state, error);
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
	_cleanup_knowledge_ Knowledge *knowledge = NULL;
	_cleanup_strv_ char **files = NULL;
	int r = sandbox_begin(error);

	if (r == 0)
		r = knowledge_load(&knowledge, error);
	if (r < 0)
		return r;
	KNOWLEDGE_FOREACH (file, knowledge, STANZA_PRIVATE_FILE, "path")
		if (strv_append(&files, file.value) < 0)
			return error_oom(error);
	return policy_install(files, error);
}

PUBLIC int vsb_policy_remove(vsb_error **error)
{
	int r = sandbox_begin(error);

	return r < 0 ? r : policy_remove(error);
}
