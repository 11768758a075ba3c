/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of siblings, in files that are mounted at /etc/hosts: every C library and resolver reads that, whatever nsswitch.conf says. What comes before our mark is
 * what the container had there at its start, and stays.
 */
#include "net/plugin/hosts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/strv.h"
#include "net/names.h"
#include "net/plugin/reach-elements.h"

#define MARK "# Containers that this one may reach, by virt-sandbox:\n"
#define FILE_MAX (32u * 1024 * 1024) /* bytes: what it had, and 65,536 names */

/* A port and what its container says. */
typedef struct Known {
	Port port;
	ReachSaid said;
} Known;

typedef struct All {
	Known *list;
	size_t n;
} All;

static void all_done(All *all)
{
	for (size_t i = 0; i < all->n; i++)
		reach_said_done(&all->list[i].said);
	free(all->list);
}
#define _cleanup_all_ _cleanup_(all_done)

/* Of all our networks: a container can be in several. */
static int read_all(All *all, Error **ret_error)
{
	_cleanup_strv_ char **bridges = NULL;
	int r = ports_bridges(&bridges, ret_error);

	STRV_FOREACH (bridge, bridges) {
		_cleanup_free_ Port *ports = NULL;
		size_t n = 0;

		if (r == 0)
			r = ports_list(*bridge, PORTS_MAX, &ports, &n, ret_error);
		for (size_t i = 0; r == 0 && i < n; i++) {
			Known known = { .port = ports[i] };

			r = reach_record_read(ports[i].name, &known.said, ret_error);
			if (r == 0 && array_room(&all->list, all->n, sizeof(*all->list)) < 0) {
				reach_said_done(&known.said);
				return error_oom(ret_error);
			}
			if (r == 0)
				all->list[all->n++] = known;
		}
	}
	return r;
}

static ReachSide side_of(const Known *known)
{
	return (ReachSide){ .container = known->port.container,
		.address = ip_from_v4(known->port.station.address, 32),
		.address6 = known->port.station.address6,
		.said = &known->said };
}

/* Is it a name in one of these lines? Capitals do not matter. */
static bool has_name(const char *text, size_t size, const char *name)
{
	static const char space[] = " \t\r";
	const char *end = text + size;

	while (text < end) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((line ? line : end) - text), at = 0;
		const char *comment = memchr(text, '#', length);
		size_t used = comment ? (size_t)(comment - text) : length;

		for (bool first = true; at < used; first = false) {
			size_t word;

			while (at < used && strchr(space, text[at]))
				at++;
			for (word = at; at < used && !strchr(space, text[at]);)
				at++;
			if (!first && at - word == strlen(name) &&
				strncasecmp(text + word, name, at - word) == 0)
				return true;
		}
		text += length + 1;
	}
	return false;
}

static void put_line(const IpAddress *ip, const char *container, bool alone, Buf *buf)
{
	char address[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(ip->family, ip->bytes, address, sizeof(address)); /* it fits */
	buf_printf(buf, "%s\t%s.sandbox%s%s\n", address, container, alone ? " " : "",
		alone ? container : "");
}

/* In the order of their addresses. What the container has itself under a bare name goes before. */
static int put_names(const All *all, const char *container, const char *text, size_t size, Buf *buf,
	Error **ret_error)
{
	for (size_t i = 0; i < all->n; i++) {
		const ReachSide from = side_of(&all->list[i]);

		if (strcmp(from.container, container) != 0)
			continue;
		for (size_t j = 0; j < all->n; j++) {
			_cleanup_reach_elements_ ReachElements pair = { 0 };
			const ReachSide to = side_of(&all->list[j]);

			if (j == i ||
				strcmp(all->list[i].port.bridge, all->list[j].port.bridge) != 0 ||
				!names_is_host_name(to.container))
				continue;
			if (reach_elements_pair(&from, &to, &pair) < 0)
				return error_oom(ret_error);
			for (int six = 0; six < 2; six++)
				for (size_t e = 0; e < pair.n; e++)
					if (pair.list[e].family == (six ? AF_INET6 : AF_INET)) {
						put_line(&pair.list[e].to, to.container,
							!has_name(text, size, to.container), buf);
						break;
					}
		}
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const Port *one = &((const Known *)a)->port, *two = &((const Known *)b)->port;
	int r = strcmp(one->bridge, two->bridge);

	if (r != 0)
		return r;
	return one->station.address < two->station.address
		       ? -1
		       : one->station.address > two->station.address;
}

/* The new lines end in as many empty ones as cover the old text: a reader meanwhile finds no rest of an old line. */
static int write_over(int fd, const char *text, size_t padded, size_t size)
{
	ssize_t n = pwrite(fd, text, padded, 0);

	if (n != (ssize_t)padded)
		return n < 0 ? -errno : -ENOSPC;
	return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

static int write_file(const All *all, const char *container, Error **ret_error)
{
	_cleanup_free_ char *path = names_hosts_path(container), *text = NULL, *new = NULL;
	_cleanup_fd_ int fd = path ? open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -EBADF;
	_cleanup_buf_ Buf buf = { 0 };
	size_t size = 0, kept, used;
	const char *mark;
	int r;

	if (!path)
		return error_oom(ret_error);
	if (fd < 0 && errno == ENOENT) /* it has one of its own */
		return 0;
	r = fd < 0 ? -errno : fd_read_all(fd, FILE_MAX, &text, &size);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read %s", path);
	mark = memmem(text, size, MARK, strlen(MARK));
	kept = mark ? (size_t)(mark - text) : size;
	buf_append(&buf, text, kept);
	if (kept > 0 && text[kept - 1] != '\n')
		buf_puts(&buf, "\n");
	buf_puts(&buf, MARK);
	r = put_names(all, container, text, kept, &buf, ret_error);
	used = buf.size;
	while (r == 0 && buf.size < size && !buf.failed)
		buf_puts(&buf, "\n");
	if (r == 0)
		r = buf_take(&buf, &new, ret_error);
	if (r < 0)
		return r;
	r = write_over(fd, new, strlen(new), used);
	return r < 0 ? error_errno(ret_error, -r, "cannot write %s", path) : 0;
}

static bool is_named(const ReachSaid *said, const char *container)
{
	for (size_t i = 0; i < said->n_allowed; i++)
		if (said->allowed[i].peer == REACH_NAME &&
			strcmp(said->allowed[i].name, container) == 0)
			return true;
	return false;
}

int hosts_update(const Port *port, const ReachSaid *before, const ReachSaid *said, bool leaves,
	Error **ret_error)
{
	_cleanup_all_ All all = { 0 };
	int r = read_all(&all, ret_error);

	if (r == 0 && all.n > 0)
		qsort(all.list, all.n, sizeof(*all.list), compare);
	for (size_t i = 0; r == 0 && i < all.n; i++) {
		const Port *other = &all.list[i].port;

		if (strcmp(other->name, port->name) == 0
				? !leaves
				: strcmp(other->bridge, port->bridge) == 0 &&
					  (is_named(before, other->container) ||
						  is_named(said, other->container)))
			r = write_file(&all, other->container, ret_error);
	}
	return r;
}
