/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A system call filter of somebody else's rules, compiled into the kernel's form. Our own tables (seccomp/) are compiled when we are built.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>

#include "engine/spec/spec.h"

typedef struct FilterProgram {
	struct sock_filter code[BPF_MAXINSNS];
	size_t length;
} FilterProgram;

/* The first rule that names a call and whose arguments all fit decides about it, `otherwise` about the rest; calls of architectures that are neither
 * native nor listed kill the process. -EINVAL: a name or a number that means nothing; -E2BIG. */
int filter_rules_compile(const Spec *spec, FilterProgram *ret, Error **ret_error);
/* Is it a call of any machine that we know? */
bool filter_knows_call(const char *name);
/* SECCOMP_FILTER_FLAG_* of the Spec. */
unsigned int filter_rules_flags(const SpecFilter *filter);
