/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holds the place of the supervisor's client side until it lands in the next commits, which delete this file.
 */
#include "engine/state.h"

int supervisor_launch(const char *name, Error **ret_error)
{
	return error_set(ret_error, ENOSYS, "container %s: no supervisor yet", name);
}

int supervisor_stop(const char *name, unsigned int timeout, Error **ret_error)
{
	(void)timeout;
	return error_set(ret_error, ENOSYS, "container %s: no supervisor yet", name);
}

int supervisor_set_resources(
	const char *name, const DescResources *resources, Error **ret_error)
{
	(void)resources;
	return error_set(ret_error, ENOSYS, "container %s: no supervisor yet", name);
}

int supervisor_console_attach(const char *name, Error **ret_error)
{
	return error_set(ret_error, ENOSYS, "container %s: no supervisor yet", name);
}

int supervisor_cleanup(const Desc *desc, Error **ret_error)
{
	(void)desc;
	(void)ret_error;
	return 0;
}
