/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each place and name once; whether anything in the container gives it is seen when all is read.
 */
#include "host/peer-note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/config-text.h"

int peer_note(const char *where, const char *file, PeerMention *mention, Facts *facts)
{
	FactPeer *peer;

	for (size_t i = 0; i < facts->n_peers; i++)
		if (strcmp(facts->peers[i].where, where) == 0 &&
			strcmp(facts->peers[i].mention.name, mention->name) == 0)
			return 0;
	if (facts->n_peers >= CONFIG_REFERENCES_MAX)
		return 0;
	if (array_room(&facts->peers, facts->n_peers, sizeof(*facts->peers)) < 0)
		return -ENOMEM;
	peer = &facts->peers[facts->n_peers++];
	*peer = (FactPeer){ .where = strdup(where), .file = file ? strdup(file) : NULL };
	peer->mention = *mention;
	*mention = (PeerMention){ 0 };
	return peer->where && (peer->file || !file) ? 0 : -ENOMEM;
}

int peer_note_port(unsigned int port, Facts *facts)
{
	if (port == 0 || facts->n_own_ports >= CONFIG_REFERENCES_MAX)
		return 0;
	if (array_room(&facts->own_ports, facts->n_own_ports, sizeof(*facts->own_ports)) < 0)
		return -ENOMEM;
	facts->own_ports[facts->n_own_ports++] = port;
	return 0;
}

int peer_note_file(const char *file, const char *text, size_t size, Facts *facts)
{
	_cleanup_peer_text_ PeerText named = { 0 };
	int r = peer_text_parse(text, size, &named);

	for (size_t i = 0; i < named.n_ports && r == 0; i++)
		r = peer_note_port(named.ports[i], facts);
	for (size_t i = 0; i < named.n && r == 0; i++) {
		_cleanup_free_ char *where = NULL;

		if (asprintf(&where, "%s:%u", file, named.mentions[i].line) < 0) {
			where = NULL;
			return -ENOMEM;
		}
		r = peer_note(where, file, &named.mentions[i], facts);
	}
	return r;
}
