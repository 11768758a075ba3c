/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of what is published. A record is a symbolic link PORT -> "HOLDER STARTTIME BRIDGE ADDRESS ADDRESS6 CONTAINER PUBLICATION...": made and read in one
 * system call each, never half-written.
 */
#include "net/published.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "net/address.h"

#define PLACE ".network/publish"

void published_done(Published *published)
{
	free(published->port);
	free(published->container);
	free(published->bridge);
	strv_free(published->list);
	*published = (Published){ 0 };
}

static int open_place(int *ret_fd)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, PLACE);
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : -1;

	if (fd < 0)
		return path ? -errno : -ENOMEM;
	*ret_fd = fd;
	return 0;
}

static int parse(const char *port, char **fields, Published *ret)
{
	_cleanup_published_ Published p = { 0 };
	unsigned long long starttime;
	int holder;

	if (strv_length(fields) < 6 || sscanf(fields[0], "%d", &holder) != 1 ||
		sscanf(fields[1], "%llu", &starttime) != 1 || ip_parse(fields[3], &p.address) < 0 ||
		(strcmp(fields[4], "-") != 0 && ip_parse(fields[4], &p.address6) < 0))
		return -EBADMSG;
	p.bridge = strdup(fields[2]);
	p.port = strdup(port);
	p.container = strdup(fields[5]);
	if (!p.port || !p.container || !p.bridge || strv_copy(&p.list, fields + 6) < 0)
		return -ENOMEM;
	p.holder = holder;
	p.holder_starttime = starttime;
	*ret = p;
	p = (Published){ 0 };
	return 0;
}

static int read_record(int dirfd, const char *port, Published *ret)
{
	_cleanup_strv_ char **fields = NULL;
	char text[PATH_MAX];
	ssize_t n = readlinkat(dirfd, port, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return strv_split(&fields, text, " ") < 0 ? -ENOMEM : parse(port, fields, ret);
}

int published_read(const char *port, Published *ret, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = open_place(&fd);

	if (r == 0)
		r = read_record(fd, port, ret);
	return r == 0 || r == -ENOENT
		       ? r
		       : error_errno(ret_error, -r, "cannot read the ports published on %s", port);
}

int published_record(const Published *p, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, PLACE),
			    *list = strv_join(p->list, " "), *text = NULL;
	char address[INET6_ADDRSTRLEN], address6[INET6_ADDRSTRLEN] = "-";
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!inet_ntop(AF_INET, p->address.bytes, address, sizeof(address)) ||
		(p->address6.family == AF_INET6 &&
			!inet_ntop(AF_INET6, p->address6.bytes, address6, sizeof(address6))))
		return error_errno(ret_error, errno, "cannot format an address");
	if (!path || !list ||
		asprintf(&text, "%d %llu %s %s %s %s %s", (int)p->holder,
			(unsigned long long)p->holder_starttime, p->bridge, address, address6,
			p->container, list) < 0)
		return error_oom(ret_error);
	r = file_mkdir_p(path, 0700, ret_error);
	if (r < 0)
		return r;
	r = open_place(&fd);
	if (r == 0 && unlinkat(fd, p->port, 0) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0 && symlinkat(text, fd, p->port) < 0)
		r = -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot record the published ports in %s", path)
		     : 0;
}

int published_forget(const char *port, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, PLACE);
	_cleanup_fd_ int fd = -EBADF;
	int r = path ? open_place(&fd) : -ENOMEM;

	if (r == -ENOENT)
		return 0;
	if (r == 0 && unlinkat(fd, port, 0) < 0 && errno != ENOENT)
		r = -errno;
	if (r < 0)
		return error_errno(ret_error, -r,
			"cannot remove the record of the ports published on %s", port);
	(void)rmdir(path); /* others may have theirs in it */
	return 0;
}

int published_each(PublishedCall call, void *data, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r = open_place(&fd);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = file_list_fd(fd, &names);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot list what is published");
	STRV_FOREACH (name, names) {
		_cleanup_published_ Published published = { 0 };

		if (r == 0 && read_record(fd, *name, &published) == 0)
			r = call(&published, data, ret_error);
	}
	return r;
}
