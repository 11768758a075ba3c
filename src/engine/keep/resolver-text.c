/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/keep/resolver-text.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/resolver.h"
#include "base/strv.h"
#include "base/trusted-path.h"

/* A host that is just being configured may have none, or a link to what is not there yet. */
static int read_one(const char *path, char ***names, char **ret, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int walked = -EBADF, fd = -EBADF;
	_cleanup_error_ Error *error = NULL;
	int r = trusted_path_trace(path, TRUSTED_ROOTS_LINKS, names, &walked, &real, &error);

	if (r == -ENOENT) {
		*ret = strdup("");
		return *ret ? 0 : error_oom(ret_error);
	}
	if (r < 0) {
		if (ret_error)
			*ret_error = TAKE_PTR(error);
		return r;
	}
	fd = trusted_path_reopen(walked, O_RDONLY | O_NONBLOCK);
	r = fd < 0 ? fd : fd_read_all(fd, RESOLVER_SIZE_MAX, ret, NULL);
	return r < 0 ? error_errno(ret_error, -r, "cannot follow %s: read it", path) : 0;
}

int resolver_text(
	const SpecCopy *copy, char ***names, char **ret, char ***ret_servers, Error **ret_error)
{
	bool alone = copy->form == SPEC_COPY_HOST_RESOLVER;
	_cleanup_free_ char *text = NULL, *composed = NULL;
	int r = read_one(resolver_files[0], names, &text, ret_error);

	for (size_t i = 1; r == 0 && i < RESOLVER_FILES && !alone; i++) {
		_cleanup_free_ char *other = NULL;

		r = resolver_is_local(text) ? read_one(resolver_files[i], names, &other, ret_error)
					    : 0;
		if (r < 0 || !other || resolver_is_local(other))
			continue; /* no better than the one that everybody reads */
		free(text);
		text = TAKE_PTR(other);
	}
	if (r < 0)
		return r;
	composed = resolver_compose(text, copy->lines, alone);
	if (!composed || resolver_servers(composed, ret_servers) < 0)
		return error_oom(ret_error);
	*ret = TAKE_PTR(composed);
	return 0;
}
