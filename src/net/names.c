/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/names.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "net/name-entry.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

bool names_is_host_name(const char *name)
{
	return strlen(name) <= NAME_LENGTH_MAX && name[strspn(name, LETTERS)] == '\0' &&
	       *name != '.' && *name != '\0';
}

static int read_entry(const char *path, char ***ret)
{
	char text[NAME_ENTRY_SIZE];
	ssize_t size = readlink(path, text, sizeof(text) - 1);

	if (size < 0)
		return errno == ENOENT ? 0 : -errno;
	text[size] = '\0';
	return strv_split(ret, text, ",");
}

/* A link cannot be overwritten: the new one is made under a name that no container has, and renamed over the old one. */
static int write_entry(const char *path, char *const *addresses, Error **ret_error)
{
	_cleanup_free_ char *text = strv_join(addresses, ","), *place = layout_path(LAYOUT_NAMES),
			    *new = layout_pathf(LAYOUT_NAMES, ".new-%d", getpid());
	int r;

	if (!text || !place || !new)
		return error_oom(ret_error);
	if (!*text)
		return unlink(path) < 0 && errno != ENOENT
			       ? error_errno(ret_error, errno, "cannot remove %s", path)
			       : 0;
	r = file_mkdir_p(place, 0755, ret_error);
	if (r < 0)
		return r;
	if (chmod(place, 0755) < 0) /* whatever our umask is */
		return error_errno(ret_error, errno, "cannot open %s to everybody", place);
	(void)unlink(new); /* of a process of this number that was killed */
	if (symlink(text, new) < 0 || rename(new, path) < 0)
		return error_errno(ret_error, errno, "cannot create the name %s", path);
	return 0;
}

static int change(const char *container, char *const *come, char *const *go, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_NAMES, "%s", container);
	_cleanup_strv_ char **before = NULL, **after = NULL;
	int r = path ? 0 : error_oom(ret_error);

	if (r < 0 || !names_is_host_name(container))
		return r;
	r = read_entry(path, &before);
	STRV_FOREACH (address, before)
		if (r == 0 && !strv_contains(go, *address))
			r = strv_append(&after, *address);
	STRV_FOREACH (address, come)
		if (r == 0 && strv_length(after) < NAME_ENTRY_MAX &&
			!strv_contains(after, *address))
			r = strv_append(&after, *address);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read the name %s", path);
	return strv_equal(before, after) ? 0 : write_entry(path, after, ret_error);
}

int names_add(const char *container, char *const *addresses, Error **ret_error)
{
	return change(container, addresses, NULL, ret_error);
}

int names_remove(const char *container, char *const *addresses, Error **ret_error)
{
	return change(container, NULL, addresses, ret_error);
}

char *names_hosts_path(const char *container)
{
	return layout_pathf(LAYOUT_RUN, "%s/copies/hosts", container); /* as desc/places.c has it */
}
