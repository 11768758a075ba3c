/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of the conversion from LXC's files share. Nobody else includes this.
 */
#pragma once

#include "domain/grammar.h"
#include "domain/lxc-file.h"
#include "domain/node.h"

#define LXC_NO_EFFECT 1 /* answer of a converter: nothing that we do */

typedef struct Lxc {
	const LxcFile *file;
	DomainNode *root; /* of the document */
	const char *rootfs; /* NULL: no directory */
	char **warnings;
	Error **ret_error;
} Lxc;

/* -EINVAL. */
int lxc_refuse(Lxc *x, const LxcSetting *setting, const char *why);
/* The element at that path, made where it is missing; NULL without memory. */
DomainNode *lxc_make(Lxc *x, const char *path);
DomainNode *lxc_add(Lxc *x, const char *parent, const char *name, const char *text);
int lxc_set(Lxc *x, const char *path, const char *text);
int lxc_add_filesystem(
	Lxc *x, const char *type, const char *source, const char *target, bool readonly);

/* "1073741824", "512M", "2GB". -EINVAL. */
int lxc_size(const char *text, uint64_t *ret);

int lxc_convert_mount(Lxc *x, const LxcSetting *setting);
int lxc_convert_cgroup(Lxc *x, const LxcSetting *setting);
int lxc_convert_networks(Lxc *x);
