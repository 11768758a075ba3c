/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What holds where a description says nothing: the site's defaults.conf, a keyfile with some of the
 * same keys. Limits of DescResources hold from each start to the next, and are not written into descriptions; create takes the others.
 */
#pragma once

#include "desc/desc.h"

/* Reads the site's file; without one, nothing is set. */
int defaults_load(DescResources *ret, Error **ret_error);
/* As a text: unknown keys, and those that cannot have a default, are refused with file, line and key. */
int defaults_parse(const char *text, size_t size, const char *file, Desc **ret, Error **ret_error);

/* Takes from defaults what is not set. */
void defaults_fill(DescResources *resources, const DescResources *defaults);

/* For create: sets what is open and fits, and says so in desc->site. */
int defaults_take(Desc *desc, Error **ret_error);
