/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the text of configuration files and maintainer scripts says: paths that it names, accounts, and whether it is a
 * private key.
 */
#pragma once

#include "host/host-root.h"

#define CONFIG_TEXT_LIMIT (1024 * 1024) /* bytes; a larger file is data, not configuration */
#define CONFIG_REFERENCES_MAX                                                                      \
	4096 /* of all files; further ones are not believed to be a person's work */

typedef struct ConfigText {
	char **paths; /* below /etc, /var, /srv or /opt, normal, each once */
	char **elsewhere; /* where a container has nothing: /data/mysql, /home/alice/www */
	char **words; /* of those that were asked for, each once */
} ConfigText;

/* Lines that begin with "#", ";" or "//" are comments. names: sorted, what is looked for as a word of its own. */
int config_text_parse(const char *text, size_t size, char *const *names, ConfigText *text_facts);
void config_text_done(ConfigText *text_facts);
/* The paths of a directive whose words are paths; each may have "-" or "+" before it. */
int config_text_parse_paths(const char *value, ConfigText *text_facts);

/* Does the text hold a private key (PEM, OpenSSH, PGP)? */
bool config_text_is_private_key(const char *text, size_t size);

/* Paths that the maintainer scripts of a package of dpkg name, as in ConfigText. rpm keeps its scripts in the database, but its packages list what
 * their scripts make (%ghost). */
int config_text_of_scripts(const HostRoot *root, const char *package, char ***ret);

/* Fills facts->references, named_accounts and private_keys. Packages, accounts and what no package owns must be there already. */
int config_text_read(const HostRoot *root, Facts *facts, Error **ret_error);

/* References to what paths of --with lead to. 0 or -ENOMEM. */
int config_text_of_named(const HostRoot *root, char *const *with, Facts *facts);

/* Steps of config_text_read(), for the text of units. names: sorted names of accounts. file: who names it. 0 or -ENOMEM. */
int config_text_reference(const HostRoot *root, const char *file, const char *path, Facts *facts);
/* And the databases that were compiled from it. */
int config_text_named(const HostRoot *root, const char *file, const char *path, Facts *facts);
/* What a file of configuration names. */
int config_text_of_file(const HostRoot *root, const char *path, char *const *names, Facts *facts);
/* What a piece of text names: a file of /etc that it names is configuration. */
int config_text_of_words(
	const HostRoot *root, const char *file, const char *text, char *const *names, Facts *facts);
/* The text of a small regular file, links followed; anything else is -ENODATA: binaries, data, what may not be read. */
int config_text_read_small(const HostRoot *root, const char *path, char **ret, size_t *ret_size);
/* Is it below /etc, and not among what may be enabled? */
bool config_text_is_active(const char *path);

/* config-unit.c: what the directives of a unit name. */
int config_unit_read(const HostRoot *root, const FactUnit *unit, char *const *names, Facts *facts);

/* unit-program.c: notes the program of a command if it needs more than /usr. */
int unit_program_read(const HostRoot *root, const FactUnit *unit, const char *key, const char *name,
	Facts *facts);
void fact_program_done(FactProgram *program); /* in facts.c */
