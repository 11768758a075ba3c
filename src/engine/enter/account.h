/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A user of the container, found in its own /etc/passwd and /etc/group. No NSS: its modules are the container's code, and who
 * asks here still has privileges (CVE-2018-6764).
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

#define ACCOUNT_FILE_MAX (1024u * 1024) /* bytes of a passwd or group file that we read */
#define ACCOUNT_GROUPS_MAX 256u /* supplementary groups of one user */
#define ACCOUNT_ID_MAX 65535u /* ids inside are 0..DESC_ID_COUNT - 1 */

typedef struct Account {
	uid_t uid;
	gid_t gid;
	char *name; /* NULL: a bare number without an entry */
	char *home; /* "/" without an entry */
	char *shell; /* "/bin/sh" without one */
	gid_t groups[ACCOUNT_GROUPS_MAX];
	size_t n_groups;
} Account;

void account_done(Account *account);
#define _cleanup_account_ _cleanup_(account_done)

/* A decimal number up to ACCOUNT_ID_MAX and nothing else: no sign, no space, no leading zero. -EINVAL. */
int account_parse_id(const char *text, uid_t *ret);

/* user: "NAME", "UID" (which must have an entry) or "UID:GID". An unknown user or a broken entry is an error: never root instead. */
int account_find(
	const char *user, const char *passwd, const char *group, Account *ret, Error **ret_error);

/* The same by the files of the present root directory, which are read as hostile input. NULL: root, for whom a broken or missing
 * passwd file does not matter. */
int account_load(const char *user, Account *ret, Error **ret_error);
