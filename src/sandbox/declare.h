/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A description becomes a container, or changes one.
 */
#pragma once

#include <virt-sandbox.h>

/* vsb_apply() for who says himself what he was doing to which container. */
int declare(vsb_desc *handle, bool check, vsb_progress progress, void *data, char ***ret_changes,
	char ***ret_notes, vsb_error **error);
