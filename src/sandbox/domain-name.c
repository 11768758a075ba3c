/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names that domains have.
 */
#include "sandbox/domain-name.h"

#include "base/file.h"
#include "base/layout.h"

bool domain_name_is_taken(const char *name)
{
	_cleanup_free_ char *kept = layout_pathf(LAYOUT_DOMAINS, "%s.xml", name),
			    *live = layout_pathf(LAYOUT_RUN, ".domains/%s", name);

	return !kept || !live || file_exists(kept) || file_exists(live);
}
