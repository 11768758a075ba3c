/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Containers that no supervisor keeps (SPEC_KEEPER_FOREIGN): each verb is a process of its own, which finds in the run directory what the
 * one before it left. PID 1 is the child of who created it, or of who reaps that one's children, and tells only him how it ended.
 */
#pragma once

#include "engine/engine.h"
#include "engine/keep/state.h"

/* All is built, hooks included, and PID 1 waits to be started. -EALREADY: there is one of that name; -EBUSY. Any failure leaves nothing behind. */
int foreign_create(const Spec *spec, const Channels *channels, pid_t *ret_pid, Error **ret_error);
/* Lets its program run. -EINVAL: it was started already, or has ended. A program that cannot be executed, or a hook that fails, is the error, and
 * the container's end. */
int foreign_start(const char *name, Error **ret_error);
/* RUN_STOPPED: there is one that has ended. -ENOENT: there is none. */
int foreign_state(const char *name, RunState *ret, Error **ret_error);
int foreign_signal(const char *name, int number, Error **ret_error);
/* Stops all of its processes in their tracks, or lets them go on. -EOPNOTSUPP without a cgroup. */
int foreign_freeze(const char *name, bool freeze, Error **ret_error);
int foreign_usage(const char *name, RunUsage *ret, Error **ret_error);
/* Undoes everything and runs the hooks that follow. -EBUSY: it runs; with `force` it is killed first, and one that is not there is fine. 1: all is
 * undone, but a hook failed, and *ret_error says which. */
int foreign_delete(const char *name, bool force, Error **ret_error);
