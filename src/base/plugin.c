/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plug-ins.
 */
#include "base/plugin.h"

#include <dlfcn.h>
#include <stdio.h>

#include "base/file.h"
#include "base/layout.h"

int plugin_load(const char *name, const void **ret, Error **ret_error)
{
	_cleanup_free_ char *file = NULL, *symbol = NULL, *path = NULL;
	const void *found;
	void *handle;

	if (asprintf(&file, "%s.so", name) < 0 || asprintf(&symbol, "vsb_plugin_%s", name) < 0)
		return error_oom(ret_error);
	path = layout_program(file);
	if (!path)
		return error_oom(ret_error);
	if (!file_exists(path))
		return error_set(ret_error, ENOENT,
			"the plug-in %s of virt-sandbox is not installed (%s)", name, path);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return error_set(ret_error, ELIBACC,
			"cannot load %s: %s; install the package with that library", path,
			dlerror());
	found = dlsym(handle, symbol);
	if (!found)
		return error_set(ret_error, ELIBBAD, "cannot load %s: it has no %s", path, symbol);
	*ret = found;
	return 0;
}
