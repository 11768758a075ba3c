/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as a file of rules. What is refused leaves nothing behind; what is accepted is complete.
 */
#include <stdint.h>

#include "base/strv.h"
#include "host/knowledge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_knowledge_ Knowledge *knowledge = calloc(1, sizeof(*knowledge));
	_cleanup_strv_ char **lines = NULL;

	if (!knowledge)
		abort();
	if (knowledge_parse(knowledge, (const char *)data, size, "fuzz", NULL) < 0) {
		if (knowledge->n_stanzas > 0)
			abort();
		return 0;
	}
	if (knowledge_list(knowledge, &lines, NULL) < 0 ||
		strv_length(lines) != knowledge->n_stanzas)
		abort();
	STANZA_FOREACH (s, knowledge, STANZA_FIRST_START)
		if (!stanza_get(s, "unit") || !stanza_get(s, "command"))
			abort();
	return 0;
}
