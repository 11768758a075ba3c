/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A packet of the start protocol: what is accepted is what message_format() makes of it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/start/message.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	unsigned char again[MESSAGE_SIZE_MAX];
	Message message;

	if (message_parse(data, size, &message) < 0)
		return 0;
	if (message_format(&message, again) != size || memcmp(again, data, size) != 0)
		abort();
	return 0;
}
