/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of containers that were deleted and are kept.
 */
#include "sandbox/kept-name.h"

#include <string.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/text.h"

char *kept_path(const char *name)
{
	return layout_pathf(LAYOUT_SERVICES, "%s" KEPT_SUFFIX, name);
}

char *kept_until_path(const char *name)
{
	return layout_pathf(LAYOUT_RESERVATIONS, "kept/%s", name);
}

bool kept_exists(const char *name)
{
	_cleanup_free_ char *path = kept_path(name);

	return path && file_exists(path);
}

int kept_until(const char *name, int64_t *ret)
{
	_cleanup_free_ char *file = kept_until_path(name), *text = NULL;
	uint64_t until = 0;

	if (!file || !kept_exists(name))
		return 0;
	/* Without a number nobody has said that it may go: that is prune's. */
	*ret = INT64_MAX;
	if (file_read(file, &text, NULL, NULL) < 0)
		return 1;
	text[strcspn(text, "\n")] = '\0';
	if (text_number(text, INT64_MAX, &until) == 0)
		*ret = (int64_t)until;
	return 1;
}

int kept_check_free(const char *name, Error **ret_error)
{
	if (!kept_exists(name))
		return 0;
	return error_set(ret_error, EEXIST,
		"the name %s belongs to a container that was deleted and is kept; `undelete %s` brings it "
		"back, `delete --force %s` removes it for good",
		name, name, name);
}
