/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where things are on the host.
 */
#include "base/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"

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
	[LAYOUT_JOURNAL] = "/var/log/journal",
};

/* secure_getenv: a set-user-id caller of the library must not be able to move the places. */
static const char * override(const char *variable)
{
	const char *value = secure_getenv(variable);

	return value && path_is_normal(value) && strcmp(value, "/") != 0 ? value : "";
}

const char *layout_root(void)
{
	return override("VIRT_SANDBOX_ROOT");
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
	int n;

	va_start(ap, fmt);
	n = vasprintf(&name, fmt, ap);
	va_end(ap);
	if (n < 0) {
		name = NULL;
		return NULL;
	}
	return asprintf(&path, "%s%s/%s", layout_root(), places[place], name) < 0 ? NULL : path;
}

char *layout_program(const char *name)
{
	const char *directory = override("VIRT_SANDBOX_LIBEXEC");

	return path_join(*directory ? directory : LIBEXECDIR, name);
}
