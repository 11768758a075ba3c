/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is a secret of the host: by the content of a file, as file(1) knows formats, and by the names of files whose content has none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Does this hold a private key, a shared key or password hashes, in one of the formats of the table in secret.c? whole: data is the whole file, not
 * its beginning. What is public (certificates, public keys, certificate stores) does not count, nor what stands in a comment. */
bool secret_content(const char *data, size_t size, bool whole);

/* Is path called as programs call files of logins, histories and password databases? */
bool secret_name(const char *path);
