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

/* Capitals do not matter. */
typedef struct Name {
	const char *text;
	size_t size;
	bool taken; /* the container has it in lines of its own */
} Name;

typedef struct All {
	Known *list;
	size_t n;
	Name *names; /* of them, in the order of compare_names() */
	size_t n_names;
} All;

static void all_done(All *all)
{
	for (size_t i = 0; i < all->n; i++)
		reach_said_done(&all->list[i].said);
	free(all->list);
	free(all->names);
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

static int compare_names(const void *a, const void *b)
{
	const Name *one = a, *two = b;
	int r = strncasecmp(one->text, two->text, one->size < two->size ? one->size : two->size);

	return r != 0 ? r : (one->size > two->size) - (one->size < two->size);
}

static Name *find_name(const All *all, const char *text, size_t size)
{
	const Name name = { .text = text, .size = size };

	return bsearch(&name, all->names, all->n_names, sizeof(*all->names), compare_names);
}

/* Each once: a container can be in several networks. */
static int sort_names(All *all, Error **ret_error)
{
	all->names = calloc(all->n, sizeof(*all->names));
	if (!all->names)
		return error_oom(ret_error);
	for (size_t i = 0; i < all->n; i++) {
		const char *text = all->list[i].port.container;

		all->names[i] = (Name){ .text = text, .size = strlen(text) };
	}
	qsort(all->names, all->n, sizeof(*all->names), compare_names);
	for (size_t i = 0; i < all->n; i++)
		if (i == 0 || compare_names(&all->names[i], &all->names[all->n_names - 1]) != 0)
			all->names[all->n_names++] = all->names[i];
	return 0;
}

/* A line is an address and names, up to a comment. The text is the container's, and can be long: it is read once. */
static void mark_taken(const All *all, const char *text, size_t size)
{
	static const char space[] = " \t\r"; /* and NUL */
	const char *end = text + size;

	for (size_t i = 0; i < all->n_names; i++)
		all->names[i].taken = false;
	while (text < end) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((line ? line : end) - text), at = 0;
		const char *comment = memchr(text, '#', length);
		size_t used = comment ? (size_t)(comment - text) : length;

		for (bool first = true; at < used; first = false) {
			Name *name;
			size_t word;

			while (at < used && strchr(space, text[at]))
				at++;
			for (word = at; at < used && !strchr(space, text[at]);)
				at++;
			name = first ? NULL : find_name(all, text + word, at - word);
			if (name)
				name->taken = true;
		}
		text += length + 1;
	}
}

static void put_line(const IpAddress *ip, const char *container, bool alone, Buf *buf)
{
	char address[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(ip->family, ip->bytes, address, sizeof(address)); /* it fits */
	buf_printf(buf, "%s\t%s.sandbox%s%s\n", address, container, alone ? " " : "",
		alone ? container : "");
}

/* In the order of their addresses. What the container has itself under a bare name goes before. */
static int put_names(const All *all, const char *container, Buf *buf, Error **ret_error)
{
	for (size_t i = 0; i < all->n; i++) {
		const Known *own = &all->list[i];
		const ReachSide from = ports_side(&own->port, &own->said);

		if (strcmp(from.container, container) != 0)
			continue;
		for (size_t j = 0; j < all->n; j++) {
			_cleanup_reach_elements_ ReachElements pair = { 0 };
			const Known *other = &all->list[j];
			const ReachSide to = ports_side(&other->port, &other->said);
			const Name *name = find_name(all, to.container, strlen(to.container));

			if (j == i || strcmp(own->port.bridge, other->port.bridge) != 0 ||
				!names_is_host_name(to.container))
				continue;
			if (reach_elements_pair(&from, &to, &pair) < 0)
				return error_oom(ret_error);
			for (int six = 0; six < 2; six++)
				for (size_t e = 0; e < pair.n; e++)
					if (pair.list[e].family == (six ? AF_INET6 : AF_INET)) {
						put_line(&pair.list[e].to, to.container,
							!name->taken, buf);
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
	size_t size = 0, kept, used, padded;
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
	mark_taken(all, text, kept);
	r = put_names(all, container, &buf, ret_error);
	used = buf.size;
	while (r == 0 && buf.size < size && !buf.failed)
		buf_puts(&buf, "\n");
	padded = buf.size; /* there may be NUL bytes in it */
	if (r == 0)
		r = buf_take(&buf, &new, ret_error);
	if (r < 0)
		return r;
	r = write_over(fd, new, padded, used);
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

	if (r == 0 && all.n > 0) {
		qsort(all.list, all.n, sizeof(*all.list), compare);
		r = sort_names(&all, ret_error);
	}
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
