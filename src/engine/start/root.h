/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's root while the builder makes it: what its parts need to know.
 */
#pragma once

#include <sys/types.h>

#include "engine/engine.h"

typedef struct OwnMap { /* a user namespace for the ids of mounts */
	const SpecIdMap *users, *groups;
	int fd;
} OwnMap;

typedef struct OwnMaps {
	OwnMap *items;
	size_t n;
} OwnMaps;

typedef struct Root {
	const Spec *spec;
	const Label *label;
	bool cgroup; /* there is a cgroup namespace to show */
	int fd; /* the root, also the working directory */
	int userns_fd; /* the container's user namespace, for id-mapped binds; -EBADF: it has the host's */
	OwnMaps maps; /* see idmap.h */
	uid_t owner; /* host id of the container's root */
	gid_t group; /* and of its group */
	int securebits; /* of this process before root_act_as_owner() */
	int *sources; /* what mounts have walked to on the host, by their number; -EBADF: nothing */
	size_t next; /* the mount whose turn it is */
	const char *below; /* the content that was last walked to, and a descriptor of it */
	int below_fd;
	int links_fd; /* /proc/self/fd while we have no /proc, or -EBADF */
	dev_t mask_device; /* of what lies over hidden paths; 0: not there yet */
	Run *run; /* gets the masters of its terminals once /dev stands; has room for them */
} Root;

/* From here on this thread makes files in the owner's name, which saves a change of owner for each. The capabilities stay. For good: the
 * builder ends soon. */
int root_act_as_owner(Root *root, Error **ret_error);
/* Between them without the capabilities of files, which the content's directories must not be changed with. */
void root_drop_capabilities(const Root *root);
void root_regain_capabilities(const Root *root);

/* The host id that stands for an id inside; UINT32_MAX: none does. */
uint32_t root_user(const Root *root, uint32_t inside);
uint32_t root_group(const Root *root, uint32_t inside);

/* A new file of the root tmpfs or of a volatile one; its directory must be there. text may be NULL. */
int root_make_file(
	const Root *root, const char *path, mode_t mode, const char *text, Error **ret_error);
/* An empty file to mount on. */
int root_make_target(const Root *root, const char *path, Error **ret_error);
/* mkdir; one that is there already is left as it is. */
int root_make_directory(const Root *root, const char *path, mode_t mode, Error **ret_error);
/* A fresh tmpfs on path, labelled: below the root, whose content is still our own, or absolute, in
 * the host's. options without uid and gid. */
int root_mount_tmpfs(const Root *root, const char *path, const char *options,
	unsigned int attributes, Error **ret_error);
/* Options of a file system that we mount: options, whose uid= and gid= are ids inside, the owner where they are not said, the label's. Newly
 * allocated. */
int root_mount_options(
	const Root *root, const char *fstype, const char *options, char **ret, Error **ret_error);
