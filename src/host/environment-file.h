/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text of an EnvironmentFile=, read as systemd reads it (systemd.exec(5)). Pure.
 */
#pragma once

#include <stdbool.h>

#define ENVIRONMENT_FILE_MAX (1024u * 1024) /* bytes that we are ready to read */

/* Sets "NAME=value" in *environment for each line; a name that is there gets the new value. Lines that systemd ignores are ignored. 0 or -ENOMEM. */
int environment_file_parse(const char *text, char ***environment);
/* "NAME=value": replaces the one of that name, or appends. 0 or -ENOMEM. */
int environment_file_set(char ***environment, const char *assignment);
/* The value, or NULL; length: of the name. */
const char *environment_file_get(char *const *environment, const char *name, int length);
/* [A-Za-z_][A-Za-z0-9_]*, of that many bytes. */
bool environment_file_is_name(const char *name, int length);
