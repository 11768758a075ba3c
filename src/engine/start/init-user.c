/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Becoming a user. The files are the container's and may say anything; the worst that they can do
 * is name an id of the container.
 */
#include "engine/start/init-user.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/passwd.h"
#include "base/small-file.h"

#define FILE_SIZE_MAX (256 * 1024) /* bytes of passwd and group that we look at */
#define GROUPS_MAX 256 /* supplementary groups of one user */
#define ID_MAX 65535 /* highest id of a container */

typedef struct Identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	size_t n_groups;
	const char *name, *home; /* NULL: no entry */
} Identity;

static char *read_file(const char *path)
{
	char *text = NULL;

	return small_file_read(path, FILE_SIZE_MAX, &text) < 0 ? NULL : text;
}

/* Ends the field in its text, which is ours and read no further. */
static const char *cut(PasswdField field)
{
	((char *)(uintptr_t)field.text)[field.size] = '\0';
	return field.text;
}

static bool find_user(const char *word, Identity *ret)
{
	PasswdField fields[PASSWD_FIELDS];
	const char *passwd = read_file("/etc/passwd");

	if (!passwd_find_user(passwd ? passwd : "", word, ID_MAX, fields, &ret->uid, &ret->gid))
		return false;
	if (fields[PASSWD_NAME].size > 0) {
		ret->name = cut(fields[PASSWD_NAME]);
		ret->home = cut(fields[PASSWD_HOME]);
	}
	return true;
}

static void find_groups(const char *text, Identity *identity)
{
	PasswdField fields[GROUP_FIELDS];
	uint32_t gid;

	while (identity->n_groups < GROUPS_MAX && passwd_next(&text, fields, GROUP_FIELDS))
		if (passwd_parse_id(fields[PASSWD_ID], ID_MAX, &gid) &&
			passwd_has_member(fields[GROUP_MEMBERS], identity->name))
			identity->groups[identity->n_groups++] = gid;
}

static bool find_group(const char *word, gid_t *ret)
{
	const char *group = read_file("/etc/group");

	return passwd_find_group(group ? group : "", word, ID_MAX, ret);
}

/* A group that is named is the only one. */
static int look_up(const char *user, Identity *ret)
{
	char *word = strdup(user), *group = word ? strchr(word, ':') : NULL, *text;

	if (group)
		*group++ = '\0';
	if (!word || !find_user(word, ret))
		return -1;
	if (group)
		return find_group(group, &ret->gid) ? 0 : -1;
	text = ret->name ? read_file("/etc/group") : NULL;
	if (text)
		find_groups(text, ret);
	return 0;
}

int identity_take(const char *user)
{
	static Identity identity; /* 1 KiB, and the program ends with it */

	if (look_up(user, &identity) < 0)
		return -1;
	if (identity.n_groups < GROUPS_MAX)
		identity.groups[identity.n_groups++] = identity.gid;
	if (setgroups(identity.n_groups, identity.groups) < 0 ||
		setresgid(identity.gid, identity.gid, identity.gid) < 0 ||
		setresuid(identity.uid, identity.uid, identity.uid) < 0)
		return -1;
	if (setenv("HOME", identity.name ? identity.home : "/", 0) < 0)
		return -1;
	if (!identity.name)
		return 0;
	return setenv("USER", identity.name, 1) < 0 || setenv("LOGNAME", identity.name, 1) < 0 ? -1
											       : 0;
}
