/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Private files of the host under Smack. A file that nobody has labelled has the floor label "_", which every subject may read, a container's as well: here they
 * get a label that only the host's processes have a rule for. SELinux has types for them in its policy.
 */
#pragma once

#include "label/driver.h"

#define HOST_FILES_LABEL "vsb-private" /* the label of a container begins with vss- */

bool host_files_are_private(void); /* has host_files_protect() been here? */
/* Labels what is there of these paths, which may be patterns of glob(7); the old labels are on disk before. Again is fine: programs replace such files by
 * new ones, which then have the floor label again. The rules for the host's processes stay across boots (/etc/smack/accesses.d). */
int host_files_protect(const LabelHost *host, char *const *patterns, Error **ret_error);
/* Puts the old labels back and takes the rules away. Missing is success. */
int host_files_release(const LabelHost *host, Error **ret_error);
