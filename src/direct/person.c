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

static void keep(PasswdField field, char *text, size_t size)
{
	if (field.size < size) {
		memcpy(text, field.text, field.size);
		text[field.size] = '\0';
	}
}

static bool find_user(const char *text, const char *word, Person *ret)
{
	PasswdField fields[PASSWD_FIELDS];

	if (!passwd_find_user(text, word, ID_MAX, fields, &ret->uid, &ret->gid))
		return false;
	keep(fields[PASSWD_NAME], ret->name, sizeof(ret->name));
	keep(fields[PASSWD_HOME], ret->home, sizeof(ret->home));
	keep(fields[PASSWD_SHELL], ret->shell, sizeof(ret->shell));
	return true;
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
	if (steps->group && !passwd_find_group(group, steps->group, ID_MAX, &ret->gid))
		return -1;
	if (*ret->name)
		find_member(group, ret);
	STRV_FOREACH (word, steps->groups) {
		*ret_word = *word;
		if (!passwd_find_group(group, *word, ID_MAX, &gid))
			return -1;
		add_group(ret, gid);
	}
	return 0;
}
