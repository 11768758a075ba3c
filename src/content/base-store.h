/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bases: the files of full systems, shared by the containers that were made of them. One is made in a scratch directory, gets the name of its content, and
 * is never written to again. LAYOUT_RESERVATIONS/bases: ID/root, ID/info; names/NAME, a link to the ID that a name such as "debian:bookworm:amd64" stands for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define BASE_ID_SIZE 64 /* hex digits of SHA-256 */
#define BASE_SHORT 12 /* of them that are shown */

typedef struct Base {
	char *id; /* NULL: none yet */
	char *from; /* "debian:bookworm", or the path that it was made of */
	char *arch; /* as Debian names it; "" where nothing tells */
	char *init; /* "systemd", "other" */
	int64_t made; /* seconds since the epoch */
} Base;

void base_done(Base *base);
#define _cleanup_base_ _cleanup_(base_done)

/* Nobody adds or removes a base, or begins to use one, while this is open. */
int base_lock(int *ret_fd, Error **ret_error);

/* A directory of its own with an empty one, "root". What somebody left who died is removed by the next one, and by prune: it is not locked. */
void base_scratch_sweep(void);
int base_scratch_make(char **ret, int *ret_lock_fd, Error **ret_error);
void base_scratch_remove(const char *scratch);

/* Makes it a base. One of the same content is there already: that one counts. base: all but made. Under base_lock(). */
int base_add(const char *scratch, const Base *base, Error **ret_error);
/* What a name stands for from now on. Under base_lock(). */
int base_name(const char *name, const char *id, Error **ret_error);

/* An id, the beginning of one that no other has, or a name. -ENOENT. */
int base_find(const char *word, char **ret_id, Error **ret_error);
int base_load(const char *id, Base *ret, Error **ret_error);
int base_list(char ***ret, Error **ret_error); /* ids, sorted */
bool base_is_id(const char *text);
/* With the names that stand for it. The caller has seen that nobody uses it. */
int base_remove(const char *id, Error **ret_error);

/* What the first program of the root is: "systemd" or "other"; -ENOENT: it has none. */
int base_find_init(int root_fd, const char **ret, Error **ret_error);
