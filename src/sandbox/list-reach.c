/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * reach: who reaches whom on networks of ours, by the rules that are in force.
 */
#include "base/strv.h"
#include "net/net.h"
#include "sandbox/handle.h"

PUBLIC int vsb_reach(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	_cleanup_strv_ char **rows = NULL;
	int r = name ? sandbox_begin_look(name, &container, &state, error) : sandbox_begin(error);

	if (r == 0 && name && state.phase == RUN_STOPPED)
		return error_set(error, ENOTCONN, "container %s is not running", name);
	if (r == 0)
		r = net_reach_list(name, &rows, error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(rows);
	return 0;
}
