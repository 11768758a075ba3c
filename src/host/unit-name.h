/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of systemd units as text (systemd.unit(5)): prefix, instance, type, escaping, specifiers. Looks at nothing.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "host/directives.h"

#define UNIT_NAME_MAX 255 /* characters with type, as systemd has it */

typedef struct UnitName {
	char *prefix; /* "data" */
	char *instance; /* "15-main"; "" of a template; NULL of a plain unit */
	char *type; /* "service" */
} UnitName;

/* Is it "prefix[@instance].type" with a type of systemd and its allowed characters? */
bool unit_name_is_valid(const char *name);
bool unit_name_has_type(const char *name, const char *type);

/* 0, -EINVAL or -ENOMEM. */
int unit_name_split(const char *name, UnitName *ret);
void unit_name_done(UnitName *name);
#define _cleanup_unit_name_ _cleanup_(unit_name_done)

/* "foo@.service" of "foo@bar.service"; NULL with errno EINVAL for a plain unit or ENOMEM. */
char *unit_name_template(const char *name);
/* "foo@bar.service" of "foo@.service" and "bar"; NULL with errno as above. */
char *unit_name_instantiate(const char *template, const char *instance);
/* The same name with another type: "foo.socket" of "foo.service". NULL as above. */
char *unit_name_change_type(const char *name, const char *type);

/* Expands the specifiers of text that mean the same on the host and in a container. Those of the machine (%a %A %b %B %H %l %m %M %o
 * %q %v %w %W), of the credentials (%d) and of the control group (%c %r %R) stay as they are: the container's own systemd knows
 * them. fragment: path of the unit file, for %y and %Y. words: how text is read, which must not split what a specifier
 * gives. NULL without memory. */
char *unit_name_expand(
	const char *name, const char *fragment, const char *text, DirectiveWords words);
