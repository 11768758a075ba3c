/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An SELinux security context taken apart: "user:role:type[:range]". Pure.
 */
#pragma once

#include "base/error.h"

typedef struct Context {
	char *user, *role, *type;
	char *range; /* NULL when the text had none */
} Context;

/* 0, -EINVAL for anything that is not three or four non-empty fields of printable characters, -ENOMEM. */
int context_parse(const char *text, Context *ret);
void context_done(Context *context);
#define _cleanup_context_ _cleanup_(context_done)

/* Newly allocated; NULL without memory. range NULL: without. */
char *context_format(const char *user, const char *role, const char *type, const char *range);
