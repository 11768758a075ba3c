/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies of the host's files: content, mode, owner, times, POSIX ACLs, file capabilities; never labels, sockets,
 * devices or secrets (secret.h).
 */
#pragma once

#include "content/file-content.h"
#include "content/plan-watch.h"
#include "plan/plan.h"

typedef struct CopyLink { /* a source with several names, and the first copy of it */
	dev_t device;
	ino_t inode;
	char *path; /* below the tree */
} CopyLink;

typedef struct Copy {
	const Plan *plan; /* which paths have entries of their own, and which are excluded */
	int tree_fd;
	bool trusted; /* private keys are copied */
	const char *root; /* path of the copy that runs now */
	char *source; /* directory of the host that was copied from last, */
	int source_fd; /* and itself */
	CopyLink *links;
	size_t n_links;
	/* Told of each secret that is left behind ("kept-back"), each file that changed during every attempt ("changing"), and each link to what the host
	 * has where a container has nothing ("astray"), and
	 * the first of each copy that belongs to a number which no container has ("beyond"). */
	int (*remark)(const char *what, const char *path, void *data);
	void *data;
	const PlanWatch *watch; /* or NULL */
	ContentSeen seen; /* the file that is copied now */
	bool beyond; /* an owner of what is copied now has a number that no container has: told */
	bool too_deep; /* the last failure: more levels than we follow */
	char *failed; /* path that the last failure was about */
} Copy;

void copy_done(Copy *copy);

/* Tell the watch, if there is one that wants to know. 0 or a negative errno. */
int plan_watch_file(const PlanWatch *watch, const char *path, const char *content, size_t size);
int plan_watch_link(const PlanWatch *watch, const char *path, const char *target);

/* Copies source of the host to name below the directory parent_fd; path is the same place as a path of the container. A missing source is
 * success: it vanished since the plan was made. 0 or a negative errno; copy->failed says where. */
int copy_source(Copy *copy, const char *source, bool recurse, int parent_fd, const char *path);
