/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where things are on the host. All state moves together below one root ($VIRT_SANDBOX_ROOT), so that tests never touch
 * the real places; facts about the host (its /usr, /etc, package database) do not move.
 */
#pragma once

#include "base/error.h"

typedef enum LayoutPlace {
	LAYOUT_SERVICES, /* /etc/libvirt-sandbox/services: descriptions, NAME.sandbox */
	LAYOUT_FILESYSTEMS, /* /var/lib/libvirt/filesystems: content trees */
	LAYOUT_IMAGES, /* /var/lib/libvirt/images: NAME.raw */
	LAYOUT_UNITS, /* /etc/systemd/system: units we write */
	LAYOUT_RESERVATIONS, /* /var/lib/libvirt-sandbox: ids, categories, addresses, journals, caches */
	LAYOUT_RUN, /* /run/libvirt-sandbox: state of what runs, NAME/ */
	LAYOUT_NAMES, /* /run/libvirt-sandbox-names: names of what runs, for everybody on the host */
	LAYOUT_JOURNAL, /* /var/log/journal: links to the containers' journals */
	LAYOUT_DEFAULTS, /* /etc/libvirt-sandbox/defaults.conf: a file */
	LAYOUT_DOMAINS, /* /etc/libvirt-sandbox/domains: libvirt's documents, NAME.xml */
	LAYOUT_NETWORKS, /* /etc/libvirt-sandbox/networks: named networks, NAME.conf */
	LAYOUT_RULES, /* /etc/libvirt-sandbox/rules.d: the administrator's rules */
	_LAYOUT_MAX,
} LayoutPlace;

/* The place itself, or place/name with a printf-formatted name. Newly allocated; NULL without memory. */
char *layout_path(LayoutPlace place);
char *layout_pathf(LayoutPlace place, const char *fmt, ...) _printf_(2, 3);

/* May root follow the variables that move the places: only to where nobody else can write. 0, or -EPERM with the variable and the
 * directory. Commands ask first; a variable that root may not follow counts as unset everywhere else. */
int layout_check(Error **ret_error);

/* "" or the override, without trailing slash. A value that is not an absolute path counts as unset. */
const char *layout_root(void);

/* Path of one of our own helper programs or plug-ins, $VIRT_SANDBOX_LIBEXEC before the compiled-in directory. Newly allocated. */
char *layout_program(const char *name);

/* The directory of our own rules, $VIRT_SANDBOX_RULES before the compiled-in one. Newly allocated. */
char *layout_rules(void);
