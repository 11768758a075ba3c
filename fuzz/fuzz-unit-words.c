/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as the value of a directive, read in each of the ways; and what is escaped is read back as one word.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/strv.h"
#include "host/unit-words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *value = strndup((const char *)data, size);

	assert(value);
	for (DirectiveWords how = 0; how < WORDS_MAX; how++) {
		_cleanup_strv_ char **words = NULL, **back = NULL;
		_cleanup_free_ char *escaped = unit_words_escape(value, how);
		int r = unit_words(value, how, &words);

		assert(r == 0 || (r == -EINVAL && !words));
		assert(how != WORDS_BINDS || strv_length(words) % 2 == 0);
		assert(escaped);
		if (how == WORDS_RAW || how == WORDS_COLONS || !*value ||
			(how == WORDS_COMMAND && strcmp(value, ";") == 0))
			continue;
		assert(unit_words(escaped, how, &back) == 0);
		assert(back && strcmp(back[0], value) == 0);
	}
	return 0;
}
