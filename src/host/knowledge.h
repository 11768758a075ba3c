/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knowledge: what is known about single services, programs and places, as data. Each *.rules file holds stanzas "[KIND NAME]" of
 * "key=value" lines; virt-sandbox.rules(5) has the vocabulary, which is closed: C holds the mechanism, these files the products.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/stanza.h"

typedef struct Knowledge {
	Stanza *stanzas; /* by file name, then as they stand in the file */
	size_t n_stanzas;
	size_t first[_STANZA_KIND_MAX],
		last[_STANZA_KIND_MAX]; /* of each kind, as in Stanza: asked thousands of times */
} Knowledge;

Knowledge *knowledge_free(Knowledge *knowledge);
DEFINE_CLEANUP(Knowledge *, knowledge_free)
#define _cleanup_knowledge_ _cleanup_(knowledge_freep)

/* Reads one file's text and appends its stanzas. -EINVAL names file, line and key; then *knowledge has none of them. */
int knowledge_parse(
	Knowledge *knowledge, const char *text, size_t size, const char *file, Error **ret_error);
/* Reads all *.rules of the two directories, sorted by file name; a file of `local` replaces the one of `vendor` with the same name, an empty one
 * switches it off. vendor must exist; local need not (and may be NULL). */
int knowledge_load_from(const char *vendor, const char *local, Knowledge **ret, Error **ret_error);
/* The two directories of this host: layout_rules(), and LAYOUT_RULES. */
int knowledge_load(Knowledge **ret, Error **ret_error);
/* One line a stanza: "kind name: key=value, ... (file:line)". *ret is appended to. */
int knowledge_list(const Knowledge *knowledge, char ***ret, Error **ret_error);

/* The stanza of this kind which has the value for the key, or NULL. knowledge may be NULL: nothing is known. */
const Stanza *knowledge_find(
	const Knowledge *knowledge, StanzaKind kind, const char *key, const char *value);
/* The values of one key, of all stanzas of a kind. */
typedef struct KnowledgeEach {
	const char *value;
	const Stanza *stanza; /* that the value stands in */
	size_t next;
} KnowledgeEach;

bool knowledge_each(
	const Knowledge *knowledge, StanzaKind kind, const char *key, KnowledgeEach *each);

#define KNOWLEDGE_FOREACH(each, knowledge, kind, key)                                              \
	for (KnowledgeEach each = {}; knowledge_each(knowledge, kind, key, &(each));)

/* All of one kind: the next after `previous` (NULL: the first), or NULL. */
const Stanza *knowledge_next(const Knowledge *knowledge, StanzaKind kind, const Stanza *previous);

#define STANZA_FOREACH(s, knowledge, kind)                                                         \
	for (const Stanza *s = knowledge_next(knowledge, kind, NULL); s;                           \
		s = knowledge_next(knowledge, kind, s))
