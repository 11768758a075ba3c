/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads what a compiler must know of the host.
 */
#include "engine/spec/kernel-facts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/resolver.h"

/* Links into /usr on a merged host; on others directories. */
static const char *const system_names[KERNEL_FACTS_NAMES] = { "bin", "sbin", "lib", "lib32",
	"lib64", "libx32" };

/* 1: a link, *ret is where it leads; 0: something else is there; -ENOENT. */
static int read_link(const char *path, char **ret, Error **ret_error)
{
	char link[PATH_MAX];
	ssize_t n = readlink(path, link, sizeof(link));

	if (n < 0 && errno == EINVAL)
		return 0;
	if (n < 0 && errno == ENOENT)
		return -ENOENT;
	if (n < 0 || n == (ssize_t)sizeof(link))
		return error_errno(
			ret_error, n < 0 ? errno : ENAMETOOLONG, "cannot inspect %s", path);
	*ret = strndup(link, (size_t)n);
	return *ret ? 1 : error_oom(ret_error);
}

static int read_system(KernelFacts *facts, Error **ret_error)
{
	for (size_t i = 0; i < KERNEL_FACTS_NAMES; i++) {
		SystemName *name = &facts->system[i];
		char path[16];
		int r;

		(void)snprintf(path, sizeof(path), "/%s", system_names[i]);
		name->name = system_names[i];
		r = read_link(path, &name->link, ret_error);
		if (r < 0 && r != -ENOENT)
			return r;
		name->present = r >= 0;
	}
	return 0;
}

static int read_resolver(KernelFacts *facts, Error **ret_error)
{
	_cleanup_fd_ int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool local;
	int r = fd < 0 ? -errno : resolver_find(fd, &facts->resolver, &local);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot read /etc/resolv.conf");
	return facts->resolver ? file_read(facts->resolver, &facts->resolver_text, NULL, ret_error)
			       : 0;
}

int kernel_facts_read(bool resolver, KernelFacts *ret, Error **ret_error)
{
	_cleanup_kernel_facts_ KernelFacts facts = { 0 };
	int r = read_system(&facts, ret_error);

	if (r < 0)
		return r;
	r = read_link("/etc/localtime", &facts.localtime, ret_error);
	if (r < 0 && r != -ENOENT)
		return r;
	facts.has_localtime = r >= 0;
	r = resolver ? read_resolver(&facts, ret_error) : 0;
	if (r < 0)
		return r;
	*ret = facts;
	facts = (KernelFacts){ 0 };
	return 0;
}

void kernel_facts_done(KernelFacts *facts)
{
	for (size_t i = 0; i < KERNEL_FACTS_NAMES; i++)
		free(facts->system[i].link);
	free(facts->devices);
	free(facts->root);
	free(facts->localtime);
	free(facts->resolver);
	free(facts->resolver_text);
}
