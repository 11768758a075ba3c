/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keyfile: a description as an INI text that people read and edit (NAME.sandbox).
 */
#pragma once

#include "desc/desc.h"

/* Parses text. Unknown sections and keys, malformed lines and impossible values are refused with
 * "file:line: [section] key: ...". The result is not resolved yet. -EINVAL, -E2BIG. */
int keyfile_parse(const char *text, size_t size, const char *file, Desc **ret, Error **ret_error);

/* The description as text. previous, if not NULL, is the text that was there: comments, order
 * and spelling of what did not change survive. */
int keyfile_format(const Desc *desc, const char *previous, char **ret, Error **ret_error);

int keyfile_load(const char *path, Desc **ret, Error **ret_error);
/* Mode 0600, atomic; keeps comments of the file that is there. */
int keyfile_save(const Desc *desc, const char *path, Error **ret_error);
