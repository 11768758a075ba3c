/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a Spec can say and the engine cannot do: refused here, by name, before anything was made.
 */
#pragma once

#include "engine/spec/spec.h"

/* -EOPNOTSUPP, or -EINVAL for what makes no sense. */
int refuse_unsupported(const Spec *spec, Error **ret_error);
/* Its part for the root, layers and mounts. */
int refuse_mounts(const Spec *spec, Error **ret_error);
