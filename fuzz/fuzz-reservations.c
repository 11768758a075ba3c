/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as the file of the default network, with the reservations of earlier releases. The subnet comes out as a text that reads the same.
 */
#include <stdint.h>
#include <string.h>

#include "net/address-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_address_file_ AddressFile file = { 0 }, again = { 0 };
	_cleanup_free_ char *text = strndup((const char *)data, size), *subnet = NULL;

	if (!text || address_file_parse(text, &file, NULL) < 0)
		return 0;
	if (address_file_format(&file, &subnet, NULL) < 0 ||
		address_file_parse(subnet, &again, NULL) < 0 || again.former ||
		memcmp(&file.subnet, &again.subnet, sizeof(Subnet)) != 0)
		abort();
	return 0;
}
