/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the plug-in "rpm" exports as vsb_plugin_rpm: librpm is loaded only where there is an rpm database.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

typedef struct HostRoot HostRoot;

typedef struct
	RpmWanted { /* which paths, and under which name: the library's own functions, which a plug-in does not see */
	bool (*is_wanted)(const char *path);
	char *(*canonical)(const HostRoot *root, const char *path);
	const HostRoot *root;
} RpmWanted;

typedef struct RpmPlugin {
	/* Appends the database in directory below root ("" is the real one) as PackageDriver.read() does. */
	int (*read)(const char *root, const char *directory, const RpmWanted *wanted, Buf *text,
		Error **ret_error);
} RpmPlugin;
