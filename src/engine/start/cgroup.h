/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's place in the cgroup v2 tree.
 */
#pragma once

#include <sys/types.h>

#include "engine/spec/spec.h"

#define CGROUP_PARENT                                                                              \
	"virt-sandbox" /* of the containers' cgroups where nothing was delegated to us */

#define CGROUP_OF_PROCESS "sandbox-%d" /* the name of a sandbox of one command, by its process */

/* A cgroup directory of one container, removed with everything below it unless taken. */
typedef struct Cgroup {
	int fd; /* the directory; -EBADF where the host has no cgroup v2 */
	int mount_fd; /* the cgroup2 mount */
	char *path; /* below the mount, without leading slash; NULL without */
} Cgroup;

/* Makes the directory with the limits of the Spec and, where that delegates it, gives to owner what a
 * systemd needs to organise what is below it. Where the host has no cgroup v2: success with fd
 * -EBADF if nothing of it was asked for. proc_fd: a checked /proc. */
int cgroup_make(const Spec *spec, uid_t owner, int proc_fd, Cgroup *ret, Error **ret_error);
void cgroup_done(Cgroup *cgroup);
#define _cleanup_cgroup_ _cleanup_(cgroup_done)

/* Thaws and kills all that is in and below it. Best effort: whoever waits for their end finds out. */
void cgroup_kill(int fd);
/* Removes a cgroup and its children, waiting until the last process that was killed has left.
 * Missing is success. */
int cgroup_remove(int mount_fd, const char *path, Error **ret_error);

/* Removes cgroups of sandboxes of one command whose process was killed before it could. */
void cgroup_sweep(int mount_fd);

/* An O_PATH descriptor of the host's cgroup2 mount; -ENOENT without one. */
int cgroup_open_mount(int proc_fd, int *ret_fd, Error **ret_error);
