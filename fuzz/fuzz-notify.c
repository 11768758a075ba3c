/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any datagram of a container, to its notify socket. What is taken over is printable.
 */
#include <stdint.h>
#include <stdlib.h>

#include "engine/keep/notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Notification said;

	notify_parse((const char *)data, size, &said);
	for (const char *p = said.status; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
	for (const char *p = said.failed; *p; p++)
		if (*p <= ' ' || *p > '~')
			abort();
	if (said.number < 0 || said.number > 255)
		abort();
	return 0;
}
