/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container's own tree that has lost its labels: what relabels the whole host knows nothing of categories that were drawn for one container.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "base/trusted-path.h"
#include "label/filelabel.h"

static int repair_file(int fd, const struct stat *st, const char *path, const char **inherited,
	void *data, Error **ret_error)
{
	_cleanup_free_ char *has = NULL;
	const Label *label = data;
	int r = filelabel_get(label, fd, &has, ret_error);

	(void)path;
	(void)inherited;
	if (r < 0 || filelabel_is_ours(label, has))
		return r;
	r = filelabel_set(label, fd, label->file, ret_error);
	return r < 0 || !label->driver->finish_file
		       ? r
		       : label->driver->finish_file(label, fd, st->st_mode, false, ret_error);
}

static int repair_tree(const Label *label, Error **ret_error)
{
	_cleanup_free_ char *real = NULL, *has = NULL;
	_cleanup_fd_ int fd = -EBADF, trusted_fd = -EBADF;
	int r;

	if (!label->tree || !label->file || !label->driver->xattr || label->fixed)
		return 0;
	fd = open(label->tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = fd < 0 ? error_errno(ret_error, errno, "cannot open %s", label->tree)
		   : filelabel_get(label, fd, &has, ret_error);
	if (r < 0 || filelabel_is_ours(label, has))
		return r;
	r = trusted_path_open(label->tree, 0, &trusted_fd, &real, ret_error);
	if (r == 0)
		r = filelabel_walk(real, repair_file, (void *)label, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot label the files of container %s again",
			       label->container)
		     : 1;
}

int label_repair(const Label *label, Error **ret_error)
{
	int r = label_repair_base(label, ret_error), q = r < 0 ? 0 : repair_tree(label, ret_error);

	return r < 0 || q == 0 ? r : q;
}
