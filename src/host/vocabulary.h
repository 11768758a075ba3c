/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The closed vocabulary of rules.d: which kinds of stanzas there are, which keys each has, and what a value may be. virt-sandbox.rules(5)
 * describes them in the same order.
 */
#pragma once

#include "base/error.h"
#include "host/stanza.h"

/* -EINVAL names the key. ret_key: the vocabulary's own copy of it, so that pointers can be compared; ret_many: may it be given more than once? */
int vocabulary_check(StanzaKind kind, const char *key, const char *value, const char **ret_key,
	bool *ret_many, Error **ret_error);
/* A key that the stanza must have and has not, or NULL. */
const char *vocabulary_missing(const Stanza *stanza);
bool vocabulary_is_name(const char *text);

const char *stanza_kind_name(StanzaKind kind); /* "service"; NULL outside the enum */
StanzaKind stanza_kind_from_name(const char *name);
