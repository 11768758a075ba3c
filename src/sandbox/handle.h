/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The opaque types of <virt-sandbox.h>.
 */
#pragma once

#include <virt-sandbox.h>

#include "desc/desc.h"

struct vsb_desc {
	Desc *desc;
};

/* Every verb begins with this: are we root, and is what interrupted commands left cleaned up. */
int sandbox_begin(Error **ret_error);

/* Marks what the library exports; the version script lists it again. */
#define PUBLIC __attribute__((visibility("default")))
