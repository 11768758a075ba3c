/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of /etc/passwd and /etc/group.
 */
#include "host/account-text.h"

#include <string.h>

#include "base/passwd.h"
#include "base/strv.h"
#include "base/array.h"

#define ID_LAST (UINT32_MAX - 1) /* -1 is "no id" to the kernel */

static char *copy(PasswdField field)
{
	return strndup(field.text, field.size);
}

static FactAccount *add_account(FactAccount **accounts, size_t *n_accounts)
{
	if (array_room(accounts, *n_accounts, sizeof(**accounts)) < 0)
		return NULL;
	(*accounts)[*n_accounts] = (FactAccount){ 0 };
	return &(*accounts)[(*n_accounts)++];
}

static int add_user(
	const PasswdField fields[PASSWD_FIELDS], FactAccount **accounts, size_t *n_accounts)
{
	uint32_t uid, gid;
	FactAccount *account;

	if (!passwd_parse_id(fields[PASSWD_ID], ID_LAST, &uid) ||
		!passwd_parse_id(fields[PASSWD_GID], ID_LAST, &gid))
		return 0;
	account = add_account(accounts, n_accounts);
	if (!account)
		return -ENOMEM;
	account->id = uid;
	account->gid = gid;
	account->name = copy(fields[PASSWD_NAME]);
	account->gecos = copy(fields[PASSWD_GECOS]);
	account->home = copy(fields[PASSWD_HOME]);
	account->shell = copy(fields[PASSWD_SHELL]);
	return account->name && account->gecos && account->home && account->shell ? 0 : -ENOMEM;
}

static int add_group(
	const PasswdField fields[GROUP_FIELDS], FactAccount **accounts, size_t *n_accounts)
{
	_cleanup_free_ char *members = NULL;
	FactAccount *account;
	uint32_t gid;

	if (!passwd_parse_id(fields[PASSWD_ID], ID_LAST, &gid))
		return 0;
	account = add_account(accounts, n_accounts);
	if (!account)
		return -ENOMEM;
	account->id = gid;
	account->group = true;
	account->name = copy(fields[PASSWD_NAME]);
	members = copy(fields[GROUP_MEMBERS]);
	return account->name && members ? strv_split(&account->members, members, ",") : -ENOMEM;
}

int account_text_parse(const char *text, bool group, FactAccount **accounts, size_t *n_accounts)
{
	PasswdField fields[PASSWD_FIELDS];
	size_t before = *n_accounts;

	while (passwd_next(&text, fields, group ? GROUP_FIELDS : PASSWD_FIELDS)) {
		int r;

		if (*n_accounts - before >= ACCOUNTS_MAX)
			return -E2BIG;
		r = group ? add_group(fields, accounts, n_accounts)
			  : add_user(fields, accounts, n_accounts);
		if (r < 0)
			return r;
	}
	return 0;
}
