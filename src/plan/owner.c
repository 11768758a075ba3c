/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of owners as numbers.
 */
#include "plan/owner.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Both files begin with name:password:id. */
static int look_up(
	const char *text, const char *name, const char *what, uint32_t *ret, Error **ret_error)
{
	size_t n = name ? strlen(name) : 0;

	if (!name || strcmp(name, "root") == 0) {
		*ret = 0;
		return 0;
	}
	for (const char *line = text; line && *line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *id = strncmp(line, name, n) == 0 && line[n] == ':'
					 ? strchr(line + n + 1, ':')
					 : NULL;

		if (id) {
			*ret = (uint32_t)strtoul(id + 1, NULL, 10);
			return 0;
		}
	}
	return error_set(ret_error, ENOENT, "the container has no %s %s", what, name);
}

int owner_user(const OwnerMap *map, const char *name, uid_t *ret, Error **ret_error)
{
	return look_up(map->passwd, name, "user", ret, ret_error);
}

int owner_group(const OwnerMap *map, const char *name, gid_t *ret, Error **ret_error)
{
	return look_up(map->group, name, "group", ret, ret_error);
}

uid_t owner_of_host(uid_t id)
{
	return id < DESC_ID_COUNT ? id : 0;
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
