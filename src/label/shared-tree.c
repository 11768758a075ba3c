/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that many containers have below their own. An overlay shows a file with the label that the kernel holds for it below, so it is this label that
 * a container must be allowed. Under SELinux the mount option overrides it in all but mprotect(). AppArmor has no labels.
 */
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "label/filelabel.h"

typedef struct Sharing {
	const Label label; /* of nobody: for the names of attributes */
	const char *path, *text;
} Sharing;

/* The uppermost has it last, so that it tells whether all have it. */
static int share_file(int fd, const struct stat *st, const char *path, const char **inherited,
	void *data, Error **ret_error)
{
	const Sharing *sharing = data;

	(void)st;
	(void)inherited;
	return strcmp(path, sharing->path) == 0
		       ? 0
		       : filelabel_set(&sharing->label, fd, sharing->text, ret_error);
}

static int label_one(const Sharing *sharing, const char *path, const char *text, Error **ret_error)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	return filelabel_set(&sharing->label, fd, text, ret_error);
}

int label_share_tree_on(const LabelHost *host, const char *path, Error **ret_error)
{
	const LabelDriver *driver = label_driver_of(host);
	_cleanup_free_ char *text = NULL, *top = NULL, *directory = NULL;
	size_t length = (size_t)(path_base(path) - path);
	int r = 0;

	directory = strndup(path, length);
	if (!directory)
		r = error_oom(ret_error);
	if (r == 0 && driver->shared)
		r = driver->shared(host, &top, &text, ret_error);
	if (r == 0 && text) {
		Sharing sharing = {
			.label = { .driver = driver, .host = host }, .path = path, .text = text
		};

		r = filelabel_walk(path, share_file, &sharing, ret_error);
		if (r == 0 && top)
			r = label_one(&sharing, directory, top, ret_error);
		if (r == 0)
			r = label_one(&sharing, path, text, ret_error);
	}
	return r < 0 ? error_wrap(ret_error, "cannot label the files of %s", path) : 0;
}

int label_share_tree(const char *path, Error **ret_error)
{
	return label_share_tree_on(&label_host_real, path, ret_error);
}

/* The host may have been relabelled, or have had another model, since. */
int label_repair_base(const Label *label, Error **ret_error)
{
	const LabelDriver *driver = label->base ? label_driver_of(label->host) : NULL;
	const Label nobody = { .driver = driver, .host = label->host };
	_cleanup_free_ char *text = NULL, *top = NULL, *has = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!driver || !driver->shared)
		return 0;
	if (driver != label->driver && driver->shared_closed)
		return error_set(ret_error, EOPNOTSUPP,
			"container %s: a process without a label of its own may not use the files of a base under %s; "
			"leave out --security model=none",
			label->container, driver->name);
	fd = open(label->base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", label->base);
	r = driver->shared(label->host, &top, &text, ret_error);
	if (r == 0)
		r = filelabel_get(&nobody, fd, &has, ret_error);
	if (r < 0 || (has && strcmp(has, text) == 0))
		return r;
	r = label_share_tree_on(label->host, label->base, ret_error);
	return r < 0 ? r : 1;
}
