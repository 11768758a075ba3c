/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Directories, links and three files, in a place that nobody else sees.
 */
#include "sandbox/image-root.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/spec/kernel-facts.h"

/* Makes it with all above it, below fd. */
static int make_directory(int fd, const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	_cleanup_fd_ int made = path_mkdir_in_root(fd, path, 0755);

	if (made < 0)
		return made;
	return fchownat(made, "", uid, gid, AT_EMPTY_PATH) < 0 ||
			       chmod(fd_magic(made).path, mode) < 0
		       ? -errno
		       : 0;
}

static int make_file(int fd, const char *path, const char *text)
{
	_cleanup_fd_ int file = path_open_no_links(fd, path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	if (file < 0)
		return file;
	if (fchmod(file, 0644) < 0)
		return -errno;
	return fd_write_all(file, text, strlen(text));
}

static int make_links(int fd, Error **ret_error)
{
	_cleanup_kernel_facts_ KernelFacts facts = {};
	int r = kernel_facts_read(false, &facts, ret_error);

	for (size_t i = 0; i < KERNEL_FACTS_NAMES && r == 0; i++) {
		const SystemName *name = &facts.system[i];

		if (name->present && name->link && symlinkat(name->link, fd, name->name) < 0)
			r = error_errno(ret_error, errno, "cannot make the link /%s", name->name);
	}
	return r;
}

static int make_base(int fd)
{
	static const struct {
		const char *path;
		mode_t mode;
	} directories[] = { { "dev", 0755 }, { "etc", 0755 }, { "mnt", 0755 }, { "opt", 0755 },
		{ "proc", 0755 }, { "run", 0755 }, { "run/lock", 01777 }, { "sys", 0755 },
		{ "tmp", 01777 }, { "usr", 0755 } };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directories) && r == 0; i++)
		r = make_directory(fd, directories[i].path, directories[i].mode, 0, 0);
	/* machine-id(5): empty, it is made at the first start, and that start is none where presets of units are applied */
	if (r == 0)
		r = make_file(fd, "etc/machine-id", "");
	if (r == 0)
		r = make_file(fd, "etc/hosts",
			"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
	return r;
}

/* Ids of names that the container has; root's where it has not. */
static int make_owned(int fd, const OwnerMap *owners, const char *path, mode_t mode,
	const char *user, const char *group)
{
	uid_t uid = 0;
	gid_t gid = 0;

	(void)owner_user(owners, user, &uid, NULL); /* stays root's */
	(void)owner_group(owners, group, &gid, NULL);
	return make_directory(fd, path, mode, uid, gid);
}

/* "d /run/NAME 0755 USER GROUP ..." of tmpfiles.d(5). */
static int make_declared(int fd, const OwnerMap *owners, const char *line)
{
	_cleanup_free_ char *text = strdup(line);
	char *fields[FACT_LINE_FIELDS];
	const char *path, *mode;
	size_t n;

	if (!text)
		return -ENOMEM;
	n = fact_line_split(text, fields);
	if (n < 2 || !strchr("dDvqQ", fields[0][0]))
		return 0;
	path = fields[1];
	if (strncmp(path, "/var/run/", strlen("/var/run/")) == 0)
		path += strlen("/var");
	if (!path_is_below(path, "/run") || !path_is_normal(path) || strchr(path, '%'))
		return 0;
	mode = fact_line_field(fields, n, 2);
	return make_owned(fd, owners, path + 1,
		/* "~0755": masked by what is there; ":0755": of new ones only. It is new. */
		mode ? (mode_t)strtoul(mode + strspn(mode, "~:"), NULL, 8) & 07777 : 0755,
		fact_line_field(fields, n, 3), fact_line_field(fields, n, 4));
}

static int make_runtime(
	int fd, const Facts *facts, const UnitProcess *process, const OwnerMap *owners)
{
	int r = 0;

	for (size_t i = 0; i < facts->n_tmpfiles && r == 0; i++)
		r = make_declared(fd, owners, facts->tmpfiles[i].text);
	STRV_FOREACH (name, process->runtime) {
		_cleanup_free_ char *path = path_join("run", *name);

		if (!path)
			return -ENOMEM;
		path[strcspn(path, ":")] = '\0'; /* a link to it, of systemd 257 */
		if (r == 0)
			r = make_owned(fd, owners, path, process->runtime_mode, process->user,
				process->group ? process->group : process->user);
	}
	return r;
}

int image_root_make(const char *directory, const Facts *facts, const UnitProcess *process,
	const OwnerMap *owners, Error **ret_error)
{
	_cleanup_fd_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : make_base(fd);

	if (r == 0 && process)
		r = make_runtime(fd, facts, process, owners);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot make the root of the image");
	return make_links(fd, ret_error);
}
