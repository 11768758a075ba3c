/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Services of the same machine that text names, as facts.
 */
#pragma once

#include "host/facts.h"

/* What a file of configuration names. 0 or -ENOMEM. */
int peer_note_file(const char *file, const char *text, size_t size, Facts *facts);
/* One of a directive (file NULL) or a file; its content is taken. 0 or -ENOMEM. */
int peer_note(const char *where, const char *file, PeerMention *mention, Facts *facts);
/* A port that text names as its own. 0 or -ENOMEM. */
int peer_note_port(unsigned int port, Facts *facts);
