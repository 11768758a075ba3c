/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The opaque types of <virt-sandbox.h>.
 */
#pragma once

#include <virt-sandbox.h>

#include "desc/desc.h"
#include "engine/keep/state.h"
#include "sandbox/name-lock.h"
#include "sandbox/registry.h"

struct vsb_desc {
	Desc *desc;
	Identity *identity; /* empty for what was not created */
};

/* Every verb begins with this: are we root. */
int sandbox_begin(Error **ret_error);
/* And those that create, delete or change with this: what interrupted commands left is cleaned up, however long it takes. Those that look or end something do
 * not pay for that. */
int sandbox_begin_work(Error **ret_error);

/* Those that look at a defined container with this: its description and, unless ret_state is NULL, its state. */
int sandbox_begin_look(const char *name, Container *ret, RunState *ret_state, Error **ret_error);
/* Those that need what runs, and no description, with this: of a container that runs and whose description cannot be read, desc has its name and its kind, the identity
 * its first id, and places are not set. */
int sandbox_begin_running(const char *name, Container *ret, RunState *ret_state, Error **ret_error);
/* And those that change a defined container with this: its name is held until the lock is freed. */
int sandbox_begin_change(const char *name, NameLock **ret_lock, Container *ret, Error **ret_error);

/* Marks what the library exports; the version script lists it again. */
#define PUBLIC __attribute__((visibility("default")))
