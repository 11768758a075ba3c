/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a tree to a Domain.
 */
#pragma once

#include "domain/normal-form.h"

/* Takes root over, whatever it answers. flags: NormalFlags. */
int domain_from_node(DomainNode *root, unsigned int flags, Domain **ret, Error **ret_error);
