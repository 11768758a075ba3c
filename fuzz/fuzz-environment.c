/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as the text of an EnvironmentFile=: each variable has a name that is one, once; and what was set is found.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/strv.h"
#include "base/environment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_strv_ char **environment = NULL;

	assert(text);
	assert(environment_read(text, &environment) == 0);
	STRV_FOREACH (one, environment) {
		size_t n = strcspn(*one, "=");

		assert(environment_is_name(*one, n) && (*one)[n] == '=');
		assert(environment_find(environment, *one, n) == *one + n + 1);
	}
	return 0;
}
