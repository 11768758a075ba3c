/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines with colons.
 */
#include "base/passwd.h"

#include <string.h>

static bool split(const char *line, const char *end, PasswdField fields[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *colon = memchr(line, ':', (size_t)(end - line));

		fields[i] = (PasswdField){ line, (size_t)((colon ? colon : end) - line) };
		if (!colon)
			return i + 1 == n;
		line = colon + 1;
	}
	return false; /* there are more */
}

bool passwd_next(const char **text, PasswdField fields[], size_t n)
{
	while (**text) {
		const char *line = *text, *end = line + strcspn(line, "\n");

		*text = end + (*end == '\n');
		if (line < end && !strchr("#+-:", *line) && split(line, end, fields, n))
			return true;
	}
	return false;
}

bool passwd_field_is(PasswdField field, const char *text)
{
	return strlen(text) == field.size && memcmp(field.text, text, field.size) == 0;
}

bool passwd_parse_id(PasswdField field, uint32_t max, uint32_t *ret)
{
	uint64_t id = 0;

	if (field.size == 0 || (field.text[0] == '0' && field.size > 1))
		return false;
	for (size_t i = 0; i < field.size; i++) {
		if (field.text[i] < '0' || field.text[i] > '9')
			return false;
		id = id * 10 + (uint64_t)(field.text[i] - '0');
		if (id > max)
			return false;
	}
	*ret = (uint32_t)id;
	return true;
}

bool passwd_find_user(const char *text, const char *word, uint32_t max,
	PasswdField fields[PASSWD_FIELDS], uint32_t *ret_uid, uint32_t *ret_gid)
{
	uint32_t wanted = 0;
	bool number = passwd_parse_id((PasswdField){ word, strlen(word) }, max, &wanted);

	while (passwd_next(&text, fields, PASSWD_FIELDS))
		if (passwd_parse_id(fields[PASSWD_ID], max, ret_uid) &&
			passwd_parse_id(fields[PASSWD_GID], max, ret_gid) &&
			(number ? *ret_uid == wanted : passwd_field_is(fields[PASSWD_NAME], word)))
			return true;
	for (size_t i = 0; i < PASSWD_FIELDS; i++)
		fields[i] = (PasswdField){ "", 0 };
	*ret_uid = *ret_gid = wanted;
	return number;
}

bool passwd_find_group(const char *text, const char *word, uint32_t max, uint32_t *ret)
{
	PasswdField fields[GROUP_FIELDS];

	if (passwd_parse_id((PasswdField){ word, strlen(word) }, max, ret))
		return true;
	while (passwd_next(&text, fields, GROUP_FIELDS))
		if (passwd_field_is(fields[PASSWD_NAME], word) &&
			passwd_parse_id(fields[PASSWD_ID], max, ret))
			return true;
	return false;
}

bool passwd_has_member(PasswdField members, const char *name)
{
	while (members.size > 0) {
		const char *comma = memchr(members.text, ',', members.size);
		size_t n = comma ? (size_t)(comma - members.text) : members.size;

		if (passwd_field_is((PasswdField){ members.text, n }, name))
			return true;
		n += comma != NULL;
		members.text += n;
		members.size -= n;
	}
	return false;
}
