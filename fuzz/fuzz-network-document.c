/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as a network document. What is accepted has a name, and a value for each key.
 */
#include <stdint.h>

#include "base/strv.h"
#include "domain/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_strv_ char **settings = NULL;
	_cleanup_free_ char *name = NULL;

	if (domain_network_settings((const char *)data, size, &name, &settings, &error) < 0) {
		if (!error)
			abort();
		return 0;
	}
	if (!name || !*name || strv_length(settings) % 2 != 0)
		abort();
	return 0;
}
