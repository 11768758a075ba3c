/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where something may be mounted in a container.
 */
#include "desc/mount-target.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"

/* The container's own; what is mounted there is decided by its security, not by its description. */
static const char *const reserved[] = { "/proc", "/sys", "/dev", "/run/host" };

/* What a system inside and its start have there; below, an administrator may know what he does where he may mount at all. */
static const struct {
	const char *path;
	bool below; /* nor there */
} of_service[] = {
	{ "/run/host", true },
	{ "/run/systemd", true },
	{ "/etc/systemd/system", false },
	{ "/usr/lib/systemd/system", false },
};

/* Links that every container has. */
static const struct {
	const char *link, *to;
} links[] = {
	{ "/var/run", "/run" },
	{ "/var/lock", "/run/lock" },
	{ "/bin", "/usr/bin" },
	{ "/sbin", "/usr/sbin" },
	{ "/lib", "/usr/lib" },
};

static char *without_links(const char *target)
{
	char *path = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (path_is_below(target, links[i].link))
			return asprintf(&path, "%s%s", links[i].to,
				       target + strlen(links[i].link)) < 0
				       ? NULL
				       : path;
	return strdup(target);
}

static int refuse(const char *target, const char *place, const char *why, Error **ret_error)
{
	return error_set(ret_error, EINVAL,
		"cannot mount anything on %s: %s %s; choose another target", target, place, why);
}

int mount_target_check(const char *target, DescKind kind, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;

	if (!path_is_normal(target) || strcmp(target, "/") == 0)
		return error_set(ret_error, EINVAL,
			"\"%s\" cannot be the target of a mount: it must be an absolute path without '.' and '..', and not the root itself",
			target);
	path = without_links(target);
	if (!path)
		return error_oom(ret_error);
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (path_is_below(path, reserved[i]))
			return refuse(target, reserved[i], "of a container is its own", ret_error);
	for (size_t i = 0;
		(kind == DESC_SERVICE || kind == DESC_SYSTEM) && i < ARRAY_SIZE(of_service); i++)
		if (path_is_below(of_service[i].path, path) ||
			(of_service[i].below && path_is_below(path, of_service[i].path)))
			return refuse(target, of_service[i].path,
				"is what the container's systemd starts with", ret_error);
	return 0;
}
