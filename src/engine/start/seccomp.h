/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The system call filter of a container.
 */
#pragma once

#include <stdbool.h>

#include "engine/spec/spec.h"
#include "engine/start/filter-rules.h"

/* A filter is loaded with no_new_privs or CAP_SYS_ADMIN. Whose program has neither must load it before its capabilities go, and what follows
 * has to pass it. */
bool seccomp_comes_early(const Spec *spec);

/* Has our own table of the kind those architectures as well? x86 beside x86_64, for full systems. */
bool seccomp_has_architectures(const SpecFilter *filter);

/* The program that the Spec asks for: one of our tables, or what is compiled into `room`. ret borrows either. -EOPNOTSUPP: there is none. */
int seccomp_program(
	const Spec *spec, FilterProgram *room, struct sock_fprog *ret, Error **ret_error);

/* Loads the Spec's filter into the calling process, which has no_new_privs or CAP_SYS_ADMIN in its user namespace. The last thing
 * before exec. old_mounts: of the calls that mount there is mount(2) alone, see label_sees_old_mounts_only(). */
int seccomp_apply(const Spec *spec, bool old_mounts, Error **ret_error);
