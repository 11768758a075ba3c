/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps of create that clone and upgrade take as well.
 */
#pragma once

#include <virt-sandbox.h>

#include "plan/plan.h"
#include "sandbox/name-lock.h"
#include "sandbox/registry.h"

/* Reads the host's facts, makes the plan, and completes the description by both: real names of units, what is shared and allowed. Changes nothing. identity has
 * a machine id. */
int create_make_plan(const Desc *asked, const Identity *identity, Desc **ret_desc, Plan **ret_plan,
	Error **ret_error);

/* What was asked for, its paths checked, and what the site has defaults for. */
int create_with_site(const Desc *asked, Desc **ret, Error **ret_error);
/* A copy, resolved, that this host can keep: its programs, limits and order are there. The first step of every plan. */
int create_resolve(const Desc *asked, Desc **ret, Error **ret_error);

/* Paths of the host that the description names are there, and may be used. */
int create_check_paths(const Desc *desc, Error **ret_error);

/* The same for a container that is not there yet, with a machine id of its own. */
int create_plan(const Desc *asked, Container *ret, Plan **ret_plan, Error **ret_error);

/* Writes what was made for the container to the disk: before its description is saved. */
int create_sync(const Places *places, Error **ret_error);

/* Makes the container of the claimed name by the plan: reserves ids, addresses and label and writes them into its identity, makes the tree, saves both,
 * writes the host's units. Appends lines for the reader to *notes. What fails is undone and the name is free again. */
int create_make(const Container *container, const Plan *plan, NameLock *lock, vsb_progress progress,
	void *data, char ***notes, Error **ret_error);

/* All of create, for who has the name: checks, plan, container. */
int create_claimed(const Desc *asked, NameLock *lock, vsb_progress progress, void *data,
	Container *ret, char ***notes, Error **ret_error);
/* The caller's object says from now on what was made. */
void create_tell(vsb_desc *handle, Container *container);

/* Of a container with a root of its own: description and plan; and, before, the description with the base that is asked for, which is made where the store has none. */
int create_system_plan(const Desc *asked, const Identity *identity, Desc **ret_desc,
	Plan **ret_plan, Error **ret_error);
int create_system_base(
	const Desc *asked, vsb_progress progress, void *data, Desc **ret, Error **ret_error);
