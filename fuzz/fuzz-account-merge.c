/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of accounts that root inside wrote, merged with the host's: before the first NUL the container's text, behind it the host's.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/strv.h"
#include "content/account-merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "passwd", "group", "shadow", "gshadow" };
	_cleanup_free_ char *text = strndup((const char *)data, size), *wanted = NULL;
	size_t n = text ? strlen(text) : size;

	wanted = n < size ? strndup((const char *)data + n + 1, size - n - 1) : strdup("");
	for (size_t i = 0; i < ARRAY_SIZE(paths) && text && wanted; i++) {
		_cleanup_strv_ char **added = NULL, **left = NULL;
		_cleanup_free_ char *merged = NULL;

		if (account_merge(paths[i], text, wanted, &merged, &added, &left) < 0)
			continue;
		/* What the container has stays, line by line, but for members that are added. */
		assert(strlen(merged) >= strlen(text));
	}
	return 0;
}
