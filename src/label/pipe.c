/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pipes that a container may use. pipe(2) makes them with the label of who calls it, and there is no way to change that afterwards: the level of an
 * administrator's process dominates the container's, which then may not write. A FIFO is a file and can be labelled; without its name it is a pipe.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "label/driver.h"

static int open_ends(const Label *label, const char *path, int ret[2], Error **ret_error)
{
	_cleanup_fd_ int from = -EBADF, to = -EBADF;
	int r;

	/* Not blocking: opening the one end would wait for the other. */
	from = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	r = label_set_fd(label, from, ret_error);
	if (r < 0)
		return r;
	to = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0 || fcntl(from, F_SETFL, 0) < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	ret[0] = TAKE_FD(from);
	ret[1] = TAKE_FD(to);
	return 0;
}

int label_pipe(const Label *label, int ret[2], Error **ret_error)
{
	_cleanup_free_ char *directory = NULL, *path = NULL;
	int r;

	if (!label || !label->file || !label->driver->xattr)
		return pipe2(ret, O_CLOEXEC) < 0
			       ? error_errno(ret_error, errno, "cannot create a pipe")
			       : 0;
	directory = layout_path(LAYOUT_RUN);
	path = layout_pathf(LAYOUT_RUN, ".pipe-%d",
		(int)gettid()); /* only we write there, and one thread makes one at a time */
	if (!directory || !path)
		return error_oom(ret_error);
	r = file_mkdir_p(directory, 0700, ret_error);
	if (r < 0)
		return r;
	(void)unlink(path); /* of a killed process that had our number */
	if (mkfifo(path, 0600) < 0)
		return error_errno(ret_error, errno, "cannot make %s", path);
	r = open_ends(label, path, ret, ret_error);
	(void)unlink(
		path); /* it was there a moment ago; what is left over after all is unlinked by the next */
	return r;
}
