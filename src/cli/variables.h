/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Environment variables that a command line asks for: -e NAME=VALUE, and those whose values need not be on it, where every user of
 * the host could read them: -e NAME, --env-file FILE.
 */
#pragma once

#include "cli/option.h"

#define VARIABLES_FILE_MAX (1u << 20) /* bytes of an environment file */

/* All of them as NAME=VALUE, those of files first, so that -e wins. The list is NULL-terminated, for variables_free(). 0, -ENOMEM, or
 * another negative errno with the reason in problem, of OPTION_PROBLEM_MAX bytes. */
int variables_read(const Args *args, char ***ret, char *problem);
