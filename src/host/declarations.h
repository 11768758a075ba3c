/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Declared directories and accounts: the lines of tmpfiles.d(5) and sysusers.d(5) that belong to packages.
 */
#pragma once

#include "host/host-root.h"
#include "host/package-index.h"

#define DECLARATION_LINES_MAX 65536 /* of all files of one kind */

/* Appends the lines of text that declare something: neither blank nor comment, blanks at both ends cut off. package may be NULL. */
int declarations_parse(
	const char *text, const char *file, const char *package, FactLine **lines, size_t *n_lines);

/* Fills facts->tmpfiles and facts->sysusers with the files that packages of set own; a file of the same name in /etc stands for it. */
int declarations_read(const HostRoot *root, const PackageIndex *packages, const bool *set,
	Facts *facts, Error **ret_error);
