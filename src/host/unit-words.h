/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values of directives as words, read as systemd reads them (systemd.syntax(7), systemd.service(5) "Command lines"). Looks at nothing.
 */
#pragma once

#include <stdbool.h>

#include "host/directives.h"

/* Splits a value, specifiers expanded; *ret is NULL for an empty value. -EINVAL: systemd ignores the value (a quote without its end, an
 * escape that is none); -ENOMEM. */
int unit_words(const char *value, DirectiveWords words, char ***ret);

/* How many bytes of a value the first of its commands has: up to a ";" that is a word of its own. */
size_t unit_words_command_length(const char *value);

/* The value of a directive by its row; a key without a row has one word. */
int unit_directive_words(const char *key, const char *value, char ***ret);

/* A word without the prefixes that its directive allows; borrowed. */
const char *unit_word_bare(const char *key, const char *word);

/* A boolean as systemd reads it: 1, yes, y, true, t, on or their contrary, in any case of letters. -EINVAL. */
int unit_boolean(const char *text, bool *ret);
/* NULL, and what is no boolean, is false. */
bool unit_is_true(const char *text);

/* text as it must be written where a specifier stood, for unit_words() to see no separator in it. NULL without memory. */
char *unit_words_escape(const char *text, DirectiveWords words);
