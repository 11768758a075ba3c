/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The leases that a DHCP server wrote.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/memory.h"
#include "net/dhcp-leases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1), *once = NULL, *twice = NULL;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (dhcp_leases_read(text, &once, NULL) < 0 || dhcp_leases_read(once, &twice, NULL) < 0)
		abort();
	for (const char *at = once; *at; at++)
		if ((*at < ' ' && *at != '\n') || *at > '~')
			abort();
	if (strcmp(once, twice) != 0) /* what was read is read as the same */
		abort();
	return 0;
}
