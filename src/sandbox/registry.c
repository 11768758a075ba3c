/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which containers there are. A defined container is a description in LAYOUT_SERVICES; name-lock.c tells of those that are just being made or deleted.
 */
#include "sandbox/registry.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "sandbox/domain-name.h"
#include "sandbox/kept-name.h"

bool registry_exists(const char *name)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s" REGISTRY_SUFFIX, name);

	return path && file_exists(path);
}

int registry_not_there(const char *name, Error **ret_error)
{
	bool kept = kept_exists(name);

	if (!kept && domain_name_is_taken(name))
		return error_set(ret_error, ENOENT,
			"container %s does not exist: it is a domain; manage it with virt-lxc",
			name);
	return error_set(ret_error, ENOENT, "container %s does not exist%s%s%s", name,
		kept ? ": it was deleted; `undelete " : "", kept ? name : "",
		kept ? "` brings it back" : "");
}

int registry_rename(const char *from, const char *to, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_SERVICES);
	_cleanup_fd_ int fd = -EBADF;

	if (!directory || !from || !to)
		return error_oom(ret_error);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || rename(from, to) < 0 || fsync(fd) < 0)
		return error_errno(ret_error, errno, "cannot rename %s to %s", from, to);
	return 0;
}

bool registry_is_unreadable(int r)
{
	return r == -EINVAL || r == -EBADMSG || r == -E2BIG || r == -EOPNOTSUPP;
}

int registry_names_in(const char *directory, const char *suffix, char ***names, Error **ret_error)
{
	_cleanup_strv_ char **found = NULL;
	int r = file_list(directory, suffix, &found, ret_error);

	STRV_FOREACH (name, found)
		if (desc_check_name(*name, NULL) == 0 && strv_append_unique(names, *name) < 0)
			return error_oom(ret_error);
	return r;
}

int registry_names(char ***ret, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_SERVICES);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!directory)
		return error_oom(ret_error);
	r = registry_names_in(directory, REGISTRY_SUFFIX, &names, ret_error);
	if (r < 0)
		return r;
	strv_sort(names);
	*ret = TAKE_PTR(names);
	return 0;
}

int registry_describe(const char *name, Container *ret, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_free_ char *path = NULL;
	int r = desc_check_name(name, ret_error);

	if (r < 0)
		return r;
	path = layout_pathf(LAYOUT_SERVICES, "%s" REGISTRY_SUFFIX, name);
	if (!path)
		return error_oom(ret_error);
	if (!file_exists(path))
		return registry_not_there(name, ret_error);
	log_step("read", "%s", path);
	r = keyfile_load(path, &desc, &identity, ret_error);
	if (r >= 0)
		r = desc_resolve(desc, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "container %s", name);
	if (strcmp(desc->name, name) != 0)
		return error_set(ret_error, EINVAL,
			"%s: [core] name is \"%s\", but the file is that of container %s", path,
			desc->name, name);
	*ret = (Container){ .desc = TAKE_PTR(desc), .identity = TAKE_PTR(identity) };
	return 0;
}

int registry_load(const char *name, Container *ret, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	int r = registry_describe(name, &container, ret_error);

	if (r == 0)
		r = places_of(container.desc, &container.places, ret_error);
	if (r < 0)
		return r;
	*ret = container;
	container = (Container){};
	return 0;
}
