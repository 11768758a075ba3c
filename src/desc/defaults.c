/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The site's defaults.
 */
#include "desc/defaults.h"

#include <string.h>

#include "base/layout.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "desc/keys.h"

static int check_sections(
	const Desc *desc, const Identity *identity, const char *path, Error **ret_error)
{
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		_cleanup_strv_ char **values = NULL;

		if (strcmp(key->section, "resources") == 0)
			continue;
		if (key_get(key, key_object(key, desc, identity), &values) < 0)
			return error_oom(ret_error);
		if (values)
			return error_set(ret_error, EINVAL,
				"%s: [%s] %s: cannot have a default; only keys of [resources] can",
				path, key->section, key->name);
	}
	return 0;
}

int defaults_load(DescResources *ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_path(LAYOUT_DEFAULTS);
	_cleanup_error_ Error *error = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_identity_ Identity *identity = NULL;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = keyfile_load(path, &desc, &identity, &error);
	if (r == -ENOENT) {
		*ret = (DescResources){ 0 };
		return 0;
	}
	if (r < 0)
		return error_set(ret_error, -r, "%s", error_message(error));
	r = check_sections(desc, identity, path, ret_error);
	if (r == 0)
		*ret = desc->resources;
	return r;
}

void defaults_fill(DescResources *resources, const DescResources *defaults)
{
	if (!resources->memory)
		resources->memory = defaults->memory;
	if (!resources->cpu_milli)
		resources->cpu_milli = defaults->cpu_milli;
	if (!resources->pids)
		resources->pids = defaults->pids;
	if (!resources->io_weight)
		resources->io_weight = defaults->io_weight;
	if (!resources->files)
		resources->files = defaults->files;
}
