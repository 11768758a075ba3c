/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as the state of a container. What is accepted comes out as a text that reads the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/keep/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_run_state_ RunState state = { 0 }, again = { 0 };
	_cleanup_free_ char *text = malloc(size + 1), *back = NULL;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	if (state_parse(text, size, &state) < 0)
		return 0;
	if (state_format(&state, &back, NULL) < 0 || state_parse(back, strlen(back), &again) < 0)
		abort();
	if (again.phase != state.phase || again.pid != state.pid || again.since != state.since)
		abort();
	return 0;
}
