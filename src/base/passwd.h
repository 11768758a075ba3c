/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of passwd(5), group(5) and subuid(5), read in place. The text may be a container's and say anything. Uses the C library alone and takes no memory, so that
 * the smallest program can have it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PASSWD_NAME,
	PASSWD_PASSWORD,
	PASSWD_ID, /* of the user, or of the group */
	PASSWD_GID,
	PASSWD_GECOS,
	PASSWD_HOME,
	PASSWD_SHELL,
	PASSWD_FIELDS
};
enum { GROUP_MEMBERS = 3, GROUP_FIELDS };
enum { SUBORDINATE_OWNER, SUBORDINATE_FIRST, SUBORDINATE_COUNT, SUBORDINATE_FIELDS };

typedef struct PasswdField { /* a piece of the text */
	const char *text;
	size_t size;
} PasswdField;

/* The next entry of exactly n fields; *text moves on. Other lines (comments, NIS's "+" and "-") are skipped. false: there is no more. */
bool passwd_next(const char **text, PasswdField fields[], size_t n);

bool passwd_field_is(PasswdField field, const char *text);
/* A decimal number up to max and nothing else: no sign, no blank, no leading zero. */
bool passwd_parse_id(PasswdField field, uint32_t max, uint32_t *ret);
/* The first entry of this name or number whose ids are up to max. A number without an entry is its own group, and its fields are empty; a name must have one. */
bool passwd_find_user(const char *text, const char *word, uint32_t max,
	PasswdField fields[PASSWD_FIELDS], uint32_t *ret_uid, uint32_t *ret_gid);
/* Likewise: a number needs no entry. */
bool passwd_find_group(const char *text, const char *word, uint32_t max, uint32_t *ret);
/* Is name in a comma list? */
bool passwd_has_member(PasswdField members, const char *name);
