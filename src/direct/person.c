/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who the service runs as. The files are the container's and may say anything; the worst that they can do is name an id of the container.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/passwd.h"
#include "base/small-file.h"
#include "base/strv.h"
#include "direct/service.h"

#define FILE_SIZE_MAX (256 * 1024) /* bytes of passwd and group that are looked at */
#define ID_MAX 65535u /* highest id of a container */

/* One that cannot be read has no entries. */
static char *read_file(const char *path)
{
	char *text = NULL;
	int r = small_file_read(path, FILE_SIZE_MAX, &text);

	return r < 0 && r != -ENOMEM ? strdup("") : text;
}

static bool parse_id(const char *text, uint32_t *ret)
{
	return passwd_parse_id((PasswdField){ text, strlen(text) }, ID_MAX, ret);
}

static void keep(PasswdField field, char *text, size_t size)
{
	if (field.size < size) {
		memcpy(text, field.text, field.size);
		text[field.size] = '\0';
	}
}

/* The entry of that name, or of that number. */
static bool find_user(const char *text, const char *word, Person *ret)
{
	PasswdField fields[PASSWD_FIELDS];
	uint32_t wanted = 0, uid, gid;
	bool number = parse_id(word, &wanted);

	while (passwd_next(&text, fields, PASSWD_FIELDS)) {
		if (!passwd_parse_id(fields[PASSWD_ID], ID_MAX, &uid) ||
			!passwd_parse_id(fields[PASSWD_GID], ID_MAX, &gid) ||
			(number ? uid != wanted : !passwd_field_is(fields[PASSWD_NAME], word)))
			continue;
		ret->uid = uid;
		ret->gid = gid;
		keep(fields[PASSWD_NAME], ret->name, sizeof(ret->name));
		keep(fields[PASSWD_HOME], ret->home, sizeof(ret->home));
		keep(fields[PASSWD_SHELL], ret->shell, sizeof(ret->shell));
		return true;
	}
	ret->uid = ret->gid = wanted;
	return number;
}

static bool find_group(const char *text, const char *word, gid_t *ret)
{
	PasswdField fields[GROUP_FIELDS];
	uint32_t gid;

	if (parse_id(word, ret))
		return true;
	while (passwd_next(&text, fields, GROUP_FIELDS))
		if (passwd_field_is(fields[PASSWD_NAME], word) &&
			passwd_parse_id(fields[PASSWD_ID], ID_MAX, &gid)) {
			*ret = gid;
			return true;
		}
	return false;
}

static void add_group(Person *person, gid_t gid)
{
	if (person->n_groups < sizeof(person->groups) / sizeof(person->groups[0]))
		person->groups[person->n_groups++] = gid;
}

static void find_member(const char *text, Person *person)
{
	PasswdField fields[GROUP_FIELDS];
	uint32_t gid;

	while (passwd_next(&text, fields, GROUP_FIELDS))
		if (passwd_parse_id(fields[PASSWD_ID], ID_MAX, &gid) &&
			passwd_has_member(fields[GROUP_MEMBERS], person->name))
			add_group(person, gid);
}

int person_find(const Steps *steps, Person *ret, const char **ret_word)
{
	_cleanup_free_ char *passwd = read_file("/etc/passwd"), *group = read_file("/etc/group");
	gid_t gid;

	*ret = (Person){ 0 };
	*ret_word = steps->user ? steps->user : "";
	if (!passwd || !group || (steps->user && !find_user(passwd, steps->user, ret)))
		return -1;
	*ret_word = steps->group;
	if (steps->group && !find_group(group, steps->group, &ret->gid))
		return -1;
	if (*ret->name)
		find_member(group, ret);
	STRV_FOREACH (word, steps->groups) {
		*ret_word = *word;
		if (!find_group(group, *word, &gid))
			return -1;
		add_group(ret, gid);
	}
	return 0;
}
