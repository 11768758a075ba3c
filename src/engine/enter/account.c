/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A user of the container: passwd(5) and group(5).
 */
#include "engine/enter/account.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/passwd.h"

void account_done(Account *account)
{
	free(account->name);
	free(account->home);
	free(account->shell);
	*account = (Account){ 0 };
}

int account_parse_id(const char *text, uid_t *ret)
{
	return passwd_parse_id((PasswdField){ text, strlen(text) }, ACCOUNT_ID_MAX, ret) ? 0
											 : -EINVAL;
}

/* An absolute path, or the fallback: an entry may leave it empty. */
static char *path_field(PasswdField field, const char *fallback)
{
	return field.size > 0 && field.text[0] == '/' ? strndup(field.text, field.size)
						      : strdup(fallback);
}

static int take_entry(const PasswdField fields[PASSWD_FIELDS], Account *account)
{
	if (!passwd_parse_id(fields[PASSWD_ID], ACCOUNT_ID_MAX, &account->uid) ||
		!passwd_parse_id(fields[PASSWD_GID], ACCOUNT_ID_MAX, &account->gid))
		return -EINVAL;
	account->name = strndup(fields[PASSWD_NAME].text, fields[PASSWD_NAME].size);
	account->home = path_field(fields[PASSWD_HOME], "/");
	account->shell = path_field(fields[PASSWD_SHELL], "/bin/sh");
	return account->name && account->home && account->shell ? 0 : -ENOMEM;
}

/* uid: of a user given by number, else NULL. The first entry counts, as for getpwnam(3). -ENOENT, -EINVAL: the entry is broken. */
static int find_entry(const char *user, const uid_t *uid, const char *passwd, Account *account)
{
	PasswdField fields[PASSWD_FIELDS];
	uid_t id;

	while (passwd_next(&passwd, fields, PASSWD_FIELDS))
		if (uid ? passwd_parse_id(fields[PASSWD_ID], ACCOUNT_ID_MAX, &id) && id == *uid
			: passwd_field_is(fields[PASSWD_NAME], user))
			return take_entry(fields, account);
	return -ENOENT;
}

static int find_groups(const char *group, Account *account)
{
	PasswdField fields[GROUP_FIELDS];
	gid_t gid;

	while (account->name && passwd_next(&group, fields, GROUP_FIELDS)) {
		if (!passwd_has_member(fields[GROUP_MEMBERS], account->name))
			continue;
		if (!passwd_parse_id(fields[PASSWD_ID], ACCOUNT_ID_MAX, &gid))
			return -EINVAL;
		if (account->n_groups == ACCOUNT_GROUPS_MAX)
			return -E2BIG;
		account->groups[account->n_groups++] = gid;
	}
	return 0;
}

/* "UID:GID". 1: it is that, 0: it is not, -EINVAL: it is wrong. */
static int parse_pair(const char *user, Account *account)
{
	const char *colon = strchr(user, ':');

	if (!colon)
		return 0;
	if (!passwd_parse_id(
		    (PasswdField){ user, (size_t)(colon - user) }, ACCOUNT_ID_MAX, &account->uid) ||
		account_parse_id(colon + 1, &account->gid) < 0)
		return -EINVAL;
	return 1;
}

static int fill_pair(const char *passwd, Account *account)
{
	gid_t gid = account->gid;
	int r = find_entry(NULL, &account->uid, passwd, account);

	if (r == -ENOENT) {
		account->home = strdup("/");
		account->shell = strdup("/bin/sh");
		r = account->home && account->shell ? 0 : -ENOMEM;
	}
	account->gid = gid;
	return r;
}

int account_find(
	const char *user, const char *passwd, const char *group, Account *ret, Error **ret_error)
{
	_cleanup_account_ Account account = { 0 };
	uid_t uid;
	int r = parse_pair(user, &account);

	if (r < 0)
		return error_set(ret_error, EINVAL,
			"user \"%s\" inside the container: an id is a number from 0 to %u", user,
			ACCOUNT_ID_MAX);
	if (r > 0) {
		r = fill_pair(passwd, &account);
	} else if (user[0] >= '0' && user[0] <= '9') {
		if (account_parse_id(user, &uid) < 0)
			return error_set(ret_error, EINVAL,
				"user \"%s\" inside the container: an id is a number from 0 to %u",
				user, ACCOUNT_ID_MAX);
		r = find_entry(NULL, &uid, passwd, &account);
		if (r == -ENOENT)
			return error_set(ret_error, ENOENT,
				"user id %s has no entry in the container's /etc/passwd; name its group, too: %s:GID",
				user, user);
	} else {
		r = find_entry(user, NULL, passwd, &account);
	}
	if (r == 0)
		r = find_groups(group, &account);
	if (r == -ENOMEM)
		return error_oom(ret_error);
	if (r == -ENOENT)
		return error_set(ret_error, ENOENT,
			"there is no user \"%s\" in the container's /etc/passwd", user);
	if (r < 0)
		return error_set(ret_error, -r,
			"user \"%s\" has a damaged entry in the container's /etc/passwd or /etc/group",
			user);
	*ret = account;
	account = (Account){ 0 };
	return 0;
}

static int read_file(const char *path, char **ret)
{
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;

	/* Not blocking: what is there may be a pipe that nobody writes to. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return fd_read_all(fd, ACCOUNT_FILE_MAX, ret, NULL);
}

/* Root is id 0 whatever the files say; they only tell where it lives. */
static int load_root(const char *passwd, Account *ret, Error **ret_error)
{
	_cleanup_account_ Account account = { 0 };
	const uid_t root = 0;

	if (find_entry(NULL, &root, passwd, &account) < 0) {
		account_done(&account);
		account.name = strdup("root");
		account.home = strdup("/root");
		account.shell = strdup("/bin/sh");
	}
	if (!account.name || !account.home || !account.shell)
		return error_oom(ret_error);
	account.gid = 0;
	*ret = account;
	account = (Account){ 0 };
	return 0;
}

int account_load(const char *user, Account *ret, Error **ret_error)
{
	_cleanup_free_ char *passwd = NULL, *group = NULL;
	int r, g;

	r = read_file("/etc/passwd", &passwd);
	if (!user)
		return load_root(r < 0 ? "" : passwd, ret, ret_error);
	g = read_file("/etc/group", &group);
	/* Missing files: only ids given as a pair need none. */
	if ((r < 0 && r != -ENOENT) || (g < 0 && g != -ENOENT))
		return error_errno(ret_error, r < 0 && r != -ENOENT ? -r : -g,
			"cannot read the container's /etc/%s",
			r < 0 && r != -ENOENT ? "passwd" : "group");
	return account_find(user, passwd ? passwd : "", group ? group : "", ret, ret_error);
}
