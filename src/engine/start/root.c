/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How things are made in a container's root.
 */
#include "engine/start/root.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/start/mountfd.h"

static uint32_t map_id(const Root *root, const SpecIdMap *map, uint32_t inside)
{
	if (root->userns_fd < 0)
		return inside;
	for (size_t i = 0; i < map->n_ranges; i++)
		if (inside >= map->ranges[i].inside &&
			inside - map->ranges[i].inside < map->ranges[i].count)
			return map->ranges[i].outside + (inside - map->ranges[i].inside);
	return UINT32_MAX;
}

uint32_t root_user(const Root *root, uint32_t inside)
{
	return map_id(root, &root->spec->users, inside);
}

uint32_t root_group(const Root *root, uint32_t inside)
{
	return map_id(root, &root->spec->groups, inside);
}

/* The kernel makes a process undumpable that changes ids. As we share our parent's memory that is put back. */
static void set_ids(uid_t uid, gid_t gid)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	(void)setfsgid(gid);
	(void)setfsuid(uid);
	if (dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static bool has_owner(const Root *root)
{
	return root->owner != 0 && root->owner != UINT32_MAX;
}

int root_act_as_owner(Root *root, Error **ret_error)
{
	root->securebits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	if (!has_owner(root))
		return 0;
	if (root->securebits < 0 ||
		prctl(PR_SET_SECUREBITS, root->securebits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
		return error_errno(ret_error, errno,
			"cannot keep the capabilities across a change of user id");
	set_ids(root->owner, root->group);
	/* It says nothing but who one was; nobody is user -1. */
	if ((uid_t)setfsuid((uid_t)-1) != root->owner || (gid_t)setfsgid((gid_t)-1) != root->group)
		return error_set(ret_error, EPERM,
			"cannot make files as user %u: the kernel did not change the ids",
			root->owner);
	return 0;
}

/* The kernel takes them on the way from root to another user, and gives them back on the way home. */
void root_drop_capabilities(const Root *root)
{
	if (!has_owner(root))
		return;
	set_ids(0, root->group);
	(void)prctl(PR_SET_SECUREBITS, root->securebits, 0, 0, 0); /* as they were: cannot fail */
	set_ids(root->owner, root->group);
}

void root_regain_capabilities(const Root *root)
{
	if (!has_owner(root))
		return;
	set_ids(0, root->group);
	(void)prctl(PR_SET_SECUREBITS, root->securebits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0);
	set_ids(root->owner, root->group);
}

static int put_id(const Root *root, Buf *all, const char *option, Error **ret_error)
{
	bool user = option[0] == 'u';
	unsigned int inside;
	uint32_t outside;
	int end = 0;

	if (sscanf(option + strlen("uid="), "%u%n", &inside, &end) != 1 || option[4 + end])
		return error_set(ret_error, EINVAL, "%s is not an option with an id", option);
	outside = user ? root_user(root, inside) : root_group(root, inside);
	if (outside == UINT32_MAX)
		return error_set(ret_error, EINVAL,
			"the id of %s stands for none of the container's", option);
	buf_printf(all, "%s%cid=%u", all->size ? "," : "", option[0], outside);
	return 0;
}

static int put_options(const Root *root, Buf *all, const char *text, bool *has_user,
	bool *has_group, Error **ret_error)
{
	_cleanup_strv_ char **options = NULL;
	int r = 0;

	if (text && strv_split(&options, text, ",") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (option, options) {
		bool user = strncmp(*option, "uid=", 4) == 0,
		     group = strncmp(*option, "gid=", 4) == 0;

		*has_user = *has_user || user;
		*has_group = *has_group || group;
		if (user || group)
			r = put_id(root, all, *option, ret_error);
		else
			buf_printf(all, "%s%s", all->size ? "," : "", *option);
		if (r < 0)
			return r;
	}
	return 0;
}

int root_mount_options(
	const Root *root, const char *fstype, const char *options, char **ret, Error **ret_error)
{
	_cleanup_free_ char *label = NULL;
	bool has_user = false, has_group = false;
	_cleanup_buf_ Buf all = { 0 };
	int r = label_mount_option(root->label, fstype, &label, ret_error);

	if (r == 0)
		r = put_options(root, &all, options, &has_user, &has_group, ret_error);
	if (r < 0)
		return r;
	if (!has_group)
		buf_printf(&all, "%sgid=%u", all.size ? "," : "", root->group);
	if (!has_user)
		buf_printf(&all, ",uid=%u", root->owner);
	if (label && *label)
		buf_printf(&all, ",%s", label);
	return buf_take(&all, ret, ret_error);
}

int root_mount_tmpfs(const Root *root, const char *path, const char *options,
	unsigned int attributes, Error **ret_error)
{
	_cleanup_free_ char *all = NULL;
	int r = root_mount_options(root, "tmpfs", options, &all, ret_error);

	return r < 0 ? r : mount_new("tmpfs", path, all, attributes, ret_error);
}

int root_make_directory(const Root *root, const char *path, mode_t mode, Error **ret_error)
{
	if (mkdirat(root->fd, path, mode) < 0) {
		if (errno == EEXIST)
			return 0;
		return error_errno(ret_error, errno, "cannot create the directory /%s", path);
	}
	return 0;
}

int root_make_target(const Root *root, const char *path, Error **ret_error)
{
	if (mknodat(root->fd, path, S_IFREG | 0644, 0) < 0)
		return error_errno(ret_error, errno, "cannot create the mount point /%s", path);
	return 0;
}

int root_make_file(
	const Root *root, const char *path, mode_t mode, const char *text, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	fd = openat(root->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot create the file /%s", path);
	r = text ? fd_write_all(fd, text, strlen(text)) : 0;
	return r < 0 ? error_errno(ret_error, -r, "cannot write the file /%s", path) : 0;
}
