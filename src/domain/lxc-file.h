/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A configuration file of the LXC tools as a list of settings, includes taken in, each under the name that its key has since LXC 3.0.
 */
#pragma once

#include "base/error.h"

typedef struct LxcSetting {
	char *key; /* "lxc.uts.name"; of networks: "type" */
	char *value; /* never NULL */
	const char *file;
	unsigned int line;
	unsigned int network; /* 0: none; else which one, in order of first mention */
} LxcSetting;

typedef struct LxcFile {
	LxcSetting *settings;
	size_t n;
	unsigned int networks;
	char **names; /* of files */
	unsigned int legacy_network; /* the one that "lxc.network" is about now */
	unsigned int indexes[256]; /* of "lxc.net.N": 0: not mentioned */
} LxcFile;

/* name: of the file, for sentences; what it includes is read. -EINVAL with name and line. */
int lxc_file_parse(
	const char *text, size_t size, const char *name, LxcFile *ret, Error **ret_error);
void lxc_file_done(LxcFile *file);
#define _cleanup_lxc_file_ _cleanup_(lxc_file_done)

/* The last of that key; NULL: none, or it was reset to nothing. */
const LxcSetting *lxc_file_find(const LxcFile *file, const char *key);
