/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resource limits: what the kernel gives the host's PID 1, with two exceptions; and the OOM score.
 */
#include "engine/limits.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/file.h"

#define MIB (UINT64_C(1024) * 1024)
#define TASKS_MAX 32768 /* of one user id; the container's own limit is pids.max */

static const struct {
	__rlimit_resource_t resource;
	const char *name;
	rlim_t soft, hard;
} table[] = {
	{ RLIMIT_AS, "AS", RLIM_INFINITY, RLIM_INFINITY },
	/* 1 is the only value that also keeps the kernel from starting the host's piped
	 * core_pattern handler. */
	{ RLIMIT_CORE, "CORE", 1, 1 },
	{ RLIMIT_CPU, "CPU", RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_DATA, "DATA", RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_FSIZE, "FSIZE", RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_LOCKS, "LOCKS", RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_MEMLOCK, "MEMLOCK", 8 * MIB, 8 * MIB },
	{ RLIMIT_MSGQUEUE, "MSGQUEUE", 819200, 819200 },
	{ RLIMIT_NICE, "NICE", 0, 0 },
	{ RLIMIT_NOFILE, "NOFILE", 1024, 524288 }, /* soft for select(2), hard as systemd has it */
	{ RLIMIT_NPROC, "NPROC", TASKS_MAX, TASKS_MAX },
	{ RLIMIT_RSS, "RSS", RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_RTPRIO, "RTPRIO", 0, 0 },
	{ RLIMIT_RTTIME, "RTTIME", RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_SIGPENDING, "SIGPENDING", TASKS_MAX, TASKS_MAX },
	{ RLIMIT_STACK, "STACK", 8 * MIB, RLIM_INFINITY },
};

/* A caller without CAP_SYS_RESOURCE in the initial user namespace (a confined host) cannot go
 * above its own hard limits: the container then gets those, which is less than the table, never
 * more. */
static int apply_lower(pid_t pid, size_t i)
{
	struct rlimit own, limit;

	if (prlimit(0, table[i].resource, NULL, &own) < 0)
		return -errno;
	limit.rlim_max = table[i].hard < own.rlim_max ? table[i].hard : own.rlim_max;
	limit.rlim_cur = table[i].soft < limit.rlim_max ? table[i].soft : limit.rlim_max;
	return prlimit(pid, table[i].resource, &limit, NULL) < 0 ? -errno : 0;
}

/* Whose memory is taken first when the host has none: by privileged hands, so that the container
 * cannot go below it either. EACCES: ours is above 0 and we may not lower it; that harms nobody. */
static int reset_oom_score(int proc_fd, pid_t pid, Error **ret_error)
{
	char path[40];
	int r;

	(void)snprintf(path, sizeof(path), "%d/oom_score_adj", (int)pid);
	r = file_write_kernel(proc_fd, path, "0", ret_error);
	if (r == -EACCES && ret_error)
		*ret_error = error_free(*ret_error);
	return r == -EACCES ? 0 : r;
}

int limits_apply(int proc_fd, pid_t pid, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rlimit limit = { table[i].soft, table[i].hard };
		int r;

		if (prlimit(pid, table[i].resource, &limit, NULL) == 0)
			continue;
		r = errno == EPERM ? apply_lower(pid, i) : -errno;
		if (r < 0)
			return error_errno(ret_error, -r, "set the limit RLIMIT_%s", table[i].name);
	}
	return reset_oom_score(proc_fd, pid, ret_error);
}

/* A unit with PrivateNetwork= has a network namespace of its own, one with any of the many directives
 * about files a mount namespace; who logs in has none. */
static const struct {
	const char *file, *value;
} namespaces[] = {
	{ "sys/user/max_net_namespaces", "64" },
	{ "sys/user/max_mnt_namespaces", "1024" },
	{ "sys/user/max_ipc_namespaces", "256" },
	{ "sys/user/max_pid_namespaces", "256" },
	{ "sys/user/max_uts_namespaces", "256" },
	{ "sys/user/max_cgroup_namespaces", "256" },
	{ "sys/user/max_time_namespaces", "256" },
	{ "sys/user/max_user_namespaces", "0" },
};

int limits_of_namespaces(int proc_fd, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		_cleanup_error_ Error *error = NULL;
		int r = file_write_kernel(proc_fd, namespaces[i].file, namespaces[i].value, &error);

		if (r < 0 && r != -ENOENT) /* a kernel without that kind */
			return error_set(
				ret_error, -r, "limit namespaces: %s", error_message(error));
	}
	return 0;
}
