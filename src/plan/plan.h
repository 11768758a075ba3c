/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan: what must exist in a container's own tree, each path with the rule that put it there. Made from plain facts by a
 * pure function; printed, or applied by the only writer, which keeps a journal to undo it.
 */
#pragma once

#include "desc/desc.h"
#include "host/facts.h"
#include "label/label.h"

typedef enum PlanKind {
	PLAN_DIRECTORY, /* empty directory */
	PLAN_FILE, /* text in content */
	PLAN_LINK, /* symbolic link to content */
	PLAN_COPY, /* file, link or whole tree from source on the host */
	PLAN_SECRET, /* made fresh when applied: kind of secret in content: "ssh-host-key ed25519", "tls-certificate CERT", "private-key", "rndc-key" */
	_PLAN_KIND_MAX,
} PlanKind;

typedef struct PlanEntry {
	PlanKind kind;
	char *path; /* inside the container, normal */
	char *source; /* PLAN_COPY: host path */
	char *content;
	char *rule; /* name of the row of the rule table */
	char *reason; /* what made the rule apply: "package apache2", "User=redis of redis-server.service" */
	char *user,
		*group; /* names inside the container; NULL: root, or as on the host for PLAN_COPY */
	mode_t mode; /* 0: as on the host for PLAN_COPY, else 0755/0644 */
	bool recurse; /* PLAN_COPY of a directory: everything below it too, but what has an entry of its own or is excluded */
	bool trusted; /* PLAN_COPY: the administrator named it (--with): private keys are copied, too */
} PlanEntry;

typedef struct
	PlanNote { /* something the administrator should read: unit, directive, why, what replaces it */
	char *unit, *directive, *reason, *replacement;
	bool refusal; /* the service cannot run in a container: create stops */
} PlanNote;

typedef struct Plan {
	PlanEntry *entries; /* sorted by path: parents before children; one entry a path */
	size_t n_entries;
	PlanNote *notes;
	size_t n_notes;
	char **excluded; /* paths that no recursive copy takes along, with all below them */
	char **mounted; /* targets of the description's mounts: what they hold is not the tree's */
	char **shared; /* further host directories mounted read-only beside /usr: /opt/X */
	char **capabilities; /* what the container gets beyond its kind's */
	char **warnings;
} Plan;

/* Does the plan exclude this path from a copy of what is at root (the path itself, or one above it)? What would exclude the root as well
 * does not count: somebody wanted it nevertheless. root may be NULL. */
bool plan_excludes(const Plan *plan, const char *path, const char *root);

Plan *plan_free(Plan *plan);
DEFINE_CLEANUP(Plan *, plan_free)
#define _cleanup_plan_ _cleanup_(plan_freep)

/* Pure: the same description and facts give the same plan. -EOPNOTSUPP when a note is a refusal. */
int plan_make(const Desc *desc, const Facts *facts, Plan **ret, Error **ret_error);

/* The plan of a clone, pure as well: the directories (names below tree, the content of another container) are copied whole, but machine id, names and
 * secrets come from fresh, the plan of the clone's description. */
int plan_clone(const Plan *fresh, const char *tree, char *const *directories, Plan **ret,
	Error **ret_error);

/* One line a path: kind, mode, owner, path, source, rule, reason; then notes. What --dry-run prints and golden tests compare. */
int plan_format(const Plan *plan, char **ret, Error **ret_error);
int plan_format_json(const Plan *plan, char **ret, Error **ret_error);

/* Who looks on while a plan is applied; each may be NULL. */
typedef struct PlanWatch {
	void (*progress)(size_t done, size_t all, void *data); /* entries */
	/* A file or link (content: where it leads) was made whose content went through our hands: path inside the container. Large files and secrets
	 * do not. A negative result ends it all. */
	int (*made)(const char *path, bool link, const char *content, size_t size, void *data);
	void *data;
} PlanWatch;

/* Paths inside; a list is NULL when there are none. */
typedef struct PlanRemarks {
	char **kept_back; /* secrets of the host, which it left behind */
	char **changing; /* files that the host wrote to meanwhile: a database whose server runs */
	char **astray; /* links to what the host has where a container has nothing */
} PlanRemarks;

void plan_remarks_done(PlanRemarks *remarks);
#define _cleanup_plan_remarks_ _cleanup_(plan_remarks_done)

/* Makes the tree below the directory parent/name, which must not exist yet. Files are owned by ordinary ids as the container's own passwd
 * says, and labelled as they are created. What is done is first written to the journal file, so that plan_undo() of a killed process
 * works. watch may be NULL. ENOSPC and every other failure undoes what was done. */
int plan_apply(const Plan *plan, const char *tree, const char *journal, const Label *label,
	const PlanWatch *watch, Error **ret_error);
/* The same with the entries below content_fd, the empty root of a file system that goes with the tree: what is undone then is the tree's directory alone.
 * content_fd < 0: below the tree. */
int plan_apply_into(const Plan *plan, int content_fd, const char *tree, const char *journal,
	const Label *label, const PlanWatch *watch, Error **ret_error);
/* What plan_apply() has to say about what it copied, from its journal. */
int plan_remarks(const char *journal, PlanRemarks *ret, Error **ret_error);
/* Removes what the journal says was made, then the journal. A missing journal is success. */
int plan_undo(const char *journal, Error **ret_error);
