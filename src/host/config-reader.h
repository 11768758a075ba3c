/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the host's configuration for what it names.
 */
#pragma once

#include "host/host-root.h"

/* Paths that the maintainer scripts of a package of dpkg name, as in ConfigText; removal: those alone that it removes when it is purged. rpm keeps its scripts in the
 * database, but its packages list what their scripts make (%ghost). */
int config_reader_of_scripts(const HostRoot *root, const char *package, bool removal, char ***ret);

/* Names of all accounts, sorted. */
int config_reader_account_names(const Facts *facts, char ***ret);
/* command: of a container without units, or NULL. Fills facts->references, named_accounts and private_keys. Packages, accounts and what no package owns must be there already. */
int config_reader_read(const HostRoot *root, char *const *command, Facts *facts, Error **ret_error);

/* Reads files in directories that packages share (jobs, rotation of logs), and those of kept queues, which are called after accounts (crontabs), as configuration.
 * Whoever owns what they name is a named account, too. 0 or -ENOMEM. */
int config_reader_read_places(const HostRoot *root, char *const *files, Facts *facts);

/* References to what paths of --with lead to. 0 or -ENOMEM. */
int config_reader_read_named(const HostRoot *root, char *const *with, Facts *facts);
