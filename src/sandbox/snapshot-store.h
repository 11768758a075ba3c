/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots on disk: Places.snapshots/TAG, each with "content" (a tree, or an image), "container.sandbox" (the description of that time) and "manifest". What is
 * being made or removed is ".work" beside them, and what becomes of that, whoever dies, is snapshot_recover()'s.
 */
#pragma once

#include <stdint.h>

#include "sandbox/container.h"

#define SNAPSHOT_WORK ".work" /* is no tag */

/* "NAME@TAG", or "NAME" alone: *ret_tag is NULL then. -EINVAL. */
int snapshot_split(const char *word, char **ret_name, char **ret_tag, Error **ret_error);
int snapshot_check_tag(const char *tag, Error **ret_error);
char *snapshot_path(const Places *places, const char *tag, const char *what);

/* Tags, sorted. */
int snapshot_tags(const Places *places, char ***ret, Error **ret_error);
/* When it was made, seconds since the epoch; 0: not known. */
int64_t snapshot_made(const Places *places, const char *tag);
size_t snapshot_count(const Desc *desc);
/* Does one of them need this base? desc: of a container; resolved or not. */
bool snapshot_has_base(const Desc *desc, const char *id);

/* The container as it was: the description of that time, and places that lead to its content of that time. -ENOENT. */
int snapshot_load(const Container *c, const char *tag, Container *ret, Error **ret_error);

/* An empty ".work"; whoever dies from now on is cleaned up after. */
int snapshot_begin(const Places *places, Error **ret_error);
/* Makes "content" there, with that of c. */
int snapshot_copy(const Container *c, const Places *to, Error **ret_error);
/* The content there is what the container has from the moment on that it takes its place. */
int snapshot_exchange(const Places *places, Error **ret_error);
/* Goes on with a restore whose content is in its place, and removes all else that was begun. */
int snapshot_finish(const Places *places, Error **ret_error);
/* The same for what a command left that died. */
int snapshot_recover(const char *name, Error **ret_error);
