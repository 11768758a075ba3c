/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of keys: one row for every property of a description. It serves the keyfile in both
 * directions, the command line options, their help, completion and the man page of the keyfile.
 */
#pragma once

#include "desc/identity.h"
#include "desc/key.h"

size_t keys_count(void);
const Key *keys_at(size_t index);
const Key *keys_find(const char *section, const char *name); /* NULL if unknown */

/* The key that replaces one of an earlier release, which is read in files but not written. NULL: there was none. */
const Key *keys_find_former(const char *section, const char *name);

/* The one of the two that the key is a member of. */
static inline const void *key_object(const Key *key, const Desc *desc, const Identity *identity)
{
	return key->flags & KEY_IDENTITY ? (const void *)identity : (const void *)desc;
}

/* Reads text into the key's object: 0, or -EINVAL with a sentence that quotes the value. */
int key_set(const Key *key, void *object, const char *text, Error **ret_error);
/* Appends to *values one text for each value that is set; none when unset. What key_set() makes
 * of each text is the same again. 0 or -ENOMEM. */
int key_get(const Key *key, const void *object, char ***values);
/* All keys of one kind of object: of is KEY_IDENTITY or 0. */
int keys_copy(const void *from, void *to, KeyFlags of, Error **ret_error);
void keys_unset(void *object, KeyFlags of);

/* By text, "resources.memory": -ENOENT for an unknown key; -EINVAL for one of the identity. */
int desc_set(Desc *desc, const char *key, const char *text, Error **ret_error);
/* The values of a key; *ret is NULL when it is unset. */
int desc_get(const Desc *desc, const char *key, char ***ret, Error **ret_error);
/* Forgets every value of a key. */
int desc_unset(Desc *desc, const char *key, Error **ret_error);
/* Of either. */
int described_get(const Desc *desc, const Identity *identity, const char *key, char ***ret,
	Error **ret_error);
