/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal of a tree: whatever a crash or a bad disk left, undo must not be led astray by it.
 */
#include <stdint.h>
#include <string.h>

#include "content/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_(journal_text_done) JournalText parsed = { 0 };

	if (text)
		(void)journal_parse(text, &parsed, NULL);
	return 0;
}
