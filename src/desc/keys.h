/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of keys: one row for every property of a description. It serves the keyfile in both directions, the command
 * line options, their help, completion and the man page of the keyfile.
 */
#pragma once

#include "desc/desc.h"

typedef enum KeyFlags {
	KEY_LIST = 1 << 0,   /* may be given several times; set appends */
	KEY_OUTPUT = 1 << 1, /* written by the tool (reserved values); no option */
	KEY_BOOL = 1 << 2,   /* the option takes no argument */
	KEY_LIVE = 1 << 3,   /* can be changed on a running container: `set` */
} KeyFlags;

typedef struct Key {
	const char *section, *name; /* [section] name= in the keyfile; key text "section.name" */
	const char *option;         /* long option without dashes, or NULL */
	char letter;                /* short option or 0 */
	const char *argument;       /* "SIZE", NULL for a boolean */
	const char *help;           /* one line */
	KeyFlags flags;
	/* Reads text into the description: 0, or -EINVAL with a sentence that names the value. */
	int (*set)(Desc *desc, const char *text, Error **ret_error);
	/* Appends to *values one text for each value that is set; none when unset. What set() of each text makes is the same again. */
	int (*get)(const Desc *desc, char ***values);
} Key;

size_t keys_count(void);
const Key *keys_at(size_t index);
const Key *keys_find(const char *section, const char *name); /* NULL if unknown */

/* desc_set("resources.memory", "512M"): -ENOENT for an unknown key. */
int desc_set(Desc *desc, const char *key, const char *text, Error **ret_error);
/* The values of a key; *ret is NULL when it is unset. */
int desc_get(const Desc *desc, const char *key, char ***ret, Error **ret_error);
/* Forgets every value of a key. */
int desc_unset(Desc *desc, const char *key, Error **ret_error);
