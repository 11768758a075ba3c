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

static int parse_id(const char *text, uint32_t *ret)
{
	return passwd_parse_id((PasswdField){ text, strlen(text) }, ID_MAX, ret) ? 0 : -1;
}

/* Ends the field in its text, which is ours and read no further. */
static const char *cut(PasswdField field)
{
	((char *)(uintptr_t)field.text)[field.size] = '\0';
	return field.text;
}

/* The entry of that name, or of that id when name is NULL. */
static int find_user(char *text, const char *name, uid_t uid, Identity *ret)
{
	PasswdField fields[PASSWD_FIELDS];
	uint32_t found, gid;

	for (const char *rest = text; passwd_next(&rest, fields, PASSWD_FIELDS);) {
		if (!passwd_parse_id(fields[PASSWD_ID], ID_MAX, &found) ||
			!passwd_parse_id(fields[PASSWD_GID], ID_MAX, &gid))
			continue;
		if (name ? !passwd_field_is(fields[PASSWD_NAME], name) : found != uid)
			continue;
		ret->uid = found;
		ret->gid = gid;
		ret->name = cut(fields[PASSWD_NAME]);
		ret->home = cut(fields[PASSWD_HOME]);
		return 0;
	}
	return -1;
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

static int find_user_by_word(const char *word, Identity *ret)
{
	char *passwd = read_file("/etc/passwd");
	uint32_t uid;

	if (parse_id(word, &uid) < 0)
		return passwd ? find_user(passwd, word, 0, ret) : -1;
	if (!passwd || find_user(passwd, NULL, uid, ret) < 0)
		*ret = (Identity){ .uid = uid, .gid = uid };
	return 0;
}

static int find_group_by_word(const char *word, gid_t *ret)
{
	PasswdField fields[GROUP_FIELDS];
	const char *text;
	uint32_t gid;

	if (parse_id(word, &gid) == 0) {
		*ret = gid;
		return 0;
	}
	text = read_file("/etc/group");
	while (text && passwd_next(&text, fields, GROUP_FIELDS))
		if (passwd_field_is(fields[PASSWD_NAME], word) &&
			passwd_parse_id(fields[PASSWD_ID], ID_MAX, &gid)) {
			*ret = gid;
			return 0;
		}
	return -1;
}

/* A group that is named is the only one. */
static int look_up(const char *user, Identity *ret)
{
	char *word = strdup(user), *group = word ? strchr(word, ':') : NULL, *text;

	if (group)
		*group++ = '\0';
	if (!word || find_user_by_word(word, ret) < 0)
		return -1;
	if (group)
		return find_group_by_word(group, &ret->gid);
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
