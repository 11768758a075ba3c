/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One piece of knowledge: a stanza of a rules file.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef enum StanzaKind {
	STANZA_SERVICE, /* one service under the names that distributions give it */
	STANZA_INSTANCES, /* a generator of a package: instances by configuration files */
	STANZA_FOREGROUND, /* commands of services that put themselves into the background */
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
	STANZA_UNNEEDED, /* what copies leave out */
	STANZA_PRIVATE_FILE, /* files of the host that are labelled under Smack */
	STANZA_HOST_NAME, /* what keeps its state under the name of its host */
	STANZA_LOCAL_USERS, /* what serves the accounts of its machine */
	STANZA_HOST_COMMAND, /* commands that change the host, beside a unit's program */
	STANZA_LOCAL_SERVICE, /* what others of the same machine connect to */
	STANZA_METADATA, /* addresses that hand out the host's keys: built in */
	_STANZA_KIND_MAX,
	_STANZA_KIND_INVALID = -EINVAL,
} StanzaKind;

typedef struct StanzaValue {
	const char *key; /* the vocabulary's */
	char *value;
} StanzaValue;

typedef struct Stanza {
	StanzaKind kind;
	char *name; /* unique within its kind */
	char *file; /* that it stands in, for messages */
	unsigned int line; /* of its head, from 1 */
	StanzaValue *values; /* in the order of the file */
	size_t n_values;
	size_t next; /* of the same kind: its place in the array, from 1; 0: none */
} Stanza;

/* First value of a key, or NULL. */
const char *stanza_get(const Stanza *stanza, const char *key);
/* mode= as a number, or this. */
mode_t stanza_mode(const Stanza *stanza, mode_t otherwise);
bool stanza_has(const Stanza *stanza, const char *key, const char *value);
