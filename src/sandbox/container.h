/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container as it is defined: what is asked for, what was chosen, and where it is.
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
