/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits of a container, and what create says about them.
 */
#include "sandbox/resource-limits.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/strv.h"
#include "desc/defaults.h"
#include "desc/value.h"
#include "engine/engine.h"
#include "sandbox/compile.h"

#define SETTING_MAX 32u /* bytes of a number of /proc/sys */
#define FILES_ENDLESS                                                                              \
	(UINT64_C(1)                                                                               \
		<< 40) /* no memory holds so many; systemd sets the most that the kernel takes */

/* UINT64_MAX: it cannot be read. */
static uint64_t host_setting(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;

	return fd < 0 || fd_read_all(fd, SETTING_MAX, &text, NULL) < 0 ? UINT64_MAX
								       : strtoull(text, NULL, 10);
}

/* What the kernel lets us give: without CAP_SYS_RESOURCE (a confined host) no more than we have. */
static uint64_t most_files(const char **ret_from)
{
	uint64_t most = host_setting("/proc/sys/fs/nr_open");
	struct rlimit own;

	*ret_from = "fs.nr_open";
	if (prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) == 1 ||
		getrlimit(RLIMIT_NOFILE, &own) < 0 || own.rlim_max >= most)
		return most;
	*ret_from = "the hard limit of root, who lacks CAP_SYS_RESOURCE";
	return own.rlim_max;
}

int limits_fill(DescResources *resources, Error **ret_error)
{
	const char *from = NULL;
	DescResources site;
	uint64_t most;
	int r = defaults_load(&site, ret_error);

	if (r < 0)
		return r;
	defaults_fill(resources, &site);
	most = resources->files ? most_files(&from) : UINT64_MAX;
	if (resources->files > most)
		return error_set(ret_error, EINVAL,
			"files: no process of this host can have more than %llu open (%s)",
			(unsigned long long)most, from);
	return 0;
}

int limits_check(const Desc *desc, Error **ret_error)
{
	const DescResources *asked = &desc->resources;
	const struct {
		const char *key, *controller;
		uint64_t value;
	} limits[] = { { "memory", "memory", asked->memory }, { "cpus", "cpu", asked->cpu_milli },
		{ "pids", "pids", asked->pids }, { "io-weight", "io", asked->io_weight },
		{ "cpu-weight", "cpu", desc->cpu_weight },
		{ "cpuset", "cpuset", desc->cpuset != NULL },
		{ "swap", "memory", desc->swap != NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].value && limits[i].value != UINT64_MAX &&
			!run_can_limit(limits[i].controller))
			return error_set(ret_error, EOPNOTSUPP,
				"%s: this host has no cgroup v2 controller '%s' (it lacks it, or "
				"keeps "
				"it on cgroup v1); leave the limit out",
				limits[i].key, limits[i].controller);
	return 0;
}

static bool holds(
	const char *controller, char *const *lacked, uint64_t asked, char ***notes, int *r)
{
	bool can = !strv_contains(lacked, controller);

	if (*r == 0 && !can && !asked)
		*r = strv_appendf(notes,
			"Warning: the default limit of %s does not hold: this host has no cgroup "
			"v2 controller for it",
			controller);
	if (*r == 0 && !can && asked && asked != DESC_UNLIMITED)
		*r = strv_appendf(notes,
			"Warning: the site's limit of %s (defaults.conf) cannot be held: this host has no cgroup "
			"v2 controller for it; the container will not start",
			controller);
	return can && !asked;
}

/* The kernel counts open files of the whole host, and charges nobody but by the memory that they need. */
static int note_files(uint64_t asked, uint64_t builtin, char ***notes)
{
	uint64_t all = host_setting("/proc/sys/fs/file-max");
	int r = asked ? 0
		      : strv_appendf(notes,
				"Limit of open files: %llu of each process, the default; set "
				"changes it",
				(unsigned long long)builtin);

	if (r == 0 && all < FILES_ENDLESS)
		r = strv_appendf(notes,
			"Warning: fs.file-max of this host is %llu, which processes of containers "
			"together can use up; with 9223372036854775807, as systemd sets it, only "
			"memory limits them",
			(unsigned long long)all);
	return r;
}

int limits_note(const DescResources *asked, char ***notes, Error **ret_error)
{
	DescResources limits = *asked, builtin = compile_default_resources();
	_cleanup_free_ char *memory = value_size_format(builtin.memory >> 20 << 20);
	_cleanup_strv_ char **lacked = NULL;
	int r = limits_fill(&limits, ret_error);

	if (r < 0)
		return r;
	if (!memory || run_cannot_limit(&lacked) < 0)
		return error_oom(ret_error);
	if (holds("memory", lacked, limits.memory, notes, &r) && r == 0)
		r = strv_appendf(notes, "Limit of memory: %s, the default; set changes it", memory);
	if (holds("pids", lacked, limits.pids, notes, &r) && r == 0)
		r = strv_appendf(notes, "Limit of tasks: %llu, the default; set changes it",
			(unsigned long long)builtin.pids);
	if (r == 0)
		r = note_files(limits.files, builtin.files, notes);
	return r < 0 ? error_oom(ret_error) : 0;
}
