/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mounts of a container, whose names root inside chooses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/verify/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	SeenMount *mounts = NULL;
	char room[16];
	uint64_t mask;
	size_t n = 0;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (evidence_parse_mounts(text, &mounts, &n) < 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!mounts[i].target || !mounts[i].root || !mounts[i].peers || !mounts[i].type ||
			(evidence_has_option(mounts[i].options, "ro") &&
				!strstr(mounts[i].options, "ro")))
			abort();
	evidence_free_mounts(mounts, n);
	(void)evidence_mask(text, "CapBnd", &mask);
	(void)evidence_field(text, "Pid", room, sizeof(room));
	return 0;
}
