/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where units listen: tables of the kernel, what systemctl says of a unit, and of its sockets.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "host/unit-listen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const inodes[] = { "1", "22", NULL };
	_cleanup_listening_ Listening listening = { 0 };
	_cleanup_free_ char *text = malloc(size + 1), *copy = NULL;
	StopUnits units = { calloc(1, sizeof(StopUnit)), 1 };

	if (!text || !units.units) {
		stop_units_done(&units);
		return 0;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	(void)listening_parse_socket(text, &listening);
	copy = strdup(text);
	if (copy)
		(void)listening_parse(copy, false, (char *const *)inodes, &listening);
	if (stop_unit_parse(text, units.units) < 0)
		units.n = 0;
	for (size_t i = 0; i < listening.n; i++)
		if (listening.ports[i].port == 0)
			abort();
	stop_units_done(&units);
	return 0;
}
