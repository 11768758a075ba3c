/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a stanza says.
 */
#include "host/stanza.h"

#include <stdlib.h>
#include <string.h>

const char *stanza_get(const Stanza *stanza, const char *key)
{
	for (size_t i = 0; i < stanza->n_values; i++)
		if (strcmp(stanza->values[i].key, key) == 0)
			return stanza->values[i].value;
	return NULL;
}

mode_t stanza_mode(const Stanza *stanza, mode_t otherwise)
{
	const char *mode = stanza_get(stanza, "mode");

	return mode ? (mode_t)strtoul(mode, NULL, 8) : otherwise;
}

bool stanza_has(const Stanza *stanza, const char *key, const char *value)
{
	for (size_t i = 0; i < stanza->n_values; i++)
		if (strcmp(stanza->values[i].key, key) == 0 &&
			strcmp(stanza->values[i].value, value) == 0)
			return true;
	return false;
}
