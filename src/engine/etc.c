/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /etc of a container without a content tree: a few files of our own, and from the host only what
 * every program needs and everybody may read. No secret, no configuration of a service.
 */
#include "engine/etc.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/resolver.h"
#include "engine/mountfd.h"

static const char passwd_text[] = "root:x:0:0:root:/root:/bin/sh\n"
				  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
static const char group_text[] = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n";
static const char nsswitch_text[] = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
				    "networks: files\nprotocols: files\nservices: files\n";

/* What a program may need of the host, bound read-only where the host has it. parent: made first. */
typedef struct SharedName {
	const char *name;
	bool directory;
	const char *parent, *grandparent;
} SharedName;

static const SharedName shared_names[] = {
	{ "alternatives", true, NULL, NULL },
	{ "ld.so.cache", false, NULL, NULL },
	{ "mime.types", false, NULL, NULL },
	{ "pki/ca-trust", true, "etc/pki", NULL },
	{ "pki/tls/certs", true, "etc/pki/tls", "etc/pki" },
	{ "protocols", false, NULL, NULL },
	{ "services", false, NULL, NULL },
	{ "ssl/certs", true, "etc/ssl", NULL },
	{ "ssl/openssl.cnf", false, "etc/ssl", NULL },
};

static const SharedName localtime_name = { "localtime", false, NULL, NULL };
static const SharedName resolv_conf = { "resolv.conf", false, NULL, NULL };

static bool has_network(const Desc *desc)
{
	for (size_t i = 0; i < desc->n_networks; i++)
		if (desc->networks[i].type != DESC_NETWORK_NONE)
			return true;
	return false;
}

static int make_parents(Root *root, const SharedName *shared, Error **ret_error)
{
	const char *parents[] = { shared->grandparent, shared->parent };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parents); i++)
		if (parents[i])
			r = root_make_directory(root, parents[i], 0755, ret_error);
	return r;
}

/* 0 as well when the host has none. A link of the host is followed. source: where the host has it, NULL: under the same name. */
static int share_name(Root *root, const SharedName *shared, const char *source, Error **ret_error)
{
	char host[64];
	int r;

	(void)snprintf(host, sizeof(host), "/etc/%s", shared->name);
	if (!source)
		source = host;
	if (access(source, F_OK) < 0)
		return 0;
	r = make_parents(root, shared, ret_error);
	if (r < 0)
		return r;
	r = shared->directory ? root_make_directory(root, host + 1, 0755, ret_error)
			      : root_make_target(root, host + 1, ret_error);
	if (r < 0)
		return r;
	r = mount_bind(source, host + 1, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	return r < 0 ? error_errno(ret_error, -r, "bind %s", source) : 0;
}

static int share_names(Root *root, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared_names); i++) {
		int r = share_name(root, &shared_names[i], NULL, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The time zone is a link into /usr, which the container has, too. */
static int copy_localtime(Root *root, Error **ret_error)
{
	char link[256];
	ssize_t n = readlink("/etc/localtime", link, sizeof(link) - 1);

	if (n < 0 && errno == EINVAL)
		return share_name(root, &localtime_name, NULL, ret_error);
	if (n < 0)
		return 0; /* none: UTC, as on the host */
	link[n] = '\0';
	if (symlinkat(link, root->fd, "etc/localtime") < 0)
		return error_errno(ret_error, errno, "make the link /etc/localtime");
	return 0;
}

static int make_hosts(Root *root, Error **ret_error)
{
	const char *name = root->spec->desc->name;
	char text[256];
	int r;

	(void)snprintf(
		text, sizeof(text), "127.0.0.1\tlocalhost %s\n::1\tlocalhost %s\n", name, name);
	r = root_make_file(root, "etc/hosts", 0644, text, ret_error);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%s\n", name);
	return root_make_file(root, "etc/hostname", 0644, text, ret_error);
}

/* On the host's own network its loopback interface, and a resolver on it, is the container's, too. */
static int share_resolver(Root *root, Error **ret_error)
{
	const Desc *desc = root->spec->desc;
	_cleanup_free_ char *path = NULL;
	_cleanup_fd_ int fd = -EBADF;
	bool local;
	int r;

	if (desc->networks[0].type == DESC_NETWORK_HOST)
		return share_name(root, &resolv_conf, NULL, ret_error);
	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "open /");
	r = resolver_find(fd, &path, &local);
	if (r < 0)
		return error_errno(ret_error, -r, "read /etc/resolv.conf");
	return path ? share_name(root, &resolv_conf, path, ret_error) : 0;
}

int etc_make(Root *root, Error **ret_error)
{
	const struct {
		const char *path, *text;
	} own[] = {
		{ "etc/passwd", passwd_text },
		{ "etc/group", group_text },
		{ "etc/nsswitch.conf", nsswitch_text },
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		r = root_make_file(root, own[i].path, 0644, own[i].text, ret_error);
		if (r < 0)
			return r;
	}
	r = make_hosts(root, ret_error);
	if (r < 0)
		return r;
	r = copy_localtime(root, ret_error);
	if (r < 0)
		return r;
	r = share_names(root, ret_error);
	if (r < 0)
		return r;
	return has_network(root->spec->desc) ? share_resolver(root, ret_error) : 0;
}
