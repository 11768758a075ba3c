/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which lines of the host's log (event-reader.h reads it) are denials that a container's label is the reason of, or the target.
 */
#pragma once

#include "base/error.h"

typedef struct Audit Audit;

/* name: only about this one, borrowed; NULL: all. */
int audit_open(const char *name, Audit **ret, Error **ret_error);
Audit *audit_free(Audit *audit);
DEFINE_CLEANUP(Audit *, audit_free)
#define _cleanup_audit_ _cleanup_(audit_freep)

/* The line as one of the log of events; NULL: it is something else. */
char *audit_event(Audit *audit, const char *line);
