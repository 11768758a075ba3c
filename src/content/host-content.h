/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of the host that a container may write to: they have its label for as long as there is the container.
 */
#pragma once

#include "desc/desc.h"
#include "label/label.h"

/* Does the description name any whose labels may change? Whether they do is the label's to say. */
bool content_is_host(const Desc *desc);
/* Gives them the container's label; what they had is on disk first, and put back with the container (label_restore_all()). */
int content_relabel(const Desc *desc, const Label *label, Error **ret_error);
