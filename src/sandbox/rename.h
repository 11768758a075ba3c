/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Renames that were interrupted.
 */
#pragma once

#include "base/error.h"

/* Carries them through. */
int rename_sweep(Error **ret_error);
