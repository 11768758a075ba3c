/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Spec of a container of this host: compiled for a start, or as it was started.
 */
#pragma once

#include "desc/desc.h"
#include "engine/spec/spec.h"

/* For a start of the defined container, by what its description says now. */
int compile_defined(const char *name, Spec **ret, Error **ret_error);
/* The same for who only wants to see it: nothing is reserved, or written. */
int compile_described(const char *name, Spec **ret, Error **ret_error);
/* For one command: desc is resolved, with its reservations. */
int compile_oneshot(const Desc *desc, bool terminal, Spec **ret, Error **ret_error);
/* As it was started; by its description when it was not, or by a release that saved none. */
int compile_running(const Desc *desc, Spec **ret, Error **ret_error);
/* Removes what a killed supervisor left. */
int compile_cleanup(const Desc *desc, Error **ret_error);
int compile_cleanup_held(const Desc *desc, Error **ret_error); /* the caller has its lock */
/* Takes down the host's side of its links. */
int compile_detach_links(const Desc *desc, Error **ret_error);
