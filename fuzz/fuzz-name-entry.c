/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An entry of the directory of names, and a host name that somebody asks for.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "net/name-entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	NameAddress list[NAME_ENTRY_MAX];
	int n;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	n = name_entry_parse(text, list);
	if (n == 0 || n > (int)NAME_ENTRY_MAX)
		abort();
	for (int i = 0; i < n; i++)
		if (list[i].family != AF_INET && list[i].family != AF_INET6)
			abort();
	if (name_entry_asked(text) > NAME_LENGTH_MAX)
		abort();
	return 0;
}
