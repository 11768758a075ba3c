/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the host's configuration for what it names.
 */
#pragma once

#include "host/host-root.h"

/* Paths that the maintainer scripts of a package of dpkg name, as in ConfigText. rpm keeps its scripts in the database, but its packages list what
 * their scripts make (%ghost). */
int config_reader_of_scripts(const HostRoot *root, const char *package, char ***ret);

/* Fills facts->references, named_accounts and private_keys. Packages, accounts and what no package owns must be there already. */
int config_reader_read(const HostRoot *root, Facts *facts, Error **ret_error);

/* Accounts that files below directories of drop-ins name: whose jobs there are, who owns the logs; and those that files of kept queues are called after (crontabs).
 * 0 or -ENOMEM. */
int config_reader_read_accounts(const HostRoot *root, char *const *files, Facts *facts);

/* References to what paths of --with lead to. 0 or -ENOMEM. */
int config_reader_read_named(const HostRoot *root, char *const *with, Facts *facts);
