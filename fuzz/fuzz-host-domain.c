/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's name and its hosts(5), parted by the first zero byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/host-domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 2), *domain = NULL;
	size_t n;

	if (!text)
		return 0;
	memcpy(text, data, size);
	memset(text + size, 0, 2);
	n = strlen(text);
	(void)host_domain_parse(text, n < size ? text + n + 1 : NULL, &domain);
	/* It becomes a word of a file of whole lines. */
	if (domain && (strpbrk(domain, " \t\n#") || strlen(domain) > FACT_DOMAIN_MAX))
		abort();
	return 0;
}
