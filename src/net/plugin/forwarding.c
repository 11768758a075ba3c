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
#define ALL_IPV6 "/proc/sys/net/ipv6/conf/all/"
#define ROUTES "/proc/thread-self/net/route"
#define ROUTES_IPV6 "/proc/thread-self/net/ipv6_route"
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
		r = error_errno(ret_error, errno, "cannot remove %s", path);
	return r;
}

static void format_switch(const char *name, char ret[static SWITCH_SIZE])
{
	size_t size = strcspn(name, "/");

	(void)snprintf(ret, SWITCH_SIZE, "/proc/sys/net/ipv%s/conf/%.*s/%sforwarding",
		name[size] ? "6" : "4", (int)size, name, name[size] ? "force_" : "");
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

/* Adds the interface of a line of routes if it does not forward: answers to containers come in there. */
static int add_closed(
	char ***names, const char *name, const char *suffix, bool *ret_changed, Error **ret_error)
{
	char path[SWITCH_SIZE], full[NET_LINK_SIZE + sizeof(FORWARDING_IPV6)];
	bool on = true;

	(void)snprintf(full, sizeof(full), "%.15s%s", name, suffix);
	if (net_name_is_ours(name) || strcmp(name, "lo") == 0 || strv_contains(*names, full))
		return 0;
	format_switch(full, path);
	if (is_on(path, &on, NULL) < 0 || on) /* gone since, or it forwards by itself */
		return 0;
	if (strv_append(names, full) < 0)
		return error_oom(ret_error);
	*ret_changed = true;
	return 0;
}

static int add_routes(char ***names, bool ipv6, bool *ret_changed, Error **ret_error)
{
	_cleanup_free_ char *routes = NULL;
	_cleanup_strv_ char **lines = NULL;
	int r = file_read(ipv6 ? ROUTES_IPV6 : ROUTES, &routes, NULL, ret_error);

	if (r < 0)
		return r;
	if (strv_split(&lines, routes, "\n") < 0)
		return error_oom(ret_error);
	for (size_t i = ipv6 ? 0 : 1; r == 0 && lines && lines[i];
		i++) { /* the first of IPv4 is a heading */
		const char *last = strrchr(lines[i], ' ');
		char name[NET_LINK_SIZE];

		if (sscanf(ipv6 && last ? last : lines[i], "%15s", name) == 1)
			r = add_closed(
				names, name, ipv6 ? FORWARDING_IPV6 : "", ret_changed, ret_error);
	}
	return r;
}

/* Is the host a router by itself? Without the protocol it counts as one: there is nothing to switch. */
static bool routes_ipv6(void)
{
	bool on = true, forced = false;

	(void)is_on(ALL_IPV6 "force_forwarding", &forced, NULL); /* not before Linux 6.17 */
	return is_on(ALL_IPV6 "forwarding", &on, NULL) < 0 || on || forced;
}

bool forwarding_has_ipv6(void)
{
	return file_exists(ALL_IPV6 "forwarding") &&
	       (routes_ipv6() || file_exists(ALL_IPV6 "force_forwarding"));
}

/* What somebody else has switched on meanwhile is not ours any more. */
static bool drop(char **names, bool ipv6)
{
	size_t kept = 0, i = 0;

	for (; names && names[i]; i++)
		if (!strchr(names[i], '/') == !ipv6)
			free(names[i]);
		else
			names[kept++] = names[i];
	if (names)
		names[kept] = NULL;
	return kept != i;
}

int forwarding_plan(char ***ret_names, bool *ret_changed, Error **ret_error)
{
	bool router = false, router6 = !forwarding_has_ipv6() || routes_ipv6(), changed = false;
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *path = NULL;
	int r = record_path(&path, ret_error);
	if (r == 0)
		r = is_on(SYSCTL_FORWARD, &router, ret_error);
	if (r == 0)
		r = read_record(path, &names, ret_error);
	if (r < 0)
		return r;
	changed = router && drop(names, false);
	if (router6 && drop(names, true))
		changed = true;
	if (!router)
		r = add_routes(&names, false, &changed, ret_error);
	if (r == 0 && !router6)
		r = add_routes(&names, true, &changed, ret_error);
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

int forwarding_open(const char *bridge, char *const *names, Error **ret_error)
{
	char bridge6[NET_LINK_SIZE + sizeof(FORWARDING_IPV6)];
	int r = bridge ? set_switch(bridge, "1", ret_error) : 0;

	(void)snprintf(bridge6, sizeof(bridge6), "%.15s" FORWARDING_IPV6, bridge ? bridge : "");
	if (r == 0 && bridge)
		r = set_switch(bridge6, "1", ret_error);

	STRV_FOREACH (name, names)
		r = r == 0 ? set_switch(*name, "1", ret_error) : r;
	return r;
}

int forwarding_close(Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *path = NULL;
	bool router = false;
	int r = close_old(ret_error);
	if (r == 0)
		r = record_path(&path, ret_error);
	if (r == 0)
		r = is_on(SYSCTL_FORWARD, &router, ret_error);
	if (r == 0)
		r = read_record(path, &names, ret_error);
	if (r < 0)
		return r;
	STRV_FOREACH (name, names)
		if (r == 0 && !(strchr(*name, '/') ? routes_ipv6() : router))
			r = set_switch(*name, "0", ret_error);
	if (r == 0 && unlink(path) < 0 && errno != ENOENT)
		r = error_errno(ret_error, errno, "cannot remove %s", path);
	return r;
}
