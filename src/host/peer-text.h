/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where text says that a program connects to a service of the same machine: 127.0.0.1:5432, scheme://localhost/db, DB_HOST=localhost, unix:/run/app.sock. Read without
 * knowing any grammar, and pure: whether anybody listens there is for others to find out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PEERS_MAX 256 /* of one text; a longer list is no configuration of one program */

typedef enum PeerRole {
	PEER_UNKNOWN,
	PEER_LISTENS, /* the program itself is to listen there */
	PEER_CONNECTS,
} PeerRole;

typedef struct PeerMention {
	PeerRole role; /* by the words around it */
	unsigned int line; /* from 1 */
	unsigned int port; /* 0: it names none */
	char *key; /* option, variable or directive that it stands behind, or "" */
	char *scheme; /* "ldap" of ldap://, or "" */
	char *path; /* of a UNIX socket; NULL: an address */
	char *name; /* "localhost:5432", or the path: never a password */
} PeerMention;

typedef struct PeerText {
	PeerMention *mentions;
	size_t n;
	unsigned int *
		ports; /* that the text names without an address, or with one of all: most likely its own */
	size_t n_ports;
} PeerText;

void peer_mention_done(PeerMention *mention);
void peer_text_done(PeerText *text);
#define _cleanup_peer_text_ _cleanup_(peer_text_done)

/* Lines that begin with "#", ";" or "//" are comments. 0 or -ENOMEM. */
int peer_text_parse(const char *text, size_t size, PeerText *ret);
bool peer_text_has_port(const PeerText *text, unsigned int port);
