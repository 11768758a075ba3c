/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a document says and a start refuses.
 */
#pragma once

#include "domain/domain.h"

/* One sentence for each, by line. */
int start_warnings(const Domain *domain, char ***ret, Error **ret_error);
/* What is honoured in part, or otherwise than libvirt does. */
int start_notes(const Domain *domain, char ***ret, Error **ret_error);
