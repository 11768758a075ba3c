/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What holds where a description says nothing: the site's defaults.conf, a keyfile with the same
 * keys. Only [resources] can have such a default.
 */
#pragma once

#include "desc/desc.h"

/* Reads the site's file; without one, nothing is set. */
int defaults_load(DescResources *ret, Error **ret_error);

/* Takes from defaults what is not set. */
void defaults_fill(DescResources *resources, const DescResources *defaults);
