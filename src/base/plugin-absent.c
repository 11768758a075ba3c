/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In the place of plugin.c, for a program that is linked statically and so cannot load any. What it does needs none.
 */
#include "base/plugin.h"

#include <errno.h>

int plugin_load(const char *name, const void **ret, Error **ret_error)
{
	(void)ret;
	return error_set(ret_error, EOPNOTSUPP, "this program cannot load plug-in %s", name);
}
