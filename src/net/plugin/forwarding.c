/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's forwarding, interface by interface.
 */
#include "net/plugin/forwarding.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "net/kinds.h"
#include "net/plugin/ports.h"

#define SYSCTL_FORWARD "/proc/sys/net/ipv4/ip_forward"
#define ROUTES "/proc/thread-self/net/route"
#define SWITCH_SIZE 96 /* bytes of a switch's path */

static int record_path(char **ret, Error **ret_error)
{
	_cleanup_free_ char *place = ports_place();

	*ret = place ? path_join(place, "forwarding") : NULL;
	return *ret ? 0 : error_oom(ret_error);
}

/* What version 0.1.0 set for the whole host; its value before is in this file. */
static int close_old(Error **ret_error)
{
	_cleanup_free_ char *place = ports_place(), *path = NULL, *value = NULL;
	int r;

	path = place ? path_join(place, "ip_forward") : NULL;
	if (!path)
		return error_oom(ret_error);
	r = file_read_optional(path, &value, NULL, ret_error);
	if (r > 0)
		r = file_write_kernel(AT_FDCWD, SYSCTL_FORWARD, value, ret_error);
	if (r == 0 && value && unlink(path) < 0)
		r = error_errno(ret_error, errno, "remove %s", path);
	return r;
}

static void format_switch(const char *name, char ret[static SWITCH_SIZE])
{
	(void)snprintf(ret, SWITCH_SIZE, "/proc/sys/net/ipv4/conf/%.15s/forwarding", name);
}

static int is_on(const char *path, bool *ret, Error **ret_error)
{
	_cleanup_free_ char *value = NULL;
	int r = file_read(path, &value, NULL, ret_error);

	if (r == 0)
		*ret = value[0] != '0';
	return r;
}

static int read_record(const char *path, char ***ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read_optional(path, &text, NULL, ret_error);

	if (r <= 0)
		return r;
	return strv_split(ret, text, "\n") < 0 ? error_oom(ret_error) : 0;
}

static int write_record(const char *path, char *const *names, Error **ret_error)
{
	_cleanup_free_ char *text = strv_join(names, "\n");

	return text ? file_write_atomic(path, text, strlen(text), 0600, ret_error)
		    : error_oom(ret_error);
}

/* Adds the interfaces with a route that do not forward: answers to containers come in there. */
static int add_closed(char ***names, bool *ret_changed, Error **ret_error)
{
	_cleanup_free_ char *routes = NULL;
	_cleanup_strv_ char **lines = NULL;
	int r = file_read(ROUTES, &routes, NULL, ret_error);

	if (r < 0)
		return r;
	if (strv_split(&lines, routes, "\n") < 0)
		return error_oom(ret_error);
	for (size_t i = 1; lines && lines[0] && lines[i]; i++) { /* the first is a heading */
		char name[NET_LINK_SIZE], path[SWITCH_SIZE];
		bool on = true;

		if (sscanf(lines[i], "%15s", name) != 1 || net_name_is_ours(name) ||
			strv_contains(*names, name))
			continue;
		format_switch(name, path);
		if (is_on(path, &on, NULL) < 0 || on) /* gone since, or it forwards by itself */
			continue;
		if (strv_append(names, name) < 0)
			return error_oom(ret_error);
		*ret_changed = true;
	}
	return 0;
}

int forwarding_plan(char ***ret_names, bool *ret_changed, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *path = NULL;
	bool router = false, changed = false;
	int r;

	r = record_path(&path, ret_error);
	if (r == 0)
		r = is_on(SYSCTL_FORWARD, &router, ret_error);
	if (r < 0)
		return r;
	if (router) {
		changed = unlink(path) == 0; /* missing: none were ours */
		*ret_names = NULL;
		*ret_changed = changed;
		return 0;
	}
	r = read_record(path, &names, ret_error);
	if (r == 0)
		r = add_closed(&names, &changed, ret_error);
	if (r == 0 && changed)
		r = write_record(path, names, ret_error);
	if (r < 0)
		return r;
	*ret_names = TAKE_PTR(names);
	*ret_changed = changed;
	return 0;
}

static int set_switch(const char *name, const char *value, Error **ret_error)
{
	char path[SWITCH_SIZE];

	format_switch(name, path);
	return file_exists(path) ? file_write_kernel(AT_FDCWD, path, value, ret_error) : 0;
}

int forwarding_open(char *const *names, Error **ret_error)
{
	int r = set_switch(NET_BRIDGE, "1", ret_error);

	STRV_FOREACH (name, names)
		r = r == 0 ? set_switch(*name, "1", ret_error) : r;
	return r;
}

int forwarding_close(Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *path = NULL;
	bool router = false;
	int r;

	r = close_old(ret_error);
	if (r == 0)
		r = record_path(&path, ret_error);
	if (r == 0)
		r = is_on(SYSCTL_FORWARD, &router, ret_error);
	if (r == 0)
		r = read_record(path, &names, ret_error);
	if (r < 0)
		return r;
	STRV_FOREACH (name, names)
		r = r == 0 && !router ? set_switch(*name, "0", ret_error) : r;
	if (r == 0 && unlink(path) < 0 && errno != ENOENT)
		r = error_errno(ret_error, errno, "remove %s", path);
	return r;
}
