/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading facts: what the steps of host_read_facts() share.
 */
#pragma once

#include "desc/desc.h"
#include "host/host-root.h"
#include "host/knowledge.h"
#include "host/package-index.h"
#include "host/ucf.h"
#include "host/unit-index.h"

#define UNOWNED_MAX 20000 /* paths of one container that no package owns */
#define UNOWNED_CHILDREN_MAX                                                                       \
	512 /* of one directory below /var; where there are more, the directory stands for them */
#define UNOWNED_DEPTH_MAX 16 /* directories below one of a package in /etc */

typedef struct Reader {
	HostRoot root;
	UnitManager manager; /* empty where systemd was not asked */
	UnitIndex units;
	PackageIndex packages;
	Ucf ucf;
	bool *direct; /* packages that own asked units or were named */
	bool *same_source; /* direct ones, those of the same source in the closure, and those that extend them */
	bool *set; /* all packages that the container is about */
	Facts *facts;
} Reader;

/* host_facts() of the host below root; NULL: this one. running: its systemd runs and is asked. */
int host_read_facts(const char *root, const char *rules, bool running, const Desc *desc,
	Facts **ret, Error **ret_error);

/* package-directories.c: directories below place (/etc, /var) that packages own for themselves, sorted, none below another. same_source: only those of same_source,
 * else of the whole set. */
int package_directories(const Reader *reader, const char *place, bool same_source, char ***ret);
/* Does the path lie in a directory that packages share (/etc/default, /var/log)? */
bool path_is_shared(const Knowledge *knowledge, const char *path);
/* Are both below the same directory of /etc, or of /var/lib and its like? What is there comes together. */
bool path_is_neighbour(const char *a, const char *b);

/* unit-generator.c: adds to the set what instances need beside the package of their template. 0 or -ENOMEM. */
int unit_generator_packages(Reader *reader);

/* extensions.c: marks same_source, and adds to it and to the set what extends a service: packages that depend on same_source and install
 * configuration into its directories (modules), or whose configuration is linked there (conf-enabled). */
int extensions_find(Reader *reader, Error **ret_error);

/* key-certificate.c: fills facts->key_certificates. */
int key_certificates_read(Reader *reader, Error **ret_error);

/* peers.c: what facts->peers are. */
int peers_read(Reader *reader, Error **ret_error);

/* application.c: what facts->applications and facts->mentions are. */
int application_read(Reader *reader, Error **ret_error);

/* unowned.c: fills facts->unowned. */
int unowned_read(Reader *reader, Error **ret_error);
