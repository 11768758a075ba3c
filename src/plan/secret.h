/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is a secret of the host: by the content of a file, as file(1) knows formats, and by the names of files whose content has none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "host/knowledge.h"

typedef enum SecretMark {
	SECRET_LINE, /* a line begins with it */
	SECRET_PEM, /* the head of a block has it: -----BEGIN ... ----- */
	SECRET_HASH, /* a password's hash begins with it, behind NAME: */
	SECRET_VALUE, /* the name of a value that is a key */
	SECRET_STORE, /* in a file with this beginning */
	SECRET_NAME, /* of a file */
	SECRET_MARK_MAX
} SecretMark;

typedef struct SecretWord {
	char *text;
	char *begins; /* SECRET_STORE */
	size_t length; /* SECRET_VALUE: characters of base64 at least */
} SecretWord;

/* The words of rules.d that give secrets away, looked up once. */
typedef struct SecretWords {
	SecretWord *
		words; /* by their mark: each line of a file is compared with those of some marks alone */
	size_t n, end[SECRET_MARK_MAX];
} SecretWords;

SecretWords *secret_words_free(SecretWords *words);
DEFINE_CLEANUP(SecretWords *, secret_words_free)
#define _cleanup_secret_words_ _cleanup_(secret_words_freep)

/* 0 or -ENOMEM. */
int secret_words(const Knowledge *knowledge, SecretWords **ret);

/* Does this hold a private key, a shared key or password hashes, in one of the formats of the tables in secret.c? whole: data is the whole file, not
 * its beginning. What is public (certificates, public keys, certificate stores) does not count, nor what a comment mentions. */
bool secret_content(const SecretWords *words, const char *data, size_t size, bool whole);

/* Is path called as programs call files of logins, histories and password databases? */
bool secret_name(const SecretWords *words, const char *path);
