/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan: what must exist in a container's own tree, each path with the rule that put it there. Made from plain facts by a
 * pure function; printed, or applied (content/apply.h).
 */
#pragma once

#include "desc/identity.h"
#include "host/facts.h"
#include "plan/secret.h"

typedef enum PlanKind {
	PLAN_DIRECTORY, /* empty directory */
	PLAN_FILE, /* text in content */
	PLAN_LINK, /* symbolic link to content */
	PLAN_COPY, /* file, link or whole tree from source on the host */
	PLAN_SECRET, /* made fresh when applied: kind of secret in content: "ssh-host-key ed25519", "tls-certificate CERT", "private-key", "shared-key TEXT" */
	_PLAN_KIND_MAX,
} PlanKind;

typedef struct PlanEntry {
	PlanKind kind;
	char *path; /* inside the container, normal */
	char *source; /* PLAN_COPY: host path */
	char *content;
	char *rule; /* name of the row of the rule table */
	char *reason; /* what made the rule apply: "package webserver", "User=data of data.service" */
	char *user,
		*group; /* names inside the container; NULL: root, or as on the host for PLAN_COPY */
	mode_t mode; /* 0: as on the host for PLAN_COPY, else 0755/0644 */
	bool recurse; /* PLAN_COPY of a directory: everything below it too, but what has an entry of its own or is excluded */
	bool inferred; /* read out of text or from owners and names; else somebody declared it: packages, units, rules.d, the administrator */
	bool trusted; /* PLAN_COPY: the administrator named it (--with): private keys are copied, too */
} PlanEntry;

typedef struct
	PlanNote { /* something the administrator should read: unit, directive, why, what replaces it */
	char *unit, *directive, *reason, *replacement;
	bool refusal; /* the service cannot run in a container: create stops */
} PlanNote;

#define PLAN_CALL_TESTS_MAX 20

typedef enum PlanCallTestKind {
	PLAN_CALL_IS,
	PLAN_CALL_IS_NOT,
	PLAN_CALL_HAS, /* all of these bits */
} PlanCallTestKind;

typedef struct PlanCallTest {
	unsigned int argument;
	PlanCallTestKind kind;
	uint64_t value;
} PlanCallTest;

/* System calls of the one unit, with --init=direct. The first that names a call, and all of whose tests hold, decides. */
typedef struct PlanCallRule {
	char **calls; /* one that the machine does not have is of no account */
	int error; /* of the call; 0: it is allowed, -1: it kills */
	PlanCallTest tests[PLAN_CALL_TESTS_MAX];
	size_t n_tests;
} PlanCallRule;

typedef struct Plan {
	PlanEntry *entries; /* sorted by path: parents before children; one entry a path */
	size_t n_entries;
	PlanNote *notes;
	size_t n_notes;
	char **excluded; /* paths that no recursive copy takes along, with all below them */
	char **mounted; /* targets of the description's mounts: what they hold is not the tree's */
	char **shared; /* further host directories mounted read-only beside /usr: /opt/X */
	char **sysctls; /* "net.core.somaxconn=512" */
	char **socket_rules; /* "IPAddressDeny=any": what all its units keep their sockets from, kept for them from outside */
	char **steps; /* with --init=direct: of the one unit, as direct/steps.h has them */
	PlanCallRule *call_rules; /* beside them; none: no filter */
	size_t n_call_rules;
	int call_otherwise; /* the error of every other call; as that of a rule */
	char **capabilities; /* what the container gets beyond its kind's */
	char **ports; /* SELinux types of the ports that its services bind, for a policy of its own */
	char **warnings;
	char **packages; /* of the host: those that its units and programs are of */
	char **interpreters; /* "PATH REAL": of programs outside of /usr, and what it leads to today */
	char *layer; /* what another full system has changed, a directory of the host: copied whole before the entries, which replace what is there; or NULL */
	char **meaningless; /* words of the administrator's that cannot mean anything, each with why: create refuses them */
	SecretWords *
		secrets; /* what no copy takes along, unless it is trusted; NULL: there is no other copy */
} Plan;

/* Does the plan exclude this path from a copy of what is at root (the path itself, or one above it)? What would exclude the root as well
 * does not count: somebody wanted it nevertheless. root may be NULL. */
bool plan_excludes(const Plan *plan, const char *path, const char *root);

Plan *plan_free(Plan *plan);
DEFINE_CLEANUP(Plan *, plan_free)
#define _cleanup_plan_ _cleanup_(plan_freep)

/* Pure: the same description, identity and facts give the same plan. -EOPNOTSUPP when a note is a refusal. */
int plan_make(const Desc *desc, const Identity *identity, const Facts *facts, Plan **ret,
	Error **ret_error);

/* Of a container with a root of its own. resolver: the host's file with name servers; NULL: none. Pure. */
int plan_make_system(const Desc *desc, const Identity *identity, const char *resolver, Plan **ret,
	Error **ret_error);
/* Makes it the plan of a clone. layer: what the original has changed. secrets: a path inside and what is made fresh there, as an entry's content has it, and so on. */
int plan_clone_system(Plan *plan, const char *layer, char *const *secrets, Error **ret_error);

/* The plan of a clone, pure as well: the directories (names below tree, the content of another container) are copied whole, but machine id, names and
 * secrets come from fresh, the plan of the clone's description. */
int plan_clone(const Plan *fresh, const char *tree, char *const *directories, Plan **ret,
	Error **ret_error);

/* One line a path: kind, mode, owner, path, source, rule, reason; then notes. What --dry-run prints and golden tests compare. */
int plan_format(const Plan *plan, char **ret, Error **ret_error);
int plan_format_json(const Plan *plan, char **ret, Error **ret_error);
