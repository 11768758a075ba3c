/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Anything that a container says on its console or about its units: what is shown has no control character.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#include "engine/keep/readiness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *const units[] = { (char *)"a.service", (char *)"b.service", NULL };
	_cleanup_free_ char *out = malloc(size + 1), *text = strndup((const char *)data, size),
			    *state = NULL;
	const char *unit;
	int filter = 0;
	size_t n;

	if (!out || !text)
		return 0;
	n = text_filter(&filter, (const char *)data, size, out);
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)out[i] < 0x20 && out[i] != 0x0a && out[i] != 0x09) ||
			out[i] == 0x7f ||
			(i > 0 && (unsigned char)out[i - 1] == 0xc2 &&
				(unsigned char)out[i] >= 0x80 && (unsigned char)out[i] < 0xa0))
			abort();
	(void)readiness_check(text, units, &unit, &state, NULL);
	return 0;
}
