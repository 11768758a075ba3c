/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Spec of the present start.
 */
#include "engine/keep/saved-spec.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"

#define SPEC_FILE "spec" /* in the run directory */
#define WANTED_FILE "spec.wanted"

int saved_spec_write(int run_fd, const Spec *spec, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r = spec_format(spec, &text, ret_error);

	if (r < 0)
		return r;
	/* In memory that a restart of the host empties: nothing to sync. Named when it is whole. */
	fd = openat(run_fd, SPEC_FILE ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		0600);
	r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
	if (r == 0 && renameat(run_fd, SPEC_FILE ".new", run_fd, SPEC_FILE) < 0)
		r = -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot save what the container is started with")
		     : 0;
}

int saved_spec_leave(const char *name, const Spec *spec, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s/" WANTED_FILE, name), *text = NULL;
	int r = path ? spec_format(spec, &text, ret_error) : error_oom(ret_error);

	return r < 0 ? r : file_write_unsynced(path, text, strlen(text), 0600, ret_error);
}

int saved_spec_take(int run_fd, Spec **ret, Error **ret_error)
{
	_cleanup_fd_ int fd = openat(run_fd, WANTED_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = fd < 0 ? -errno : fd_read_all(fd, SPEC_TEXT_MAX, &text, &size);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot read the requested changes");
	(void)unlinkat(run_fd, WANTED_FILE, 0); /* a later one replaces it */
	return spec_parse(text, size, WANTED_FILE, ret, ret_error);
}

int saved_spec_read(const char *name, Spec **ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s/" SPEC_FILE, name), *text = NULL;
	size_t size;
	int r = path ? file_read(path, &text, &size, ret_error) : error_oom(ret_error);

	return r < 0 ? r : spec_parse(text, size, path, ret, ret_error);
}
