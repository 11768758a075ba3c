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

typedef enum StanzaKind {
	STANZA_SERVICE, /* one service under the names that distributions give it */
	STANZA_INSTANCES, /* a generator of a package: instances by configuration files */
	STANZA_FIRST_START, /* data that is made at the first start */
	STANZA_HOST_PROGRAM, /* programs whose work is the host's */
	STANZA_NETWORK_PROGRAM, /* programs that need CAP_NET_ADMIN over the container's network */
	STANZA_DROP_PLACE, /* directories in which packages leave files for another program */
	STANZA_SHARED_PLACE, /* directories in which many packages meet */
	STANZA_BASE, /* what every program expects in /etc */
	STANZA_HOST_UNIT, /* units that never come along with another */
	STANZA_HOST_GENERATOR, /* generators of units that have nothing to do inside */
	STANZA_WARNED_LIBRARY, /* what needs it does less in a container */
	STANZA_KEPT_QUEUE, /* configuration among what belongs to the host's process */
	STANZA_SECRET_FILE, /* files of the host that are never copied */
	STANZA_LOGIN_FILE, /* names of files with logins and histories */
	STANZA_SECRET_TEXT, /* what a line with a secret begins with */
	STANZA_SECRET_VALUE, /* names of values that are keys */
	STANZA_SECRET_STORE, /* files that hold secrets if they contain something */
	STANZA_FRESH_SECRET, /* secrets that are made fresh */
	STANZA_MADE_FILE, /* files that are made in place of the host's */
	_STANZA_KIND_MAX,
	_STANZA_KIND_INVALID = -EINVAL,
} StanzaKind;

typedef struct StanzaValue {
	char *key, *value;
} StanzaValue;

typedef struct Stanza {
	StanzaKind kind;
	char *name; /* unique within its kind */
	char *file; /* that it stands in, for messages */
	unsigned int line; /* of its head, from 1 */
	StanzaValue *values; /* in the order of the file */
	size_t n_values;
} Stanza;

typedef struct Knowledge {
	Stanza *stanzas; /* by file name, then as they stand in the file */
	size_t n_stanzas;
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

const char *stanza_kind_name(StanzaKind kind); /* "service"; NULL outside the enum */
StanzaKind stanza_kind_from_name(const char *name);

/* First value of a key, or NULL. */
const char *stanza_get(const Stanza *stanza, const char *key);
/* mode= as a number, or this. */
mode_t stanza_mode(const Stanza *stanza, mode_t otherwise);
bool stanza_has(const Stanza *stanza, const char *key, const char *value);
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
