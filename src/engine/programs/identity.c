/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Becoming a user. The files are the container's and may say anything; the worst that they can do
 * is name an id of the container.
 */
#include "engine/programs/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define FILE_SIZE_MAX (256 * 1024) /* bytes of passwd and group that we look at */
#define GROUPS_MAX 256 /* supplementary groups of one user */
#define FIELDS_MAX 7 /* of a passwd line */
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
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(FILE_SIZE_MAX + 1);
	size_t size = 0;
	ssize_t n = 1;

	while (text && n > 0 && size < FILE_SIZE_MAX) {
		n = read(fd, text + size, FILE_SIZE_MAX - size);
		size += n > 0 ? (size_t)n : 0;
	}
	if (text)
		text[size] = '\0';
	if (fd >= 0)
		(void)close(fd);
	return text;
}

/* A decimal number and nothing else. */
static int parse_id(const char *text, unsigned int *ret)
{
	unsigned int value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && value <= ID_MAX; p++)
		value = value * 10 + (unsigned int)(*p - '0');
	if (p == text || *p != '\0' || value > ID_MAX)
		return -1;
	*ret = value;
	return 0;
}

static int split(char *line, char *fields[FIELDS_MAX])
{
	int n = 0;

	for (char *f = line; f && n < FIELDS_MAX; n++)
		fields[n] = strsep(&f, ":");
	return n;
}

/* The entry of that name, or of that id when name is NULL. */
static int find_user(char *text, const char *name, uid_t uid, Identity *ret)
{
	char *state = NULL, *fields[FIELDS_MAX];

	for (char *l = strtok_r(text, "\n", &state); l; l = strtok_r(NULL, "\n", &state)) {
		unsigned int found, gid;
		if (split(l, fields) < 6 || parse_id(fields[2], &found) < 0 ||
			parse_id(fields[3], &gid) < 0)
			continue;
		if (name ? strcmp(fields[0], name) != 0 : found != uid)
			continue;
		ret->uid = found;
		ret->gid = gid;
		ret->name = fields[0];
		ret->home = fields[5];
		return 0;
	}
	return -1;
}

static int is_member(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
		if (strncmp(p, name, n) == 0 && (p[n] == ',' || p[n] == '\0'))
			return 1;
	return 0;
}

static void find_groups(char *text, Identity *identity)
{
	char *state = NULL, *fields[FIELDS_MAX];

	for (char *l = strtok_r(text, "\n", &state); l; l = strtok_r(NULL, "\n", &state)) {
		unsigned int gid;
		if (identity->n_groups == GROUPS_MAX)
			return;
		if (split(l, fields) < 4 || parse_id(fields[2], &gid) < 0 ||
			!is_member(fields[3], identity->name))
			continue;
		identity->groups[identity->n_groups++] = gid;
	}
}

static int find_user_by_word(const char *word, Identity *ret)
{
	char *passwd = read_file("/etc/passwd");
	unsigned int uid;

	if (parse_id(word, &uid) < 0)
		return passwd ? find_user(passwd, word, 0, ret) : -1;
	if (!passwd || find_user(passwd, NULL, uid, ret) < 0)
		*ret = (Identity){ .uid = uid, .gid = uid };
	return 0;
}

static int find_group_by_word(const char *word, gid_t *ret)
{
	char *state = NULL, *fields[FIELDS_MAX], *text;
	unsigned int gid;

	if (parse_id(word, &gid) == 0) {
		*ret = gid;
		return 0;
	}
	text = read_file("/etc/group");
	for (char *l = text ? strtok_r(text, "\n", &state) : NULL; l;
		l = strtok_r(NULL, "\n", &state))
		if (split(l, fields) >= 3 && strcmp(fields[0], word) == 0 &&
			parse_id(fields[2], &gid) == 0) {
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
