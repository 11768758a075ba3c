/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of /etc/passwd and /etc/group.
 */
#include "host/account-text.h"

#include <string.h>

#include "base/strv.h"

#define PASSWD_FIELDS 7
#define GROUP_FIELDS 4

static bool parse_id(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long long value;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || value >= UINT32_MAX) /* -1 is "no id" to the kernel */
		return false;
	*ret = (uint32_t)value;
	return true;
}

static FactAccount *add_account(FactAccount **accounts, size_t *n_accounts)
{
	FactAccount *grown = reallocarray(*accounts, *n_accounts + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	*accounts = grown;
	grown[*n_accounts] = (FactAccount){ 0 };
	return &grown[(*n_accounts)++];
}

static int add_user(char *fields[PASSWD_FIELDS], FactAccount **accounts, size_t *n_accounts)
{
	uint32_t uid, gid;
	FactAccount *account;

	if (!parse_id(fields[2], &uid) || !parse_id(fields[3], &gid))
		return 0;
	account = add_account(accounts, n_accounts);
	if (!account)
		return -ENOMEM;
	account->id = uid;
	account->gid = gid;
	account->name = strdup(fields[0]);
	account->gecos = strdup(fields[4]);
	account->home = strdup(fields[5]);
	account->shell = strdup(fields[6]);
	return account->name && account->gecos && account->home && account->shell ? 0 : -ENOMEM;
}

static int add_group(char *fields[GROUP_FIELDS], FactAccount **accounts, size_t *n_accounts)
{
	FactAccount *account;
	uint32_t gid;

	if (!parse_id(fields[2], &gid))
		return 0;
	account = add_account(accounts, n_accounts);
	if (!account)
		return -ENOMEM;
	account->id = gid;
	account->group = true;
	account->name = strdup(fields[0]);
	return account->name ? strv_split(&account->members, fields[3], ",") : -ENOMEM;
}

static int parse_line(char *line, bool group, FactAccount **accounts, size_t *n_accounts)
{
	char *fields[PASSWD_FIELDS] = { NULL };
	size_t n = group ? GROUP_FIELDS : PASSWD_FIELDS;

	for (size_t i = 0; i < n; i++)
		fields[i] = strsep(&line, ":");
	if (!fields[n - 1] || line || !*fields[0] || strchr("#+-", fields[0][0]))
		return 0;
	return group ? add_group(fields, accounts, n_accounts)
		     : add_user(fields, accounts, n_accounts);
}

int account_text_parse(const char *text, bool group, FactAccount **accounts, size_t *n_accounts)
{
	_cleanup_free_ char *copy = strdup(text);
	size_t before = *n_accounts;
	char *rest = copy;

	if (!copy)
		return -ENOMEM;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		int r;

		if (*n_accounts - before >= ACCOUNTS_MAX)
			return -E2BIG;
		r = parse_line(line, group, accounts, n_accounts);
		if (r < 0)
			return r;
	}
	return 0;
}
