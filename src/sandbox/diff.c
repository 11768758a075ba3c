/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * diff: what differs in a container's /etc from what was brought there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "content/etc-merge.h"
#include "content/manifest.h"
#include "sandbox/container-root.h"
#include "sandbox/handle.h"

static int tell(char ***rows, const char *what, const char *path)
{
	return strv_append(rows, what) < 0 ? -ENOMEM : strv_appendf(rows, "/etc/%s", path);
}

static bool has_new_version(const Manifest *present, const char *path)
{
	_cleanup_free_ char *beside = NULL;

	if (asprintf(&beside, "%s" ETC_NEW_SUFFIX, path) < 0)
		beside = NULL;
	return beside && manifest_find(present, beside);
}

static bool is_new_version(const char *path)
{
	size_t n = strlen(path), s = strlen(ETC_NEW_SUFFIX);

	return n > s && strcmp(path + n - s, ETC_NEW_SUFFIX) == 0;
}

static int compare(const Manifest *base, const Manifest *present, char ***rows)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < present->n_files; i++) {
		const ManifestFile *file = &present->files[i];
		const uint64_t *before = manifest_find(base, file->path);

		if (is_new_version(file->path) || (before && *before == file->digest))
			continue;
		r = tell(rows,
			has_new_version(present, file->path) ? "conflict"
			: before			     ? "changed"
							     : "added",
			file->path);
	}
	for (size_t i = 0; r == 0 && i < base->n_files; i++)
		if (!manifest_find(present, base->files[i].path))
			r = tell(rows, "removed", base->files[i].path);
	return r;
}

static int open_etc(const Container *c, const RunState *state, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int root_fd = -EBADF;
	uid_t base;
	int r = state->phase == RUN_STOPPED
			? container_root_stopped(c, true, &root_fd, ret_error)
			: container_root_running(c->desc->name, state, &root_fd, &base, ret_error);

	if (r < 0)
		return r;
	*ret_fd = path_open_no_links(root_fd, "etc", O_RDONLY | O_DIRECTORY, 0);
	return *ret_fd < 0 ? error_errno(ret_error, -*ret_fd, "cannot open /etc of container %s",
				     c->desc->name)
			   : 0;
}

PUBLIC int vsb_diff(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_manifest_ Manifest base = { 0 }, present = { 0 };
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container c = {};
	_cleanup_strv_ char **rows = NULL;
	_cleanup_fd_ int etc_fd = -EBADF;
	int r = sandbox_begin_look(name, &c, &state, error);

	if (r == 0 && desc_has_own_root(c.desc))
		return error_set(error, EOPNOTSUPP,
			"container %s: its /etc was not made from the host's", name);
	if (r == 0)
		r = open_etc(&c, &state, &etc_fd, error);
	if (r == 0)
		r = manifest_load(c.places.manifest, &base, error);
	if (r == 0)
		r = manifest_make(etc_fd, NULL, &present, error);
	if (r == 0 && compare(&base, &present, &rows) < 0)
		r = error_oom(error);
	if (r == 0)
		*ret = TAKE_PTR(rows);
	return r;
}
