/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any text as the cache of a package database, and the questions that are asked of one.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "host/package-index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_package_index_ PackageIndex index = { 0 };
	_cleanup_free_ bool *set = NULL;
	char *text = strndup((const char *)data, size);

	if (!text || package_index_parse(text, &index) < 0)
		return 0;
	set = calloc(index.n_packages + 1, sizeof(*set));
	for (uint32_t i = 0; set && i < index.n_packages; i++) {
		assert(package_index_find(&index, index.packages[i].name) != PACKAGE_NONE);
		(void)package_index_close(
			&index, i, set); /* without memory there is nothing to check */
	}
	for (size_t i = 0; i < index.n_paths; i++)
		assert(package_index_owner(&index, index.paths[i].path) != PACKAGE_NONE);
	assert(package_index_below(&index, "/etc", 0) <= index.n_paths);
	return 0;
}
