/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The store of bases.
 */
#include "content/base-store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "desc/desc.h"

#define SCRATCH ".new."
#define WORD_MIN 6 /* digits of an id that may stand for it */
#define INFO_LIMIT 8192 /* bytes */

void base_done(Base *base)
{
	free(base->id);
	free(base->from);
	free(base->arch);
	free(base->init);
	*base = (Base){};
}

static char *place(const char *name, const char *below)
{
	return layout_pathf(
		LAYOUT_RESERVATIONS, "bases/%s%s%s", name, below ? "/" : "", below ? below : "");
}

int base_lock(int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *path = place(".lock", NULL);

	return path ? file_lock(path, ret_fd, ret_error) : error_oom(ret_error);
}

/* ---- Scratch ---- */

/* Its maker holds a lock on it: one that nobody holds was left by somebody who died. */
void base_scratch_sweep(void)
{
	_cleanup_free_ char *store = layout_pathf(LAYOUT_RESERVATIONS, "bases");
	_cleanup_dir_ DIR *dir = store ? opendir(store) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_fd_ int fd = -EBADF;

		if (strncmp(entry->d_name, SCRATCH, strlen(SCRATCH)) != 0)
			continue;
		fd = openat(
			dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)file_remove_tree(
				dirfd(dir), entry->d_name, NULL); /* or the next one */
	}
}

int base_scratch_make(char **ret, int *ret_lock_fd, Error **ret_error)
{
	_cleanup_free_ char *store = layout_pathf(LAYOUT_RESERVATIONS, "bases"), *path = NULL,
			    *root = NULL;
	_cleanup_fd_ int fd = -EBADF;
	unsigned long long random;
	int r;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_errno(ret_error, errno, "cannot read random bytes");
	if (!store || asprintf(&path, "%s/" SCRATCH "%016llx", store, random) < 0 ||
		asprintf(&root, "%s/root", path) < 0)
		return error_oom(ret_error);
	r = file_mkdir_p(store, 0700, ret_error);
	if (r < 0)
		return r;
	base_scratch_sweep();
	if (mkdir(path, 0700) < 0)
		return error_errno(ret_error, errno, "cannot make %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || mkdir(root, 0755) < 0)
		return error_errno(ret_error, errno, "cannot make %s", root);
	*ret_lock_fd = TAKE_FD(fd);
	*ret = TAKE_PTR(path);
	return 0;
}

void base_scratch_remove(const char *scratch)
{
	(void)file_remove_tree(AT_FDCWD, scratch, NULL); /* or the next one that is made does */
}

/* ---- What is written down ---- */

static int write_info(const char *scratch, const Base *base, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(scratch, "info"), *text = NULL;

	if (!path || asprintf(&text, "from=%s\narch=%s\ninit=%s\nmade=%lld\n", base->from,
			     base->arch ? base->arch : "", base->init, (long long)time(NULL)) < 0)
		return error_oom(ret_error);
	return file_write_unsynced(path, text, strlen(text), 0600, ret_error);
}

static char *take_value(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (; text && *text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, key, n) == 0)
			return strndup(text + n, strcspn(text + n, "\n"));
	}
	return strdup("");
}

int base_load(const char *id, Base *ret, Error **ret_error)
{
	_cleanup_free_ char *path = place(id, "info"), *text = NULL, *made = NULL;
	_cleanup_base_ Base base = {};
	int r = path ? file_read(path, &text, NULL, ret_error) : error_oom(ret_error);

	if (r < 0)
		return error_wrap(ret_error, "base %.*s", BASE_SHORT, id);
	base = (Base){ .id = strdup(id),
		.from = take_value(text, "from="),
		.arch = take_value(text, "arch="),
		.init = take_value(text, "init=") };
	made = take_value(text, "made=");
	if (!base.id || !base.from || !base.arch || !base.init || !made)
		return error_oom(ret_error);
	base.made = strtoll(made, NULL, 10);
	*ret = base;
	base = (Base){};
	return 0;
}

int base_add(const char *scratch, const Base *base, Error **ret_error)
{
	_cleanup_free_ char *path = place(base->id, NULL);
	char *const systems[] = { (char *)scratch, NULL };
	int r = path ? write_info(scratch, base, ret_error) : error_oom(ret_error);

	if (r == 0)
		r = file_sync_systems(systems, ret_error);
	if (r < 0)
		return r;
	if (renameat2(AT_FDCWD, scratch, AT_FDCWD, path, RENAME_NOREPLACE) < 0 && errno != EEXIST &&
		errno != ENOTEMPTY)
		return error_errno(ret_error, errno, "cannot create the base %s", path);
	return 0;
}

int base_name(const char *name, const char *id, Error **ret_error)
{
	_cleanup_free_ char *path = place("names", name), *next = place("names", ".next");
	int r = path && next ? file_mkdir_parent(path, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	if ((unlink(next) < 0 && errno != ENOENT) || symlink(id, next) < 0 ||
		rename(next, path) < 0)
		return error_errno(ret_error, errno, "cannot create the name %s of a base", name);
	return 0;
}

/* ---- Looking ---- */

bool base_is_id(const char *text)
{
	return strlen(text) == BASE_ID_SIZE && strspn(text, "0123456789abcdef") == BASE_ID_SIZE;
}

int base_list(char ***ret, Error **ret_error)
{
	_cleanup_free_ char *store = layout_pathf(LAYOUT_RESERVATIONS, "bases");
	_cleanup_strv_ char **names = NULL, **ids = NULL;
	int r = store ? file_list(store, "", &names, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	STRV_FOREACH (name, names)
		if (base_is_id(*name) && strv_append(&ids, *name) < 0)
			return error_oom(ret_error);
	*ret = TAKE_PTR(ids);
	return 0;
}

static char *follow_name(const char *word)
{
	_cleanup_free_ char *path = strchr(word, '/') ? NULL : place("names", word);
	char target[BASE_ID_SIZE + 1] = "";

	return path && *word != '.' && readlink(path, target, BASE_ID_SIZE) > 0 &&
			       base_is_id(target)
		       ? strdup(target)
		       : NULL;
}

int base_find(const char *word, char **ret_id, Error **ret_error)
{
	_cleanup_strv_ char **ids = NULL;
	_cleanup_free_ char *id = follow_name(word);
	const char *found = NULL;
	bool several = false;
	int r = base_list(&ids, ret_error);

	if (r < 0)
		return r;
	STRV_FOREACH (one, ids)
		if (id ? strcmp(*one, id) == 0
		       : strlen(word) >= WORD_MIN && strncmp(*one, word, strlen(word)) == 0) {
			several = found;
			found = *one;
		}
	if (found && !several) {
		*ret_id = strdup(found);
		return *ret_id ? 0 : error_oom(ret_error);
	}
	return error_set(ret_error, several ? EINVAL : ENOENT,
		several ? "\"%s\" matches several bases; give more digits"
			: "there is no base %s; `virt-sandbox-service base list` lists them",
		word);
}

/* ---- Removing ---- */

static void remove_names(const char *id)
{
	_cleanup_free_ char *names = place("names", NULL);
	_cleanup_dir_ DIR *dir = names ? opendir(names) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char target[BASE_ID_SIZE + 1] = "";

		if (readlinkat(dirfd(dir), entry->d_name, target, BASE_ID_SIZE) > 0 &&
			strcmp(target, id) == 0)
			(void)unlinkat(
				dirfd(dir), entry->d_name, 0); /* one without a base is none */
	}
}

int base_remove(const char *id, Error **ret_error)
{
	_cleanup_free_ char *path = place(id, NULL), *doomed = NULL;

	/* Under the name of something unfinished: it is no base any more, and what is killed here is swept away. */
	if (!path ||
		asprintf(&doomed, "%.*s" SCRATCH "%s", (int)(path_base(path) - path), path, id) < 0)
		return error_oom(ret_error);
	remove_names(id);
	if (rename(path, doomed) < 0)
		return error_errno(ret_error, errno, "cannot remove the base %s", path);
	return file_remove_tree(AT_FDCWD, doomed, ret_error);
}

/* ---- What is in it ---- */

int base_find_init(int root_fd, const char **ret, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(desc_init_paths); i++) {
		_cleanup_fd_ int fd = path_open_in_root(root_fd, desc_init_paths[i], O_PATH, 0);
		_cleanup_free_ char *real = fd < 0 ? NULL : path_of_fd(-EBADF, root_fd, fd);
		struct stat st;

		if (!real || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		*ret = strcmp(path_base(real), "systemd") == 0 ? "systemd" : "other";
		return 0;
	}
	return error_set(ret_error, ENOENT,
		"it has no init (/sbin/init, /usr/lib/systemd/systemd): a full system needs one; "
		"a single command runs in a directory with --root");
}
