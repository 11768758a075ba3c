/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Name servers of a container that runs: what its resolv.conf says, and that it may ask them where they are the host's own.
 */
#pragma once

#include "engine/spec/spec.h"

/* Every link on a network of ours knows them. */
int resolver_assign(Spec *spec, char *const *servers, Error **ret_error);
/* The same while it runs. run_fd: where the specification is saved. */
int resolver_change(Spec *spec, char *const *servers, int run_fd, Error **ret_error);
/* Other lines from now on, see SpecCopy. */
int resolver_say(Spec *spec, char *const *lines, int run_fd, Error **ret_error);
