/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A root of the administrator's own.
 */
#include "sandbox/own-root.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "content/base-arch.h"
#include "content/base-store.h"
#include "engine/start/fs-image.h"
#include "engine/start/mount-source.h"

static int find(const Desc *desc, char **ret, int *ret_fd, bool *ret_image, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = mount_source_open(desc->root, !desc->root_readonly, &fd, &real, ret_error);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot inspect %s", desc->root);
	*ret_image = !S_ISDIR(st.st_mode);
	if (*ret_image && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(ret_error, ENOTDIR,
			"cannot use %s: it is neither a directory nor an image", desc->root);
	*ret = TAKE_PTR(real);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int own_root_find(const Desc *desc, char **ret, bool *ret_image, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r = find(desc, &real, &fd, ret_image, ret_error);

	if (r == 0 && *ret_image)
		r = image_find(desc->root, &fd, NULL, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "--root");
	*ret = TAKE_PTR(real);
	return 0;
}

int own_root_complete(Desc *desc, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	const char *init = "systemd";
	bool own = !desc_has_host_root(desc), image = false;
	int r = own ? find(desc, &real, &fd, &image, ret_error) : 0;

	if (r == 0 && image && desc->kind == DESC_SYSTEM) {
		fd = fd_close(fd);
		r = image_open(real, true, -EBADF, &fd, ret_error);
	}
	if (r == 0 && own && desc->kind == DESC_SYSTEM)
		r = base_find_init(fd, &init, ret_error);
	if (r == 0 && own && desc->kind == DESC_SYSTEM)
		r = base_check_programs(fd, NULL, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "--root %s", desc->root);
	if (desc->kind != DESC_SYSTEM)
		return 0;
	free(desc->init);
	desc->init = strdup(init);
	return desc->init ? 0 : error_oom(ret_error);
}
