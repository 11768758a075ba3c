/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits and figures of a container: files of its cgroup directory.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "engine/engine.h"

#define CPU_PERIOD_USEC 100000 /* the kernel's default period of cpu.max */
#define PIDS_MIN 512 /* tasks of a container on the smallest host */
#define PIDS_MOST 4096
#define TASK_MEMORY (256u * 1024) /* bytes of the host for each task that a container may have */
#define MEMORY_PERCENT 80 /* of the host's; the rest is for who stops the container */
#define FIGURES_MAX 4096u /* bytes of cpu.stat and the like */

static int write_limit(int cgroup_fd, const char *controller, const char *what, const char *file,
	const char *text, Error **ret_error)
{
	if (faccessat(cgroup_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(ret_error, EOPNOTSUPP,
			"%s cannot be limited: the cgroup v2 controller '%s' is not available here (the host "
			"lacks it, keeps it on cgroup v1 or has not delegated it)",
			what, controller);
	return file_write_kernel(cgroup_fd, file, text, ret_error);
}

/* 0 means unlimited: "max". A limit that is not asked for is only touched where there is a file to
 * take it back in. */
static int set_max(int cgroup_fd, const char *controller, const char *what, const char *file,
	uint64_t value, Error **ret_error)
{
	char text[32] = "max";

	if (value && value != UINT64_MAX)
		(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	else if (faccessat(cgroup_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return write_limit(cgroup_fd, controller, what, file, text, ret_error);
}

static int set_cpu(int cgroup_fd, uint64_t milli, Error **ret_error)
{
	char text[64] = "max";

	if (milli && milli != UINT64_MAX)
		(void)snprintf(text, sizeof(text), "%" PRIu64 " %d",
			milli * (CPU_PERIOD_USEC / 1000), CPU_PERIOD_USEC);
	else if (faccessat(cgroup_fd, "cpu.max", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return write_limit(cgroup_fd, "cpu", "cpu time", "cpu.max", text, ret_error);
}

static int set_io(int cgroup_fd, uint64_t weight, Error **ret_error)
{
	char text[32] = "default 100"; /* the kernel's default */

	if (weight)
		(void)snprintf(text, sizeof(text), "default %" PRIu64, weight);
	else if (faccessat(cgroup_fd, "io.weight", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return write_limit(
		cgroup_fd, "io", "the weight of input and output", "io.weight", text, ret_error);
}

SpecResources run_default_resources(void)
{
	SpecResources defaults = { .pids = PIDS_MOST };
	struct sysinfo host;
	uint64_t memory, tasks;

	if (sysinfo(&host) < 0)
		return defaults;
	memory = (uint64_t)host.totalram * host.mem_unit;
	tasks = memory / TASK_MEMORY;
	defaults.memory = memory / 100 * MEMORY_PERCENT;
	defaults.pids = tasks < PIDS_MIN ? PIDS_MIN : tasks > PIDS_MOST ? PIDS_MOST : tasks;
	return defaults;
}

static bool has_file(int cgroup_fd, const char *file)
{
	return cgroup_fd >= 0 && faccessat(cgroup_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int run_set_resources(int cgroup_fd, const SpecResources *resources, Error **ret_error)
{
	SpecResources defaults = run_default_resources();
	uint64_t memory = resources->memory, pids = resources->pids;
	int r;

	/* A default that the host cannot give is no error: nobody asked. */
	if (!memory && has_file(cgroup_fd, "memory.max"))
		memory = defaults.memory;
	if (!pids && has_file(cgroup_fd, "pids.max"))
		pids = defaults.pids;
	r = set_max(cgroup_fd, "memory", "memory", "memory.max", memory, ret_error);
	if (r >= 0)
		r = set_cpu(cgroup_fd, resources->cpu_milli, ret_error);
	if (r < 0)
		return r;
	r = set_max(cgroup_fd, "pids", "the number of tasks", "pids.max", pids, ret_error);
	return r < 0 ? r : set_io(cgroup_fd, resources->io_weight, ret_error);
}

static int read_figure(
	int cgroup_fd, const char *file, const char *key, uint64_t *ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	const char *p;
	int r = fd_read_at(cgroup_fd, file, FIGURES_MAX, &text);

	if (r == -ENOENT) {
		*ret = RUN_UNCOUNTED;
		return 0;
	}
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read %s of the container's cgroup", file);
	p = key ? strstr(text, key) : text;
	*ret = p ? strtoull(p + (key ? strlen(key) : 0), NULL, 10) : RUN_UNCOUNTED;
	return 0;
}

int run_usage(int cgroup_fd, RunUsage *ret, Error **ret_error)
{
	RunUsage usage;
	int r = read_figure(cgroup_fd, "memory.current", NULL, &usage.memory, ret_error);

	if (r >= 0)
		r = read_figure(cgroup_fd, "cpu.stat", "usage_usec ", &usage.cpu_usec, ret_error);
	if (r >= 0)
		r = read_figure(cgroup_fd, "pids.current", NULL, &usage.pids, ret_error);
	if (r < 0)
		return r;
	*ret = usage;
	return 0;
}
