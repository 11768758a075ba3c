/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * References: paths that configuration names, as facts.
 */
#pragma once

#include "host/host-root.h"

/* names: sorted names of accounts. file: who names it. 0 or -ENOMEM. */
int config_reference_add(const HostRoot *root, const char *file, const char *path, Facts *facts);
/* The directory that path is in, where that may be one for logs of the administrator's own. */
int config_reference_add_place(
	const HostRoot *root, const char *file, const char *path, Facts *facts);
/* And the databases that were compiled from it. */
int config_reference_add_with_databases(
	const HostRoot *root, const char *file, const char *path, Facts *facts);
/* What a file of configuration names. */
int config_reference_read_file(
	const HostRoot *root, const char *path, char *const *names, Facts *facts);
/* And what is named by the files of /etc that it reads, for they are its configuration. */
int config_reference_read_script(
	const HostRoot *root, const char *path, char *const *names, Facts *facts);
/* What a piece of text names: a file of /etc that it names is configuration. */
int config_reference_read_words(
	const HostRoot *root, const char *file, const char *text, char *const *names, Facts *facts);
/* Adds a line of facts about path, of which file speaks, unless there is one. 0 or -ENOMEM. */
int config_reference_add_line(
	const char *file, const char *path, const char *package, FactLine **lines, size_t *n_lines);
/* The text of a small regular file, links followed; anything else is -ENODATA: binaries, data, what may not be read. */
int config_reference_read_text(
	const HostRoot *root, const char *path, char **ret, size_t *ret_size);
/* Is path the file, or a database that was compiled from it? */
bool config_reference_is_made_of(const char *path, const char *file);
