/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits of a container: what its description asks for, else the site, else the default.
 */
#pragma once

#include "desc/desc.h"

/* Takes from the site what the description leaves open, and refuses what this host cannot give. */
int limits_fill(DescResources *resources, Error **ret_error);

/* Refuses what was asked for and no controller of this host counts, as a start would. */
int limits_check(const Desc *desc, Error **ret_error);

/* Says which defaults hold, for the output of create, and what does not protect this host. */
int limits_note(const DescResources *asked, char ***notes, Error **ret_error);
