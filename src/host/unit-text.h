/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of unit files and drop-ins as directives, with systemd's rules of assignment: a list grows, an empty value resets it,
 * anything else is what was said last. What systemd ignores with a warning (lines without "=", text before the first
 * section) is ignored here: it is the host's file and the host's systemd that decide.
 */
#pragma once

#include "host/facts.h"

#define UNIT_LINE_MAX (1024u * 1024) /* bytes of a line with its continuations, as in systemd */
#define UNIT_DIRECTIVES_MAX 8192 /* of one unit with its drop-ins */

/* Adds the directives of text to the unit. -E2BIG, -ENOMEM; nothing else is an error. */
int unit_text_parse(FactUnit *unit, const char *text, size_t size);

/* One assignment. */
int unit_text_assign(FactUnit *unit, const char *section, const char *key, const char *value);
