/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Spec of the present start, in the run directory: what enters, stops and undoes a container reads this, and never the document,
 * which may have been edited.
 */
#pragma once

#include "engine/spec/spec.h"

/* Before anything is made. run_fd: the run directory. */
int saved_spec_write(int run_fd, const Spec *spec, Error **ret_error);
/* For its supervisor, who takes it: what it shall be from now on. */
int saved_spec_leave(const char *name, const Spec *spec, Error **ret_error);
int saved_spec_take(int run_fd, Spec **ret, Error **ret_error);
/* -ENOENT: it does not run, or was started by a release that saved none. */
int saved_spec_read(const char *name, Spec **ret, Error **ret_error);
