/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which containers there are: names, the lock that a changing command holds, and what interrupted commands left.
 */
#pragma once

#include <stdbool.h>

#include "desc/identity.h"
#include "desc/places.h"

/* What a name stands for: the resolved description, what was chosen for it, and where all of it is. */
typedef struct Container {
	const Desc *desc;
	Identity *identity; /* changes only while something is reserved */
	Places places;
} Container;

void container_done(Container *container);
#define _cleanup_container_ _cleanup_(container_done)
/* Takes description and identity over when it succeeds. */
int container_new(Desc **desc, Identity **identity, Container *ret, Error **ret_error);

/* The exclusive right to change one container: an flock that ends with the process. The first in the order of locks, see engine/lock.h. */
typedef struct Claim Claim;

/* Releases the lock. A claim made by registry_claim_new() that was not committed, or by registry_claim_end() that was not finished, leaves its pending
 * description behind for registry_sweep(). */
Claim *claim_free(Claim *claim);
DEFINE_CLEANUP(Claim *, claim_free)
#define _cleanup_claim_ _cleanup_(claim_freep)

/* For create: -EEXIST when the name is taken, -EBUSY when another command is just working on it. */
int registry_claim_new(const char *name, Claim **ret, Error **ret_error);
/* For commands that change a defined container: -ENOENT when there is none. */
int registry_claim(const char *name, Claim **ret, Error **ret_error);

/* Keeps the container as work in progress: from now on an interrupted command is undone by the next one. Called again when
 * reservations were added. */
int claim_pending(Claim *claim, const Container *container, Error **ret_error);
/* Undoes what the pending description tells. Nothing pending is success. */
int claim_undo(Claim *claim, Error **ret_error);
/* Takes the container's lock as well, until the claim is freed: it does not run, and cannot be started, not by the host's systemd either. -EBUSY. */
int claim_stopped(Claim *claim, Error **ret_error);
/* For delete, which is carried through from now on: the container is there no more for anybody, and what claim_undo() undoes includes the whole tree, not
 * only what create's journal says was made. Needs no space on any disk. After claim_stopped(). */
int claim_doom(Claim *claim, Error **ret_error);
/* The work is complete: nothing is pending any more. */
int claim_settle(Claim *claim, Error **ret_error);
/* Erases what commands that died left half done. Called first by commands that create, delete or change; costs one look into an empty directory. What cannot be erased is the error of
 * registry_claim() and registry_claim_new() for that name alone. */
int registry_sweep(Error **ret_error);

/* Loads and resolves the description of a defined container. -ENOENT: "Sandbox 'NAME' does not exist". */
int registry_load(const char *name, Container *ret, Error **ret_error);
bool registry_exists(const char *name);
/* Names of all defined containers, sorted. */
int registry_names(char ***ret, Error **ret_error);
