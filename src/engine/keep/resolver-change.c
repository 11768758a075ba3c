/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/keep/resolver-change.h"

#include "base/strv.h"
#include "engine/keep/saved-spec.h"
#include "engine/start/links-program.h"

int resolver_assign(Spec *spec, char *const *servers, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_networks; i++) {
		Attachment *link = &spec->networks[i];

		if (link->kind != ATTACHMENT_SHARED)
			continue;
		link->resolvers = strv_free(link->resolvers);
		if (strv_copy(&link->resolvers, servers) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

int resolver_change(Spec *spec, char *const *servers, int run_fd, Error **ret_error)
{
	int r = resolver_assign(spec, servers, ret_error);

	if (r < 0 || !spec_shared_link(spec))
		return r;
	r = links_reach(spec, ret_error);
	return r < 0 ? r : saved_spec_write(run_fd, spec, ret_error);
}

int resolver_say(Spec *spec, char *const *lines, int run_fd, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_copies; i++) {
		SpecCopy *copy = &spec->copies[i];
		_cleanup_strv_ char **before = NULL;
		int r;

		if (copy->form != SPEC_COPY_RESOLVER && copy->form != SPEC_COPY_HOST_RESOLVER)
			continue;
		before = copy->lines;
		copy->lines = NULL;
		r = strv_copy(&copy->lines, lines) < 0 ? error_oom(ret_error)
						       : saved_spec_write(run_fd, spec, ret_error);
		if (r < 0) {
			strv_free(copy->lines);
			copy->lines = TAKE_PTR(before);
		}
		return r;
	}
	return error_set(ret_error, EOPNOTSUPP,
		"it was started with its own /etc/resolv.conf, or by an older version; restart it");
}
