/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keyfile: a description, and the identity beside it, as an INI text that people read and edit (NAME.sandbox).
 */
#pragma once

#include "desc/identity.h"
#include "desc/key.h"

/* Parses text. Unknown sections and keys, malformed lines and impossible values are refused with
 * "file:line: [section] key: ...". The result is not resolved yet. Keys of earlier releases are read as those that replaced them.
 * ret_identity may be NULL. -EINVAL, -E2BIG. */
int keyfile_parse(const char *text, size_t size, const char *file, Desc **ret,
	Identity **ret_identity, Error **ret_error);

/* Both as text; identity may be NULL. previous, if not NULL, is the text that was there: comments, order
 * and spelling of what did not change survive. */
int keyfile_format(const Desc *desc, const Identity *identity, const char *previous, char **ret,
	Error **ret_error);

/* The same, of a file in which not every key may stand: check is called for each, with the description so far. */
typedef int (*KeyfileCheck)(const Key *key, const Desc *desc, Error **ret_error);
int keyfile_parse_checked(const char *text, size_t size, const char *file, KeyfileCheck check,
	Desc **ret, Error **ret_error);

int keyfile_load(const char *path, Desc **ret, Identity **ret_identity, Error **ret_error);
/* Mode 0600, atomic; keeps comments of the file that is there. */
int keyfile_save(const Desc *desc, const Identity *identity, const char *path, Error **ret_error);
