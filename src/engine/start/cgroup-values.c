/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values of a cgroup. Only files of controllers: those of the cgroup itself say who is in it, and are ours.
 */
#include "engine/start/cgroup-values.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

const char *const cgroup_controllers[] = { "cpu", "cpuset", "dmem", "hugetlb", "io", "memory",
	"misc", "pids", "rdma", NULL };

static bool is_of(const char *key, const char *controller)
{
	size_t n = strlen(controller);

	return strncmp(key, controller, n) == 0 && key[n] == '.' && key[n + 1] && !strchr(key, '/');
}

static const char *controller_of(const char *key)
{
	for (size_t i = 0; key && cgroup_controllers[i]; i++)
		if (is_of(key, cgroup_controllers[i]))
			return cgroup_controllers[i];
	return NULL;
}

int cgroup_values_check(const Spec *spec, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_cgroup_values; i++) {
		const SpecSetting *setting = &spec->cgroup_values[i];

		if (!controller_of(setting->key) || !setting->value)
			return error_set(ret_error, EINVAL,
				"cannot set %s in the cgroup: it is not a file of a cgroup v2 controller, or has no value",
				setting->key ? setting->key : "what has no key");
	}
	return 0;
}

bool cgroup_values_need(const Spec *spec, const char *controller)
{
	for (size_t i = 0; i < spec->n_cgroup_values; i++)
		if (spec->cgroup_values[i].key && is_of(spec->cgroup_values[i].key, controller))
			return true;
	return false;
}

int cgroup_values_apply(int cgroup_fd, const Spec *spec, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->n_cgroup_values; i++) {
		const SpecSetting *setting = &spec->cgroup_values[i];

		if (faccessat(cgroup_fd, setting->key, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return error_set(ret_error, EOPNOTSUPP,
				"cannot set %s in the cgroup: the cgroup v2 controller '%s' is not available here, or has no such file",
				setting->key, controller_of(setting->key));
		r = file_write_kernel(cgroup_fd, setting->key, setting->value, ret_error);
	}
	return r;
}
