/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of a container's AppArmor profile. Pure.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* "vss-CONTAINER". Newly allocated; NULL without memory. */
char *apparmor_profile_name(const char *container);
/* The profile's source for apparmor_parser(8). service: systemd runs inside and mounts what its units need, which takes the parser ten times as long.
 * -EINVAL for a name that could mean something in it. */
int apparmor_profile_format(const char *name, bool service, char **ret, Error **ret_error);
