/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as the file of a named network. What can be read comes out as a text that reads the same.
 */
#include <stdint.h>
#include <string.h>

#include "net/own-network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *written = NULL;
	Network network, again;

	if (!text || network_parse(text, "fuzz", &network, NULL) < 0)
		return 0;
	if (network_format(&network, &written, NULL) < 0 ||
		network_parse(written, "fuzz", &again, NULL) < 0 || network.mode != again.mode ||
		network.by_hand != again.by_hand || strcmp(network.bridge, again.bridge) != 0 ||
		memcmp(&network.subnet, &again.subnet, sizeof(Subnet)) != 0 ||
		network.prefix6.family != again.prefix6.family ||
		memcmp(network.prefix6.bytes, again.prefix6.bytes, sizeof(again.prefix6.bytes)) !=
			0)
		abort();
	return 0;
}
