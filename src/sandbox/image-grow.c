/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Growing an image: by a program in a sandbox, since a container shaped what that program reads.
 */
#include "sandbox/image-grow.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/strv.h"
#include "content/image.h"
#include "engine/start/fs-image.h"
#include "sandbox/execute.h"

#define TOOL_IMAGE "/mnt/image" /* where the programs that grow a file system have it */

/* A container shaped the file system, so the program that parses it has nothing but the image: a sandbox of its own, with ids of its own. */
static int run_on_image(const Desc *desc, const char *image, const char *program,
	const char *options, int *ret_status, Error **ret_error)
{
	_cleanup_desc_ Desc *tool = desc_new();
	DescMount *mount;
	int r;

	if (!tool)
		return error_oom(ret_error);
	r = strv_append(&tool->command, "/bin/sh");
	if (r >= 0)
		r = strv_append(&tool->command, "-c");
	if (r >= 0)
		r = strv_appendf(&tool->command, "exec %s %s " TOOL_IMAGE " >/dev/null 2>&1",
			program, options);
	mount = r < 0 ? NULL : desc_add_mount(tool);
	if (!mount)
		return error_oom(ret_error);
	tool->kind = DESC_COMMAND;
	tool->security.model = desc->security.model;
	mount->type = DESC_MOUNT_HOST_BIND;
	mount->source = strdup(image);
	mount->target = strdup(TOOL_IMAGE);
	if (!mount->source || !mount->target)
		return error_oom(ret_error);
	r = oneshot_quiet(tool, ret_status, ret_error);
	return r < 0 ? error_wrap(ret_error, "run %s on %s", program, image) : 0;
}

int image_grow(const Desc *desc, Error **ret_error)
{
	_cleanup_free_ char *image = image_path(desc);
	_cleanup_fd_ int lock = -EBADF;
	struct stat st;
	int status, r;

	if (!image)
		return error_oom(ret_error);
	r = image_lock(image, &lock, ret_error);
	if (r < 0)
		return r;
	if (fstat(lock, &st) < 0)
		return error_errno(ret_error, errno, "look at the image %s", image);
	if ((uint64_t)st.st_size > desc->image_size)
		return error_set(ret_error, EINVAL, "the image %s has %lld bytes and can only grow",
			image, (long long)st.st_size);
	/* resize2fs insists on a file system that was checked just before. 1: errors were corrected. */
	r = run_on_image(desc, image, "e2fsck", "-f -p", &status, ret_error);
	if (r < 0)
		return r;
	if (status > 1)
		return error_set(ret_error, EIO,
			"the file system in %s is damaged (e2fsck ended with %d); repair it in a "
			"sandbox: virt-sandbox -m host-bind:" TOOL_IMAGE
			"=%s -- e2fsck -f " TOOL_IMAGE,
			image, status, image);
	r = image_resize(desc, ret_error);
	if (r == 0)
		r = run_on_image(desc, image, "resize2fs", "", &status, ret_error);
	if (r == 0 && status != 0)
		return error_set(ret_error, EIO,
			"cannot grow the file system in %s: resize2fs ended with %d", image,
			status);
	return r;
}
