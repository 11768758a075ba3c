/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * FNV-1a (RFC 9923): spreads keys over a table. Not for anything whose strength matters: whoever chooses the text finds a clash at once.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_START 2166136261u /* of 32 bits */
#define HASH_START_64 14695981039346656037u

/* Goes on from a start or from what was hashed before. */
uint32_t hash_bytes(uint32_t hash, const void *data, size_t size);
uint64_t hash_bytes_64(uint64_t hash, const void *data, size_t size);

uint32_t hash_text(const char *text);
