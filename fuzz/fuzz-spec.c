/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as a Spec. What is accepted comes out as a text that reads the same, and what the engine says to it is said without harm.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/spec/spec.h"
#include "engine/start/refuse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_spec_ Spec *spec = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL;

	if (spec_parse((const char *)data, size, "input", &spec, NULL) < 0)
		return 0;
	if (spec_format(spec, &text, NULL) < 0)
		abort();
	if (spec_parse(text, strlen(text), "output", &again, NULL) < 0 || !spec_equal(spec, again))
		abort();
	(void)refuse_unsupported(spec, NULL);
	return 0;
}
