/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tree is the container's: no link in it is followed, and what is read of it is bounded. A library that is nowhere may never have been there, as an optional
 * part's; that the host has it under another number says that it was replaced.
 */
#include "sandbox/library-check.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/elf-text.h"

#define DEPTH_MAX 24 /* directories below each other */
#define FILES_MAX 200000u /* looked at in one tree */
#define SUSPECTS_MAX 4096u /* texts; the container decides how many there would be */
#define FINE_MAX 256u /* names that are remembered */
#define SENTENCES_MAX 16u

typedef struct Check {
	unsigned int files;
	char **own; /* names of libraries in the tree; by array_room() */
	size_t n_own;
	char **fine; /* needed, and nothing is wrong with them: most files need the same */
	char **suspects; /* for each two texts: the file, and what it needs that the host has not */
} Check;

/* Of this pattern, where the linker looks without being told. */
static bool host_has(const char *pattern)
{
	static const char *const places[] = { "/usr/lib/*-linux-gnu*", "/usr/lib64", "/usr/lib",
		"/usr/local/lib" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(places) && !found; i++) {
		_cleanup_free_ char *path = path_join(places[i], pattern);
		glob_t files;

		if (path && glob(path, GLOB_NOSORT, NULL, &files) == 0) {
			found = files.gl_pathc > 0;
			globfree(&files);
		}
	}
	return found;
}

/* "libssl.so.1.1": is there a libssl.so.3? */
static bool host_has_other(const char *name)
{
	const char *number = strstr(name, ".so.");
	_cleanup_free_ char *pattern = NULL;

	if (!number || strpbrk(name, "*?[]\\/") ||
		asprintf(&pattern, "%.*s.so.*", (int)(number - name), name) < 0)
		return false;
	return !host_has(name) && host_has(pattern);
}

static int look_at_needed(Check *check, const char *path, const char *needed)
{
	if (strv_length(check->suspects) >= SUSPECTS_MAX)
		return 0;
	if (!host_has_other(needed))
		return strv_length(check->fine) < FINE_MAX ? strv_append(&check->fine, needed) : 0;
	return strv_append(&check->suspects, path) < 0 ? -ENOMEM
						       : strv_append(&check->suspects, needed);
}

static int add_own(Check *check, const char *name)
{
	if (array_room(&check->own, check->n_own, sizeof(*check->own)) < 0)
		return -ENOMEM;
	check->own[check->n_own] = strdup(name);
	return check->own[check->n_own++] ? 0 : -ENOMEM;
}

static bool has_own(const Check *check, const char *name)
{
	for (size_t i = 0; i < check->n_own; i++)
		if (strcmp(check->own[i], name) == 0)
			return true;
	return false;
}

static int look_at_file(Check *check, int directory_fd, const char *name, const char *path)
{
	_cleanup_fd_ int fd =
		openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_elf_text_ ElfText elf = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (elf_text_read(fd, &elf) < 0)
		return -ENOMEM;
	STRV_FOREACH (needed, elf.needed)
		if (!strv_contains(check->fine, *needed) &&
			look_at_needed(check, path, *needed) < 0)
			return -ENOMEM;
	return 0;
}

static int look_at(Check *check, int fd, const char *path, unsigned int depth);

static int look_at_entry(
	Check *check, int fd, const struct dirent *entry, const char *directory, unsigned int depth)
{
	_cleanup_free_ char *path = path_join(directory, entry->d_name);
	bool library = strstr(entry->d_name, ".so") != NULL;
	struct stat st;
	int below;

	if (!path)
		return -ENOMEM;
	if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
		below = openat(fd, entry->d_name,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		return below < 0 ? 0 : look_at(check, below, path, depth + 1);
	}
	if (library && !S_ISDIR(st.st_mode) && add_own(check, entry->d_name) < 0)
		return -ENOMEM;
	return S_ISREG(st.st_mode) && (library || (st.st_mode & 0111))
		       ? look_at_file(check, fd, entry->d_name, path)
		       : 0;
}

/* Consumes fd. */
static int look_at(Check *check, int fd, const char *path, unsigned int depth)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!directory) {
		(void)fd_close(fd);
		return 0;
	}
	while (r == 0 && check->files < FILES_MAX && (entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		check->files++;
		r = look_at_entry(check, dirfd(directory), entry, path, depth);
	}
	(void)closedir(directory); /* read only */
	return r;
}

static int tell(const Check *check, char ***sentences)
{
	unsigned int told = 0;

	for (char **s = check->suspects; s && *s && told < SENTENCES_MAX; s += 2) {
		if (has_own(check, s[1]))
			continue;
		if (strv_appendf(sentences,
			    "%s needs %s, of which this host now has only another version: "
			    "reinstall it inside",
			    s[0], s[1]) < 0)
			return -ENOMEM;
		told++;
	}
	return 0;
}

int library_check(const char *tree, char ***sentences, Error **ret_error)
{
	static const char *const places[] = { "opt", "srv", "home", "root", "var" };
	_cleanup_fd_ int tree_fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	Check check = { 0 };
	int r = 0;

	for (size_t i = 0; tree_fd >= 0 && i < ARRAY_SIZE(places) && r == 0; i++) {
		_cleanup_free_ char *path = path_join("/", places[i]);
		int fd = openat(tree_fd, places[i],
			O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

		if (!path)
			r = -ENOMEM;
		if (fd >= 0 && path)
			r = look_at(&check, fd, path, 0);
		else if (fd >= 0)
			(void)fd_close(fd);
	}
	if (r == 0)
		r = tell(&check, sentences);
	for (size_t i = 0; i < check.n_own; i++)
		free(check.own[i]);
	free(check.own);
	strv_free(check.fine);
	strv_free(check.suspects);
	return r < 0 ? error_oom(ret_error) : 0;
}
