/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources of the description's mounts, asked for while a mistake costs nothing yet.
 */
#include "sandbox/mount-check.h"

#include "base/fd.h"
#include "base/path.h"
#include "engine/start/fs-image.h"
#include "engine/start/mount-source.h"

/* Once the container runs the directory has its mark; before, the description tells. */
static int check_outside(const Desc *desc, const char *image, const char *real, Error **ret_error)
{
	for (size_t i = 0; i < desc->n_mounts; i++) {
		const DescMount *mount = &desc->mounts[i];
		_cleanup_free_ char *directory = NULL;
		_cleanup_fd_ int fd = -EBADF;
		int r;

		if (mount->type != DESC_MOUNT_HOST_BIND || mount->readonly)
			continue;
		r = mount_source_open(mount->source, true, &fd, &directory, ret_error);
		if (r < 0)
			return r;
		if (path_is_below(real, directory))
			return error_set(ret_error, EPERM,
				"cannot use %s: it is in %s, which the container can write to; "
				"choose a place that no container can write to",
				image, directory);
	}
	return 0;
}

static int check_image(const Desc *desc, const char *path, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r = image_find(path, &fd, &real, ret_error);

	return r < 0 ? r : check_outside(desc, path, real, ret_error);
}

int mount_sources_check(const Desc *desc, Error **ret_error)
{
	for (size_t i = 0; i < desc->n_mounts; i++) {
		const DescMount *mount = &desc->mounts[i];
		_cleanup_fd_ int fd = -EBADF;
		int r = 0;

		if (mount->type == DESC_MOUNT_HOST_BIND)
			r = mount_source_open(
				mount->source, !mount->readonly, &fd, NULL, ret_error);
		else if (mount->type == DESC_MOUNT_HOST_IMAGE)
			r = check_image(desc, mount->source, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "mount %s", mount->target);
	}
	return 0;
}
