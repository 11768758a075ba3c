/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * FNV-1a.
 */
#include "base/hash.h"

#include <string.h>

#define PRIME 16777619u
#define PRIME_64 1099511628211u

uint32_t hash_bytes(uint32_t hash, const void *data, size_t size)
{
	for (const unsigned char *p = data; size > 0; p++, size--)
		hash = (hash ^ *p) * PRIME;
	return hash;
}

uint64_t hash_bytes_64(uint64_t hash, const void *data, size_t size)
{
	for (const unsigned char *p = data; size > 0; p++, size--)
		hash = (hash ^ *p) * PRIME_64;
	return hash;
}

uint32_t hash_text(const char *text)
{
	return hash_bytes(HASH_START, text, strlen(text));
}
