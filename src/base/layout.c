/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where things are on the host.
 */
#include "base/layout.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/text.h"

#ifndef LIBEXECDIR
#error "LIBEXECDIR comes from meson.build"
#endif

static const char *const places[_LAYOUT_MAX] = {
	[LAYOUT_SERVICES] = "/etc/libvirt-sandbox/services",
	[LAYOUT_FILESYSTEMS] = "/var/lib/libvirt/filesystems",
	[LAYOUT_IMAGES] = "/var/lib/libvirt/images",
	[LAYOUT_UNITS] = "/etc/systemd/system",
	[LAYOUT_RESERVATIONS] = "/var/lib/libvirt-sandbox",
	[LAYOUT_RUN] = "/run/libvirt-sandbox",
	[LAYOUT_NAMES] = "/run/libvirt-sandbox-names",
	[LAYOUT_DEFAULTS] = "/etc/libvirt-sandbox/defaults.conf",
	[LAYOUT_JOURNAL] = "/var/log/journal",
	[LAYOUT_DOMAINS] = "/etc/libvirt-sandbox/domains",
	[LAYOUT_NETWORKS] = "/etc/libvirt-sandbox/networks",
	[LAYOUT_RULES] = "/etc/libvirt-sandbox/rules.d",
};

/* Could anybody but root decide what is at this path? As root we run what is in one of these places and believe what is written in the
 * other, and who may run us with sudo may also set variables. A directory with the sticky bit is passed through, since what root has in
 * it stays where it is. 0, or -EPERM with the component that is to blame. */
static int check_trusted(const char *path, char *ret_component, size_t size)
{
	bool open_to_others = false;
	struct stat st;

	for (const char *end = path; *end;) {
		end += 1 + strcspn(end + 1, "/");
		if (snprintf(ret_component, size, "%.*s", (int)(end - path), path) >= (int)size)
			return -ENAMETOOLONG;
		if (lstat(ret_component, &st) < 0)
			return errno == ENOENT && !open_to_others ? 0 : -EPERM;
		open_to_others = st.st_mode & (S_IWGRP | S_IWOTH);
		if (!S_ISDIR(st.st_mode) || st.st_uid != 0 ||
			(open_to_others && !(st.st_mode & S_ISVTX)))
			return -EPERM;
	}
	return open_to_others ? -EPERM : 0;
}

/* The value of a variable that was found fit for use, until layout_check() looks again: the places are asked for many times, and each
 * walk looks at each component. */
typedef struct Override {
	const char *variable;
	char trusted[256];
} Override;

static _Thread_local Override root_override = { .variable = "VIRT_SANDBOX_ROOT" },
			      libexec_override = { .variable = "VIRT_SANDBOX_LIBEXEC" },
			      rules_override = { .variable = "VIRT_SANDBOX_RULES" };

static int check_value(const char *variable, const char *value, Error **ret_error)
{
	char component[PATH_MAX];
	int r;

	if (!path_is_normal(value))
		return error_set(ret_error, EINVAL,
			"cannot use %s: %s is not an absolute path without '.', '..' and needless slashes; change or unset the variable",
			variable, value);
	r = geteuid() == 0 ? check_trusted(value, component, sizeof(component)) : 0;
	if (r < 0)
		return error_set(ret_error, -r,
			"cannot use %s: %s is not a directory that only root can write to; unset the variable",
			variable, component);
	return 0;
}

/* secure_getenv: a set-user-id caller of the library must not be able to move the places. */
static int override(Override *place, const char **ret, Error **ret_error)
{
	const char *value = secure_getenv(place->variable);
	int r;

	*ret = "";
	if (!value || *value == '\0' || strcmp(value, "/") == 0)
		return 0;
	if (strcmp(value, place->trusted) != 0) {
		r = check_value(place->variable, value, ret_error);
		if (r < 0)
			return r;
		if (strlen(value) < sizeof(place->trusted))
			memcpy(place->trusted, value, strlen(value) + 1);
	}
	*ret = value;
	return 0;
}

int layout_check(Error **ret_error)
{
	Override *const all[] = { &root_override, &libexec_override, &rules_override };
	const char *value;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(all); i++) {
		all[i]->trusted[0] = '\0';
		r = override(all[i], &value, ret_error);
	}
	return r;
}

const char *layout_root(void)
{
	const char *value;

	(void) override(&root_override, &value, NULL); /* layout_check() has told of it */
	return value;
}

char *layout_path(LayoutPlace place)
{
	char *path;

	return asprintf(&path, "%s%s", layout_root(), places[place]) < 0 ? NULL : path;
}

char *layout_pathf(LayoutPlace place, const char *fmt, ...)
{
	_cleanup_free_ char *name = NULL;
	char *path;
	va_list ap;

	va_start(ap, fmt);
	name = text_formatv(fmt, ap);
	va_end(ap);
	if (!name || asprintf(&path, "%s%s/%s", layout_root(), places[place], name) < 0)
		return NULL;
	return path;
}

char *layout_program(const char *name)
{
	const char *directory;

	(void) override(&libexec_override, &directory, NULL); /* as above */
	return path_join(*directory ? directory : LIBEXECDIR, name);
}

char *layout_rules(void)
{
	const char *directory;

	(void) override(&rules_override, &directory, NULL); /* as above */
	return strdup(*directory ? directory : DATADIR "/virt-sandbox/rules.d");
}
