/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of engines. Of those who make and keep runs, none calls the functions behind it by name.
 */
#include "engine/keep/engines.h"

#include "engine/enter/enter.h"

static int usage(const Run *run, RunUsage *ret, Error **ret_error)
{
	return run->cgroup_fd >= 0 ? run_usage(run->cgroup_fd, ret, ret_error)
				   : error_set(ret_error, EOPNOTSUPP,
					     "this host does not account for its cgroup");
}

static int console(const Run *run)
{
	return run->console_fd;
}

static const Engine namespaces = {
	.name = "namespaces",
	.create = engine_start,
	.start = run_release,
	.enter = engine_enter,
	.signal = run_signal,
	.freeze = run_freeze,
	.stop = run_kill,
	.delete = run_end,
	.usage = usage,
	.console = console,
};

const Engine *engine_of(const Spec *spec)
{
	(void)spec; /* there is one so far */
	return &namespaces;
}
