/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths as text, and the one way to open a path below a root that is not trusted.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Is p the same as, or below, directory d? Compared by component, never as a string prefix: /etc/ab is not below /etc/a. */
bool path_is_below(const char *p, const char *d);

/* The same of one of several directories, a vector as in strv.h. */
bool path_is_below_any(const char *p, char *const *directories);

/* Absolute, no "." or ".." component, no "//", no trailing slash except "/" itself. */
bool path_is_normal(const char *p);

/* A newly allocated copy of an absolute path in that form ("." and empty components dropped, ".." not allowed), or NULL
 * with errno EINVAL or ENOMEM. */
char *path_normalize(const char *p);

/* a + "/" + b without doubled slashes, newly allocated; b may start with a slash. NULL without memory. */
char *path_join(const char *a, const char *b);

/* Where a symbolic link at path leads, as text: relative targets joined, ".." applied to what is named. NULL with errno. */
char *path_of_link(const char *path, const char *target);

/* "." or "..": what every directory lists. Other names that begin with a dot are names. */
bool path_is_dot(const char *name);

/* Last component, inside p. */
const char *path_base(const char *p);

/* Opens path below root_fd with openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS): links are followed as the container would
 * follow them and never lead out. flags and mode as in open(2), O_CLOEXEC is added. Kernels without openat2 get ENOSYS.
 * Returns the descriptor or a negative errno. */
int path_open_in_root(int root_fd, const char *path, int flags, mode_t mode);

/* As above with RESOLVE_NO_SYMLINKS: any symbolic link in the path is -ELOOP. For trees we make ourselves. */
int path_open_no_links(int root_fd, const char *path, int flags, mode_t mode);

/* As path_open_no_links(), and a mount point on the way, or at the end, is -EXDEV, a bind mount of the same file system, too. */
int path_open_same_mount(int root_fd, const char *path, int flags);

/* What fd stands for, as a path below the root: where links led to. Newly allocated, or NULL with errno: EXDEV when it is not below. links_fd: /proc/self/fd,
 * for who has no /proc any more; -EBADF else. */
char *path_of_fd(int links_fd, int root_fd, int fd);

/* mkdir -p below root_fd without following links. Returns an O_PATH descriptor of the last directory, or a negative errno
 * (-ENOTDIR or -ELOOP when something else is in the way). Directories made get mode. */
int path_mkdir_in_root(int root_fd, const char *path, mode_t mode);
