/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the text of configuration files and maintainer scripts says: paths that it names, accounts, and whether it is a
 * private key. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_TEXT_LIMIT (1024 * 1024) /* bytes; a larger file is data, not configuration */
#define CONFIG_REFERENCES_MAX                                                                      \
	4096 /* of all files; further ones are not believed to be a person's work */

typedef struct ConfigText {
	char **paths; /* below /etc, /var, /srv or /opt, normal, each once */
	char **elsewhere; /* where a container has nothing: /data/db, /home/alice/www */
	char **patterns; /* below /etc, /var and /srv, with wildcards or variables: "/etc/x.d/" "*.conf", "/var/log/x/$host.log" */
	char **applications; /* /usr/share/X and /usr/lib/X, where packages have what others show */
	char **words; /* of those that were asked for, each once */
} ConfigText;

/* Lines that begin with "#", ";" or "//" are comments. names: sorted, what is looked for as a word of its own. */
int config_text_parse(const char *text, size_t size, char *const *names, ConfigText *text_facts);
void config_text_done(ConfigText *text_facts);
/* The paths of a directive whose words are paths; each may have "-" or "+" before it. */
int config_text_parse_paths(const char *value, ConfigText *text_facts);

/* Does the text hold a private key (PEM, PGP)? */
bool config_text_is_private_key(const char *text, size_t size);

/* Is it below /etc, and not among what may be enabled? */
bool config_text_is_active(const char *path);
