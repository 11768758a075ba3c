/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resource limits, the OOM score and sysctls of a container's first process.
 */
#include "engine/start/limits.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"

static const struct {
	const char *name;
	__rlimit_resource_t resource;
} table[] = {
	{ "AS", RLIMIT_AS },
	{ "CORE", RLIMIT_CORE },
	{ "CPU", RLIMIT_CPU },
	{ "DATA", RLIMIT_DATA },
	{ "FSIZE", RLIMIT_FSIZE },
	{ "LOCKS", RLIMIT_LOCKS },
	{ "MEMLOCK", RLIMIT_MEMLOCK },
	{ "MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "NICE", RLIMIT_NICE },
	{ "NOFILE", RLIMIT_NOFILE },
	{ "NPROC", RLIMIT_NPROC },
	{ "RSS", RLIMIT_RSS },
	{ "RTPRIO", RLIMIT_RTPRIO },
	{ "RTTIME", RLIMIT_RTTIME },
	{ "SIGPENDING", RLIMIT_SIGPENDING },
	{ "STACK", RLIMIT_STACK },
};

static int find_resource(const char *name, __rlimit_resource_t *ret, Error **ret_error)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].name, name) == 0) {
			*ret = table[i].resource;
			return 0;
		}
	return error_set(ret_error, EINVAL, "there is no limit RLIMIT_%s", name ? name : "");
}

/* A caller without CAP_SYS_RESOURCE in the initial user namespace (a confined host) cannot go
 * above its own hard limits: the container then gets those, which is less than the table, never
 * more. */
static int apply_lower(pid_t pid, __rlimit_resource_t resource, const struct rlimit *wanted)
{
	struct rlimit own, limit;

	if (prlimit(0, resource, NULL, &own) < 0)
		return -errno;
	limit.rlim_max = wanted->rlim_max < own.rlim_max ? wanted->rlim_max : own.rlim_max;
	limit.rlim_cur = wanted->rlim_cur < limit.rlim_max ? wanted->rlim_cur : limit.rlim_max;
	return prlimit(pid, resource, &limit, NULL) < 0 ? -errno : 0;
}

/* Whose memory is taken first when the host has none: by privileged hands, so that the container
 * cannot go below it either. EACCES: ours is above 0 and we may not lower it; that harms nobody. */
static int set_oom_score(int proc_fd, pid_t pid, int32_t score, Error **ret_error)
{
	char path[40], text[16];
	int r;

	(void)snprintf(path, sizeof(path), "%d/oom_score_adj", (int)pid);
	(void)snprintf(text, sizeof(text), "%d", score);
	r = file_write_kernel(proc_fd, path, text, ret_error);
	if (r != -EACCES || score != 0)
		return r;
	if (ret_error)
		*ret_error = error_free(*ret_error);
	return 0;
}

static int apply(pid_t pid, const SpecLimit *wanted, Error **ret_error)
{
	const struct rlimit limit = { wanted->soft, wanted->hard };
	__rlimit_resource_t resource = RLIMIT_AS;
	int r = find_resource(wanted->name, &resource, ret_error);

	if (r < 0 || prlimit(pid, resource, &limit, NULL) == 0)
		return r;
	r = errno == EPERM ? apply_lower(pid, resource, &limit) : -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot set the limit RLIMIT_%s", wanted->name)
		     : 0;
}

int limits_apply(const Spec *spec, int proc_fd, pid_t pid, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_limits; i++) {
		int r = apply(pid, &spec->limits[i], ret_error);

		if (r < 0)
			return r;
	}
	return set_oom_score(proc_fd, pid, spec->scheduling.oom_score, ret_error);
}

/* "net.ipv4.ip_forward" is the file sys/net/ipv4/ip_forward; a slash in the key stands for a dot in the name (sysctl.d(5)). */
static int write_sysctl(int proc_fd, const SpecSetting *setting, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;

	if (!setting->key || !setting->value)
		return error_set(ret_error, EINVAL, "a sysctl has no key or no value");
	if (setting->key[0] == '.' || strstr(setting->key, "..") || setting->key[0] == '/')
		return error_set(ret_error, EINVAL, "there is no sysctl %s", setting->key);
	if (asprintf(&path, "sys/%s", setting->key) < 0) {
		path = NULL;
		return error_oom(ret_error);
	}
	for (char *p = path + strlen("sys/"); *p; p++)
		*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	return file_write_kernel(proc_fd, path, setting->value, ret_error);
}

/* What each kind of namespace has of its own; a name with a dot or a star at its end stands for all that begin like it. */
static const struct {
	const char *name;
	size_t offset; /* of its namespace */
} sysctls[] = {
	{ "net.", offsetof(SpecNamespaces, network) },
	{ "kernel.msg*", offsetof(SpecNamespaces, ipc) },
	{ "kernel.sem*", offsetof(SpecNamespaces, ipc) },
	{ "kernel.shm*", offsetof(SpecNamespaces, ipc) },
	{ "fs.mqueue.", offsetof(SpecNamespaces, ipc) },
	{ "kernel.hostname", offsetof(SpecNamespaces, uts) },
	{ "kernel.domainname", offsetof(SpecNamespaces, uts) },
	{ "user.max_*", offsetof(SpecNamespaces, user) },
};

static bool is_named(const char *key, const char *name)
{
	size_t n = strcspn(name, "*");

	return strncmp(key, name, n) == 0 && (name[n] || name[n - 1] == '.' || !key[n]);
}

/* In its directory: a slash in a name stands for a dot, and what has one where a dot should be is another name. */
static int check_sysctl(const Spec *spec, const char *key, Error **ret_error)
{
	for (size_t i = 0; key && i < ARRAY_SIZE(sysctls); i++) {
		const SpecNamespace *space =
			(const SpecNamespace *)((const char *)&spec->namespaces +
						sysctls[i].offset);

		if (is_named(key, sysctls[i].name) && space->kind != SPEC_NAMESPACE_HOST)
			return 0;
	}
	return error_set(ret_error, EPERM,
		"cannot set the sysctl %s: it belongs to the host, not to a namespace of the container",
		key ? key : "without key");
}

int limits_check_sysctls(const Spec *spec, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->n_sysctls; i++)
		r = check_sysctl(spec, spec->sysctls[i].key, ret_error);
	return r;
}

int limits_set_sysctls(const Spec *spec, int proc_fd, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_sysctls; i++) {
		_cleanup_error_ Error *error = NULL;
		int r = write_sysctl(proc_fd, &spec->sysctls[i], &error);

		if (r == -ENOENT && strncmp(spec->sysctls[i].key, "user.max_", 9) == 0)
			continue; /* a kernel without that kind of namespace */
		if (r < 0)
			return error_set(ret_error, -r, "cannot set the sysctl %s: %s",
				spec->sysctls[i].key ? spec->sysctls[i].key : "",
				error_message(error));
	}
	return 0;
}
