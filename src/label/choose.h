/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Choosing a container's label by its description. Whoever only needs one that was chosen includes label.h.
 */
#pragma once

#include "desc/desc.h"
#include "label/label.h"

/* Chooses the model (AUTO: what the kernel enforces), makes or checks the label by the sVirt rules and reserves it on disk for desc->name. Fails closed: a
 * model that was asked for and is missing, a context that the policy does not know, exhausted categories are errors that say what to do.
 * Writes nothing but the reservation. transient: for a sandbox that ends with this process, whose reservation is void then. */
int label_reserve(const Desc *desc, bool transient, Label **ret, Error **ret_error);
/* The model that AUTO means on this host; any other as it is. Costs a system call or two, loads nothing. */
DescModel label_choose_model(DescModel asked);

/* The label of a container that has one already (from desc->security.label/imagelabel), without reserving. */
int label_open(const Desc *desc, Label **ret, Error **ret_error);
/* Puts model, label and imagelabel into the description, as they are kept in the keyfile. */
int label_describe(const Label *label, Desc *desc, Error **ret_error);
