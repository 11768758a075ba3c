/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which versions of packages are installed, and on what.
 */
#include <string.h>

#include "base/file.h"
#include "base/strv.h"
#include "host/host.h"
#include "host/package-index.h"

int host_installed(char *const *names, char ***ret, Error **ret_error)
{
	_cleanup_package_index_ PackageIndex index = {};
	_cleanup_host_root_ HostRoot root = { .fd = -EBADF };
	_cleanup_strv_ char **found = NULL;
	int r;

	*ret = NULL;
	if (!names || !*names)
		return 0;
	r = host_root_open(&root, NULL, ret_error);

	if (r == 0)
		r = package_index_load(&root, &index, ret_error);
	if (r < 0)
		return r;
	STRV_FOREACH (name, names) {
		uint32_t i = package_index_find(&index, *name);

		if (i != PACKAGE_NONE &&
			strv_appendf(&found, "%s %s", *name, index.packages[i].version) < 0)
			return error_oom(ret_error);
	}
	*ret = TAKE_PTR(found);
	return 0;
}

int host_system_name(char **ret, Error **ret_error)
{
	static const char key[] = "PRETTY_NAME=\"";
	_cleanup_free_ char *text = NULL;
	const char *name = NULL;

	if (file_read("/etc/os-release", &text, NULL, NULL) == 0)
		name = strstr(text, key);
	name = name ? name + strlen(key) : "unknown\"";
	*ret = strndup(name, strcspn(name, "\"\n"));
	return *ret ? 0 : error_oom(ret_error);
}
