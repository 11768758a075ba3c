/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts of the host as plain data: what the planner needs to know about units, packages, accounts and declared
 * directories. Tests make them from text files; host_facts() reads them from the machine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/peer-text.h"

#define FACT_NAMED "--with" /* the file of a reference that the administrator made */
#define FACT_COMMAND                                                                               \
	"the command" /* the file of a reference, and the unit of a program, of a container without units */
#define FACT_DOMAIN_MAX 253 /* bytes of a host's name with its domain, RFC 1035 */

/* One assignment of a unit file, in order, specifiers expanded, drop-ins merged, resets ("Key=") applied. */
typedef struct FactDirective {
	char *section, *key, *value;
	unsigned int file; /* 0: the fragment, 1: the first drop-in ... */
	unsigned int line; /* of it, the last one where it goes on; 0: no file says so */
} FactDirective;

typedef struct FactUnit {
	char *name; /* as asked for and resolved: "web.service", "data@15-main.service" */
	char *path; /* fragment on the host; NULL when made by a generator at run time */
	char **names; /* all names: name first, then aliases */
	char **dropins; /* paths of drop-in files of the host */
	char **links; /* of the host, which no text of the unit says: "web.service.wants/data.service" */
	char *init_script; /* /etc/init.d/X when the unit comes from the sysv generator */
	char *package; /* owner; NULL if none */
	char *asked_as; /* its name elsewhere, by which it was asked for ("web.service" of webserver.service); NULL: by its own */
	bool asked; /* named by the administrator, not only pulled in */
	FactDirective *directives;
	size_t n_directives;
	unsigned int read_file, read_line; /* of the text that is being read */
} FactUnit;

typedef enum FactFileType {
	FACT_FILE_REGULAR,
	FACT_FILE_DIRECTORY,
	FACT_FILE_LINK,
	FACT_FILE_OTHER, /* socket, fifo, device: never copied */
	FACT_FILE_MISSING,
} FactFileType;

typedef struct FactFile {
	char *path;
	FactFileType type; /* as lstat() sees it on the host now */
	bool conffile;
} FactFile;

typedef struct FactPackage {
	char *name, *version;
	char *source; /* source package: what of one source belongs together */
	char **depends; /* names of installed packages that this one needs at run time (Depends, Pre-Depends resolved) */
	bool direct; /* owns an asked unit or was named with --package, or belongs to one that does: of the same source and needed, or extending it; else pulled in by the closure */
	FactFile *
		files; /* of /etc, /var, /opt, /srv and what systemd, sysusers.d, tmpfiles.d and pam.d need in /usr */
	size_t n_files;
} FactPackage;

typedef struct FactAccount { /* passwd(5) or group(5) entry of the host; never a password */
	char *name;
	uint32_t id, gid; /* group: gid unused */
	char *gecos, *home, *shell;
	char **members; /* of a group */
	bool group;
} FactAccount;

/* A path below /etc or /var of the host that no package owns but that exists now: what maintainer scripts and cluster tools made. */
typedef struct FactUnowned {
	char *path;
	FactFileType type;
	uint32_t uid, gid;
	mode_t mode;
	char *link; /* target of a symbolic link */
	char *package; /* whose it is: the registry of ucf says so, or it lies below a directory of that package; NULL: its owner is an account of the service */
	bool conffile; /* ucf or the package's scripts manage it: packaged configuration, though no package lists it */
} FactUnowned;

/* A path below /etc, /var, /opt or /srv that exists and that the text of a configuration file of a direct package, or a command of a unit, names: data
 * directories, document roots, certificates; and databases compiled from such a file, beside it. Or a directory where a container has nothing. */
typedef struct FactReference {
	char *file; /* whose text it is */
	char *path; /* normal, without glob characters */
	FactFileType type; /* as lstat() sees it; never _MISSING */
	uint32_t uid, gid;
	mode_t mode;
	bool private_key; /* the content (of the file, or of what the link leads to) begins as a private key does */
	bool conffile; /* the package's scripts name it, too: packaged configuration, though no package lists it */
	char *target; /* where a link leads that may be followed; NULL: none */
} FactReference;

/* A program of a command of a unit that needs more than the host's /usr, or cannot run. */
typedef struct FactProgram {
	char *unit, *key; /* "ExecStart" */
	char *path; /* as the command has it, absolute; a name that is nowhere */
	char **paths; /* outside of /usr: itself, what its links lead to, its interpreter, its libraries */
	char *lacks; /* its interpreter, which the host has not got; NULL: nothing */
	char *interpreter; /* "PATH REAL": the last one, and the file that it is in the end; NULL: it is in /usr itself, or has none */
	bool missing; /* the host has no such program */
	bool unfit; /* it is a directory, or nobody may execute it */
	bool foreign; /* for another machine, or word size */
} FactProgram;

/* A symbolic link of the administrator's on the way to what the service uses. Facts of path are those of what is there. */
typedef struct FactLink {
	char *path;
	char *target; /* where it leads in the end */
	char *text; /* what it says: the host's own words where those lead there straight, else target */
	bool moved; /* to a place that no container has: what is there stands at path inside; else a directory below /etc, /srv or /var */
} FactLink;

/* One line of tmpfiles.d or sysusers.d that belongs to one of the packages (or the base). */
typedef struct FactLine {
	char *file, *text;
	char *package; /* NULL: the administrator's own */
} FactLine;

/* Text that names a service of the same machine. What is left of them when all is read is what nothing in the container is known to give. */
typedef struct FactPeer {
	char *where; /* "FILE:LINE" or "UNIT: KEY=" */
	char *file; /* NULL: a directive */
	PeerMention mention;
	char *holder; /* unit or program of the host that listens there; NULL: none does */
} FactPeer;

struct Knowledge;

typedef struct Facts {
	struct Knowledge *knowledge; /* what rules.d says of products; owned; NULL: nothing */
	char *host_kind; /* "dpkg", "rpm" */
	char *machine; /* architecture triplet for /usr/lib paths, e.g. "x86_64-linux-gnu"; may be NULL */
	FactUnit *units; /* asked first, then what they pull in that makes sense inside */
	size_t n_units;
	FactPackage *packages; /* direct first, then the closure */
	size_t n_packages;
	FactAccount *accounts;
	size_t n_accounts;
	FactUnowned *unowned;
	size_t n_unowned;
	FactReference *references;
	size_t n_references;
	FactLink *links;
	size_t n_links;
	FactProgram *programs;
	size_t n_programs;
	char **private_keys; /* of the packages' files and the unowned ones below /etc: those whose content begins as a private key does */
	char **named_accounts; /* accounts and groups that configuration of direct packages or maintainer scripts of any name as a word */
	char **manager_settings; /* "DefaultLimitNOFILE=1024:4096": defaults of the host's system manager for its units */
	char **sysctls; /* "net.core.somaxconn=512": of the administrator, in namespaces that a container has of its own */
	char **hosts; /* lines of /etc/hosts that are about others */
	char *domain; /* of the host's own name; NULL: none */
	char *resolver; /* file with the host's name servers, see base/resolver.h; NULL: none */
	bool resolver_local; /* and it names only servers on the loopback interface */
	char **etc; /* names directly below /etc of the host: what of the base set exists here */
	FactFile *
		certificates; /* what in /etc/ssl/certs is no link, where all programs find the public certificates in one file of them; none: some look for links by hash */
	size_t n_certificates;
	char **vendor_wants; /* links of /usr/lib/systemd/system, "sysinit.target.wants/systemd-udevd.service" (and .requires) */
	char **foreign_generators; /* names of the generators of the host's systemd that no package of the closure owns */
	FactLine *tmpfiles, *sysusers;
	size_t n_tmpfiles, n_sysusers;
	FactLine *
		key_certificates; /* file: a private key; text: a certificate with its public key */
	size_t n_key_certificates;
	FactLine *
		patterns; /* text: a path with wildcards or variables that configuration names; what it fits is a reference */
	size_t n_patterns;
	FactLine *
		applications; /* text: a path of /usr that configuration names, of a package that is not of the closure and has content of its own */
	size_t n_applications;
	FactLine *
		mentions; /* text: a path that no package owns and that the files of an application name */
	size_t n_mentions;
	char **foreign_files; /* in directories that packages share and a reference names: files of packages that are not of the closure */
	char **left_files; /* among them, of no package, "FILE PLACE": directory of a file that FILE is about */
	char **stranger_files; /* "FILE NAME": FILE wants an account that the host has not */
	char **devices; /* those that units name and the host has */
	char **missing_paths; /* paths without which asked units do not start, and which the host has not */
	char **own_addresses; /* of the host's links, as text; none where another root is read */
	char **named_addresses; /* those of them that text names: "FILE ADDRESS" */
	FactPeer *peers;
	size_t n_peers;
	unsigned int *own_ports; /* that the same texts name as their own */
	size_t n_own_ports;
	char **run_paths; /* of /run, without which asked units do not start, and which the host has */
	char **lacked_controllers; /* of cgroup v2, which no container has on this host; found out by who reads the facts for a container */
	char *manager_problem; /* why the running systemd was not asked of the units; NULL: it was, or does not run */
	char **running_units; /* names of asked units that run on the host */
	char **stale_units; /* names of asked units whose files changed since the running systemd read them */
} Facts;

void fact_unit_done(FactUnit *unit);
void fact_program_done(FactProgram *program);
void fact_peer_done(FactPeer *peer);
Facts *facts_free(Facts *facts);
DEFINE_CLEANUP(Facts *, facts_free)
#define _cleanup_facts_ _cleanup_(facts_freep)

/* First value of a directive of the unit, or NULL; section may be NULL for any. */
const char *facts_unit_get(const FactUnit *unit, const char *section, const char *key);
/* Is it a name of one of the units? */
bool facts_has_unit(const Facts *facts, const char *name);
/* Is it direct, or built from the same source as a direct one: a part of the same software (exim4-config of exim4-base)? */
bool facts_same_source(const Facts *facts, const FactPackage *package);
const FactPackage *facts_package(const Facts *facts, const char *name);
/* The link at path, or NULL. */
const FactLink *facts_link(const Facts *facts, const char *path);
/* Is path below /etc, /srv or /var, where a container has content of its own? */
bool facts_is_private(const char *path);
/* Is path where a container has nothing, neither content nor the host's, nor what is made at each start? */
bool facts_is_outside(const char *path);
const FactAccount *facts_account(const Facts *facts, const char *name, bool group);

#define FACT_LINE_FIELDS 7 /* of tmpfiles.d: type path mode user group age argument */
/* Cuts a line of tmpfiles.d or sysusers.d into fields in place, and says how many there are; quotes group words. The last field is the rest of the line. */
size_t fact_line_split(char *line, char *fields[FACT_LINE_FIELDS]);
/* NULL: it says nothing. */
const char *fact_line_field(char *const fields[], size_t n, size_t i);
