/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources of the description's mounts.
 */
#pragma once

#include "desc/desc.h"
#include "plan/plan.h"

/* Can all sources on the host be used? Touches nothing. */
int mount_sources_check(const Desc *desc, Error **ret_error);

/* Are the paths inside that guest-bind names there? content_fd: the root of an image; below 0: the content is the directory tree. */
int mount_inside_check(const Desc *desc, int content_fd, const char *tree, Error **ret_error);
/* Adds a warning for each mount below /usr, or another shared directory of the plan, that would keep the container from starting. */
int mount_below_check(Plan *plan, Error **ret_error);

/* What create has to say of them: -ENOMEM. */
int mount_notes(const Desc *desc, char ***notes);
