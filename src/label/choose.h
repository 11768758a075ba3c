/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Choosing a container's label: a wish in, a label out. Whoever only needs one that was chosen includes label.h.
 */
#pragma once

#include "label/label.h"

/* What is asked for. All texts are borrowed and may be NULL but for the container's name. */
typedef struct LabelWish {
	const char *container;
	const char
		*model; /* "selinux", "smack", "apparmor", "none"; NULL: what the kernel enforces */
	bool fixed; /* static: the label is given whole */
	const char *label; /* static: of the processes */
	const char *baselabel, *level; /* dynamic: to build on, and the categories to have */
	bool relabel; /* static: change labels of content that was there */
	bool custom_type; /* a policy module of its own */
	bool manager; /* a service manager runs inside, with units on the host */
} LabelWish;

/* Chooses the model, makes or checks the label by the sVirt rules and reserves it on disk for the container. Fails closed: a
 * model that was asked for and is missing, a context that the policy does not know, exhausted categories are errors that say what to do.
 * Writes nothing but the reservation. */
int label_reserve(const LabelWish *wish, Label **ret, Error **ret_error);
/* The model that this host's kernel enforces, "none" without. Costs a system call or two, loads nothing. */
const char *label_model_of_host(void);
