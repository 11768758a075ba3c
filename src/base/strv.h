/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * String vectors: NULL-terminated arrays of owned strings. NULL is the empty vector.
 */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

size_t strv_length(char *const *v);
/* Appends a copy of s. 0 or -ENOMEM; *v stays valid either way. */
int strv_append(char ***v, const char *s);
int strv_appendf(char ***v, const char *fmt, ...) _printf_(2, 3);
/* As strv_append(), but nothing happens when s is in the vector already. */
int strv_append_unique(char ***v, const char *s);
/* The same strings in the same order? */
bool strv_equal(char *const *a, char *const *b);
bool strv_contains(char *const *v, const char *s);
/* Takes the first that equals s out; false: there is none. */
bool strv_remove(char **v, const char *s);
/* Splits at any of the separators, dropping empty fields. */
int strv_split(char ***ret, const char *s, const char *separators);
/* A copy; *ret is NULL for an empty vector. */
int strv_copy(char ***ret, char *const *v);
/* A newly allocated string with sep between the fields ("" for an empty vector), or NULL without memory. */
char *strv_join(char *const *v, const char *sep);
/* Sorts by byte value. */
void strv_sort(char **v);
/* Whether s is one of the first n, which are sorted so. */
bool strv_sorted_has(char *const *v, size_t n, const char *s);
char **strv_free(char **v); /* returns NULL */

DEFINE_CLEANUP(char **, strv_free)
#define _cleanup_strv_ _cleanup_(strv_freep)

#define STRV_FOREACH(s, v) for (char *const *s = (v); s && *s; s++)
