/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Spec of a container of this host: compiled for a start, or as it was started.
 */
#pragma once

#include "engine/spec/spec.h"
#include "sandbox/container.h"

/* For a start of the defined container, by what its description says now. */
int compile_defined(const char *name, Spec **ret, Error **ret_error);
/* The same for who only wants to see it: nothing is reserved, or written. */
int compile_described(const char *name, Spec **ret, Error **ret_error);
/* For one command, with its reservations. */
int compile_oneshot(const Container *container, bool terminal, Spec **ret, Error **ret_error);
/* As it was started; by its description when it was not, or by a release that saved none. */
int compile_running(const Container *container, Spec **ret, Error **ret_error);
/* Removes what a killed supervisor left. held: the caller has the container's lock. */
int compile_cleanup(const Container *container, bool held, Error **ret_error);
/* Takes down the host's side of its links. */
int compile_detach_links(const Container *container, Error **ret_error);
