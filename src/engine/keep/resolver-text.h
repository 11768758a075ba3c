/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of a container's /etc/resolv.conf, from the host's.
 */
#pragma once

#include "engine/spec/spec.h"

/* names: appended is what was looked up on the way, as by trusted_path_trace(). A host without any such file has no servers. */
int resolver_text(
	const SpecCopy *copy, char ***names, char **ret, char ***ret_servers, Error **ret_error);
