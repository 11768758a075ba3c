/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Making again what somebody took away from networks that run. The caller holds the lock of shared.h.
 */
#pragma once

#include "base/error.h"
#include "net/attachment.h"

int restore_links(const Attachment *links, size_t n, Error **ret_error);
