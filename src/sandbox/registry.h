/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which containers there are.
 */
#pragma once

#include <stdbool.h>

#include "sandbox/container.h"

#define REGISTRY_SUFFIX ".sandbox" /* of descriptions */

/* Loads and resolves the description of a defined container. -ENOENT: "container NAME does not exist". */
int registry_load(const char *name, Container *ret, Error **ret_error);
/* Of a description, by paths; on disk, too. */
int registry_rename(const char *from, const char *to, Error **ret_error);
/* Of registry_load(): the description is there and cannot be read. */
bool registry_is_unreadable(int r);
/* The same without places, for who looks at many. */
int registry_describe(const char *name, Container *ret, Error **ret_error);
bool registry_exists(const char *name);
/* Names of all defined containers, sorted. */
int registry_names(char ***ret, Error **ret_error);
/* Appends the names of files in a directory that end so, each once. A missing directory has none. */
int registry_names_in(const char *directory, const char *suffix, char ***names, Error **ret_error);
/* Says so: -ENOENT. */
int registry_not_there(const char *name, Error **ret_error);
