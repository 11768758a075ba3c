/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of owners as numbers.
 */
#include "content/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/passwd.h"
#include "base/path.h"

#define ACCOUNTS_LIMIT (4u * 1024 * 1024) /* bytes of a passwd or group file */

static const char *content_of(const Plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n_entries; i++)
		if (plan->entries[i].kind == PLAN_FILE && strcmp(plan->entries[i].path, path) == 0)
			return plan->entries[i].content;
	return NULL;
}

OwnerMap owner_map(const Plan *plan)
{
	return (OwnerMap){ content_of(plan, "/etc/passwd"), content_of(plan, "/etc/group") };
}

void owner_map_done(OwnerMap *map)
{
	free(map->read_passwd);
	free(map->read_group);
	*map = (OwnerMap){ 0 };
}

/* The container that is cloned may have put anything there. */
static int read_accounts(int tree_fd, const char *path, char **text)
{
	_cleanup_fd_ int fd = path_open_in_root(tree_fd, path, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;
	size_t size;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return fd_read_all(fd, ACCOUNTS_LIMIT, text, &size) == -ENOMEM ? -ENOMEM : 0;
}

int owner_map_read(OwnerMap *map, int tree_fd)
{
	if (!map->passwd && !map->read_passwd &&
		read_accounts(tree_fd, "/etc/passwd", &map->read_passwd) < 0)
		return -ENOMEM;
	if (!map->group && !map->read_group &&
		read_accounts(tree_fd, "/etc/group", &map->read_group) < 0)
		return -ENOMEM;
	return 0;
}

/* n: how many fields a line of the file has. An id that is none, or beyond a container's, is root's. */
static int look_up(const char *text, size_t n, const char *name, const char *what, uint32_t *ret,
	Error **ret_error)
{
	PasswdField fields[PASSWD_FIELDS];

	if (!name || strcmp(name, "root") == 0) {
		*ret = 0;
		return 0;
	}
	while (text && passwd_next(&text, fields, n)) {
		if (!passwd_field_is(fields[PASSWD_NAME], name))
			continue;
		if (!passwd_parse_id(fields[PASSWD_ID], DESC_ID_COUNT - 1, ret))
			*ret = 0;
		return 0;
	}
	return error_set(ret_error, ENOENT, "the container has no %s %s", what, name);
}

int owner_user(const OwnerMap *map, const char *name, uid_t *ret, Error **ret_error)
{
	return look_up(map->passwd ? map->passwd : map->read_passwd, PASSWD_FIELDS, name, "user",
		ret, ret_error);
}

int owner_group(const OwnerMap *map, const char *name, gid_t *ret, Error **ret_error)
{
	return look_up(map->group ? map->group : map->read_group, GROUP_FIELDS, name, "group", ret,
		ret_error);
}

uid_t owner_inside(uid_t id, uid_t base)
{
	return id >= base && id - base < DESC_ID_COUNT ? id - base : 0;
}

uid_t owner_of_host(uid_t id)
{
	return owner_inside(id, 0);
}

int owner_give(int fd, uid_t uid, gid_t gid, mode_t mode)
{
	struct stat now;
	bool other;

	if (fstat(fd, &now) < 0)
		return -errno;
	other = now.st_uid != uid || now.st_gid != gid;
	if (other && fchown(fd, uid, gid) < 0)
		return -errno;
	/* Owner before mode: chown clears set-id bits. */
	if ((other || (now.st_mode & 07777) != mode) && fchmod(fd, mode) < 0)
		return -errno;
	return 0;
}
