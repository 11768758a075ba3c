/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any text as the value of any option: the first byte chooses the row of the table of keys. What is
 * accepted must be given back as a text that is accepted and gives itself back.
 */
#include <stdint.h>
#include <string.h>

#include "base/strv.h"
#include "desc/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_desc_ Desc *desc = desc_new(), *again = desc_new();
	_cleanup_identity_ Identity *identity = identity_new(), *same = identity_new();
	_cleanup_strv_ char **values = NULL, **back = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_error_ Error *error = NULL;
	void *object, *copy;
	const Key *key;

	if (size == 0 || !desc || !again || !identity || !same)
		return 0;
	key = keys_at(data[0] % keys_count());
	object = (void *)key_object(key, desc, identity);
	copy = (void *)key_object(key, again, same);
	text = strndup((const char *)data + 1, size - 1);
	if (!text || key_set(key, object, text, &error) < 0)
		return 0;
	if (key_get(key, object, &values) < 0)
		abort();
	STRV_FOREACH (value, values)
		if (key_set(key, copy, *value, NULL) < 0)
			abort();
	if (key_get(key, copy, &back) < 0 || strv_length(back) != strv_length(values))
		abort();
	for (size_t i = 0; values && values[i]; i++)
		if (strcmp(values[i], back[i]) != 0)
			abort();
	return 0;
}
