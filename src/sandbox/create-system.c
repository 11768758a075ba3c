/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * create of a container with a root of its own: its base, and its plan.
 */
#include <fcntl.h>

#include "base/fd.h"
#include "base/resolver.h"
#include "sandbox/create.h"
#include "sandbox/own-root.h"
#include "sandbox/system-base.h"

/* A root of its own needs no facts about the host's programs. */
int create_system_plan(const Desc *asked, const Identity *identity, Desc **ret_desc,
	Plan **ret_plan, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	_cleanup_free_ char *resolver = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	bool local;
	int r = create_resolve(asked, &desc, ret_error);

	if (r == 0 && desc->root)
		r = own_root_complete(desc, ret_error);
	if (r == 0) {
		fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? -errno : resolver_find(fd, &resolver, &local);
		if (r < 0)
			r = error_errno(ret_error, -r, "cannot read /etc/resolv.conf");
	}
	if (r == 0)
		r = plan_make_system(desc, identity, resolver, ret_plan, ret_error);
	if (r == 0)
		*ret_desc = TAKE_PTR(desc);
	return r;
}

/* The base of what is asked for, unless it is known. */
int create_system_base(
	const Desc *asked, vsb_progress progress, void *data, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL, *resolved = NULL;
	_cleanup_base_ Base base = {};
	int r = desc_copy(asked, &desc, ret_error);

	if (r == 0 && (desc->os || desc->os_from) && !desc->base) {
		r = create_resolve(asked, &resolved, ret_error); /* before anything is made */
		if (r == 0)
			r = system_base_provide(desc, false, progress, data, &base, ret_error);
		if (r == 0) {
			desc->base = TAKE_PTR(base.id);
			desc->init = TAKE_PTR(base.init);
		}
	}
	if (r == 0)
		*ret = TAKE_PTR(desc);
	return r;
}
