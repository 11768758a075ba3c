/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names that domains have, for who makes containers: they share one name space.
 */
#pragma once

#include <stdbool.h>

/* By a document, kept or running. */
bool domain_name_is_taken(const char *name);
