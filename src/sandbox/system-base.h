/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bases of full systems, as verbs need them.
 */
#pragma once

#include <virt-sandbox.h>

#include "content/base-store.h"
#include "desc/desc.h"

/* The base that desc->os or desc->os_from asks for: a new one where the store has none. fresh: also where the store has one by the name of desc->os. */
int system_base_provide(const Desc *desc, bool fresh, vsb_progress progress, void *data, Base *ret,
	Error **ret_error);
/* Names of containers, also of those that are being made, that are described with it; NULL: none. */
int system_base_users(const char *id, char ***ret, Error **ret_error);
