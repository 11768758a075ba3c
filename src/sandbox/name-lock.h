/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The right to change one container, and what interrupted commands left.
 */
#pragma once

#include "sandbox/container.h"

/* The exclusive right to change one container: an flock that ends with the process. The first in the order of locks, see engine/keep/lock.h. */
typedef struct NameLock NameLock;

/* Releases the lock. A lock made by name_lock_new() that was not committed, or by () that was not finished, leaves its pending
 * description behind for name_lock_sweep(). */
NameLock *name_lock_free(NameLock *lock);
DEFINE_CLEANUP(NameLock *, name_lock_free)
#define _cleanup_name_lock_ _cleanup_(name_lock_freep)

/* For create: -EEXIST when the name is taken, -EBUSY when another command is just working on it. */
int name_lock_new(const char *name, NameLock **ret, Error **ret_error);
/* For all commands on a domain of libvirt's: its name, or what stands for it, is no container's. -EEXIST, -EBUSY. */
int name_lock_domain(const char *key, NameLock **ret, Error **ret_error);
/* For commands on a container that was deleted and is kept, if there is one. -EEXIST: there is one again. */
int name_lock_kept(const char *name, NameLock **ret, Error **ret_error);
/* For commands that change a defined container: -ENOENT when there is none. */
int name_lock_take(const char *name, NameLock **ret, Error **ret_error);

/* Keeps the container as work in progress: from now on an interrupted command is undone by the next one. Called again when
 * reservations were added. */
int name_lock_begin(NameLock *lock, const Container *container, Error **ret_error);
/* Undoes what the pending description tells. Nothing pending is success. */
int name_lock_undo(NameLock *lock, Error **ret_error);
/* Takes the container's lock as well, until the lock is freed: it does not run, and cannot be started, not by the host's systemd either. -EBUSY. */
int name_lock_hold_stopped(NameLock *lock, Error **ret_error);
/* For delete, which is carried through from now on: the container is there no more for anybody, and what name_lock_undo() undoes includes the whole tree, not
 * only what create's journal says was made. Needs no space on any disk. After name_lock_hold_stopped(). */
int name_lock_mark_for_deletion(NameLock *lock, Error **ret_error);
/* The work is complete: nothing is pending any more. */
int name_lock_commit(NameLock *lock, Error **ret_error);
/* Erases what commands that died left half done. Called first by commands that create, delete or change; costs one look into an empty directory. What cannot be erased is the error of
 * name_lock_take() and name_lock_new() for that name alone. */
int name_lock_sweep(Error **ret_error);
