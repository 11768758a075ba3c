/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rules: what is known of products, as a list.
 */
#include "host/knowledge.h"

#include "base/strv.h"
#include "sandbox/handle.h"

PUBLIC int vsb_rules(char ***ret, vsb_error **error)
{
	_cleanup_knowledge_ Knowledge *knowledge = NULL;
	_cleanup_strv_ char **lines = NULL;
	int r = knowledge_load(&knowledge, error);

	if (r == 0)
		r = knowledge_list(knowledge, &lines, error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(lines);
	return 0;
}
