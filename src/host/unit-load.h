/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One unit of the host as a fact: fragment, drop-ins, links of .wants and .requires, what generators would add, specifiers.
 */
#pragma once

#include "host/unit-index.h"

/* name: complete, no template. 0; -ENOENT, -ERFKILL and others with a sentence. */
int unit_load(const UnitIndex *index, const char *name, FactUnit *ret, Error **ret_error);

/* The file that a path of a unit means, in its canonical name: "systemctl link" makes a link to a file elsewhere, which systemd names by the link.
 * NULL without memory. */
char *unit_linked_file(const HostRoot *root, const char *path);

/* Values of a key of [Unit] (or any section if NULL), as words, appended to *ret. */
int unit_values(const FactUnit *unit, const char *section, const char *key, char ***ret);

/* unit-sysv.c: the init script whose unit systemd-sysv-generator(8) would call name; -ENOENT if there is none. */
int unit_sysv_find(const HostRoot *root, const char *name, char **ret_script);
/* Its unit: what the generator writes. */
int unit_sysv_load(const HostRoot *root, const char *script, FactUnit *unit, Error **ret_error);

/* unit-generator.c: instances that a package's generator hangs below an umbrella unit ("data.service"), appended to *ret. */
int unit_generator_wants(const HostRoot *root, const char *name, char ***ret);
