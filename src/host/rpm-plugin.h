/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the plug-in "rpm" exports as vsb_plugin_rpm: librpm is loaded only where there is an rpm database.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

typedef struct RpmPlugin {
	/* Appends the database below root ("" is the real one) as PackageDriver.read() does; wanted says which paths. */
	int (*read)(const char *root, const char *database,
		bool (*wanted)(const char *path, char *const *targets), char *const *targets,
		Buf *text, Error **ret_error);
} RpmPlugin;
