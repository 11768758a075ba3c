/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an interrupted upgrade left.
 */
#pragma once

#include "base/error.h"

/* Removes the new version of /etc that an upgrade was comparing with. Nothing there is success. */
int upgrade_forget(const char *name, Error **ret_error);
