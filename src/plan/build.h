/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan while rules write to it. Adding never fails visibly: without memory the build is marked, and build_finish() says
 * so once, so that rules read as lists of what they want.
 */
#pragma once

#include "plan/plan.h"

/* Of two entries for one path the heavier wins; of equal ones the first. Rules of one weight never contradict each other
 * except by asking for less (an empty directory) than a later one. */
typedef enum PlanWeight {
	WEIGHT_PARENT, /* a directory that only has to be there */
	WEIGHT_DIRECTORY, /* an empty directory that somebody declares */
	WEIGHT_COPY, /* what the host has there */
	WEIGHT_TREE, /* and everything below */
	WEIGHT_OWN, /* text of our own */
	WEIGHT_SECRET, /* made fresh */
	WEIGHT_ADMINISTRATOR, /* --with */
} PlanWeight;

/* What the facts say about one path of the host. */
typedef struct KnownPath {
	const char *path;
	FactFileType type;
	const FactPackage *package; /* owner, or NULL */
	const FactUnowned *unowned; /* or NULL */
	const FactReference *reference; /* or NULL */
} KnownPath;

typedef struct PlanBuild {
	const Desc *desc;
	const Identity *identity;
	const Facts *facts;
	Plan *plan;
	PlanWeight *weights; /* of plan->entries */
	size_t room, room_notes;
	KnownPath *known; /* sorted by path */
	size_t n_known;
	const char *rule; /* name of the row that runs now, */
	bool inferred; /* and whether it infers what it asks for */
	char **accounts; /* names of users and groups that the service needs */
	char **with, **without; /* of the description, as they are inside */
	bool failed; /* out of memory */
} PlanBuild;

int build_init(PlanBuild *build, const Desc *desc, const Facts *facts, Error **ret_error);
void build_done(PlanBuild *build);

/* Sorts, drops the lighter of two entries of one path, what a recursive copy covers and what --without names, adds missing
 * parents, and gives the plan away. */
int build_finish(PlanBuild *build, Plan **ret, Error **ret_error);

/* Each makes one entry; reason is a printf format. Paths that are not normal, or that no container has on disk (below /run, /tmp, /dev, ...), are
 * left out. The entry stays in the build; NULL when there is none. */
PlanEntry *build_directory(PlanBuild *build, const char *path, mode_t mode, const char *user,
	const char *group, const char *reason, ...) _printf_(6, 7);
PlanEntry *build_file(PlanBuild *build, const char *path, mode_t mode, const char *content,
	const char *reason, ...) _printf_(5, 6);
PlanEntry *build_link(PlanBuild *build, const char *path, const char *target, const char *reason,
	...) _printf_(4, 5);
PlanEntry *build_copy(PlanBuild *build, const char *path, bool recurse, const char *reason, ...)
	_printf_(4, 5);
/* From elsewhere on the host. */
PlanEntry *build_copy_from(PlanBuild *build, const char *path, const char *source,
	const char *reason, ...) _printf_(4, 5);
PlanEntry *build_secret(PlanBuild *build, const char *path, mode_t mode, const char *secret,
	const char *reason, ...) _printf_(5, 6);
PlanEntry *build_trusted(PlanBuild *build, const char *path, const char *reason, ...)
	_printf_(3, 4);

/* The host's link itself, which the container has, too. */
void build_host_link(PlanBuild *build, const FactLink *link);
/* Where a path of the host is inside: what is at or below a link that the container has is where it leads: /etc/app -> /srv/app makes /etc/app/x
 * /srv/app/x. Entries are put there. Newly allocated; NULL without memory. */
char *build_inside(const PlanBuild *build, const char *path);

/* Names the owner of an entry, which may be NULL. Names that are no account of the host are left out: root owns it then. */
void build_owner(PlanBuild *build, PlanEntry *entry, const char *user, const char *group);
/* Makes an entry give way to what the host has there. */
void build_yield(PlanBuild *build, const PlanEntry *entry);
/* Makes an entry, which may be NULL, stand for a secret of the host. */
void build_guard(PlanBuild *build, const PlanEntry *entry);

void build_exclude(PlanBuild *build, const char *path);
void build_share(PlanBuild *build, const char *path);
void build_account(PlanBuild *build, const char *name); /* unless NULL or empty */
void build_note(PlanBuild *build, const FactUnit *unit, const char *directive, const char *reason,
	const char *replacement, bool refusal);
void build_warn(PlanBuild *build, const char *fmt, ...) _printf_(2, 3);
/* Of the administrator's words, which a plan passes over and create refuses. */
void build_meaningless(PlanBuild *build, const char *fmt, ...) _printf_(2, 3);

/* Would anything come along at, above (as part of a whole directory) or below the path? */
bool build_meets(const PlanBuild *build, const char *path);

/* What the facts say about this path; NULL if nothing. */
const KnownPath *build_known(const PlanBuild *build, const char *path);
/* The name of the host's account with this id, or NULL. */
const char *build_account_name(const PlanBuild *build, uint32_t id, bool group);
/* Is this id root's or that of an account that the service needs? */
bool build_owns(const PlanBuild *build, uint32_t uid);

/* Order of paths in a plan: as strings, but '/' before every other byte, so that what is below a directory follows it. */
int plan_path_compare(const char *a, const char *b);
/* Its entries, in that order. */
void plan_sort(Plan *plan);
