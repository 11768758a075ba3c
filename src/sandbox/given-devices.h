/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices of the host that a description gives to a container.
 */
#pragma once

#include "desc/desc.h"
#include "engine/spec/kernel-facts.h"

/* One for each, newly allocated; NULL where there is none. -ENODEV: the host does not have it, or it is not a device. */
int given_devices_read(const Desc *desc, DeviceFact **ret, Error **ret_error);
