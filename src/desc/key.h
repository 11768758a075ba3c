/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One row of the table of keys.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef enum KeyFlags {
	KEY_LIST = 1 << 0, /* may be given several times; set appends */
	KEY_OUTPUT = 1 << 1, /* written by the tool (reserved values); no option */
	KEY_LIVE = 1 << 2, /* can be changed on a running container: `set` */
	KEY_UNLIMITED = 1 << 4, /* "max" is a value */
	KEY_IDENTITY = 1 << 5, /* a member of Identity, not of Desc */
	KEY_PARTLY_LIVE = 1 << 7, /* `set` changes a part of it, and refuses the rest */
	KEY_CREATE = 1 << 6, /* create decides: content, labels, what it is. No later change */
	KEY_SHORTHAND = 1 << 3, /* sets several other keys; never in a file, get gives nothing */
} KeyFlags;

typedef struct vsb_key Key; /* opaque in <virt-sandbox.h> */

/* How a kind of value is read and written. field points at the key's member of its object. */
typedef struct KeyType {
	int (*set)(const Key *key, void *field, const char *text, Error **ret_error);
	int (*get)(const void *field, char ***values);
	void (*unset)(void *field);
} KeyType;

struct vsb_key {
	const char *section, *name; /* [section] name= in the keyfile; key text "section.name" */
	const char *option; /* long option without dashes, or NULL */
	char letter; /* short option or 0 */
	const char *argument; /* "SIZE", NULL for a boolean */
	const char *help; /* one line */
	KeyFlags flags;
	const KeyType *type;
	size_t offset; /* of the member in Desc, or Identity */
	uint64_t min, max; /* of a number or size; max 0: any */
	int (*check)(const char *text, Error **ret_error); /* of a text, may be NULL */
};
