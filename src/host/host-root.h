/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the host below one root directory. It is "/" in earnest; tests give a tree of their own, whose links are then
 * followed inside it. This is the host that the administrator runs and trusts, not a container's tree.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "host/facts.h"

#define HOST_LIST_MAX 65536 /* names of one directory that we are ready to hold */

struct Knowledge;

typedef struct HostRoot {
	char *path; /* "" for the real root, else without trailing slash */
	int fd; /* of path */
	const struct Knowledge *knowledge; /* borrowed; NULL: nothing is known of products */
	bool merged; /* /lib, /bin and /sbin are links into /usr */
} HostRoot;

/* path NULL: the real root. */
int host_root_open(HostRoot *root, const char *path, Error **ret_error);
void host_root_done(HostRoot *root);
#define _cleanup_host_root_ _cleanup_(host_root_done)

/* open(2) with links resolved inside the root. A descriptor or a negative errno. */
int host_root_open_file(const HostRoot *root, const char *path, int flags);
int host_root_read(
	const HostRoot *root, const char *path, char **ret, size_t *ret_size, Error **ret_error);
/* lstat(2), stat(2), readlink(2) and realpath(3); 0 or a negative errno. */
int host_root_lstat(const HostRoot *root, const char *path, struct stat *ret);
int host_root_stat(const HostRoot *root, const char *path, struct stat *ret);
int host_root_realpath(const HostRoot *root, const char *path, char **ret);
int host_root_readlink(const HostRoot *root, const char *path, char **ret);
/* Names of a directory, sorted, without "." and ".."; a missing directory is empty. 0 or a negative errno. */
int host_root_list(const HostRoot *root, const char *path, char ***ret);

/* host-glob.c: absolute paths that are there and match a pattern of glob(7), in order. 0 or -ENOMEM. */
int host_root_glob(const HostRoot *root, const char *pattern, char ***ret);

/* Calls each for every name of a directory, in its order, with the directory's descriptor and the type as readdir(3) tells it. A missing
 * directory has none. The first negative result ends it. 0 or a negative errno. */
typedef int (*HostRootEach)(int fd, const char *name, unsigned char type, void *data);
int host_root_each(const HostRoot *root, const char *path, HostRootEach each, void *data);

/* Within each: the target of name if it is a symbolic link, else *ret is left alone. 0 or a negative errno. */
int host_root_link_at(int fd, const char *name, unsigned char type, char **ret);

/* Where /lib is a link to /usr/lib, package databases may name a file either way: this gives the one name that we compare by,
 * newly allocated (NULL without memory). */
char *host_root_canonical(const HostRoot *root, const char *path);
bool host_root_is_canonical(const HostRoot *root, const char *path); /* is it that name already? */

FactFileType host_file_type(mode_t mode);
