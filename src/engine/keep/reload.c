/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The reload of a container that runs.
 */
#include "engine/keep/reload.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/signals.h"
#include "engine/keep/readiness.h"

static void on_reloaded(void *data, int status, const char *output, Error **error)
{
	ControlServer *server = data;

	(void)output;
	if (!*error && status != 0)
		(void)error_set(error, EIO,
			"container %s: systemctl reload ended inside with status %d", server->name,
			status);
	control_server_reloaded(server, *error);
}

int reload_begin(
	ControlServer *server, Inquiry *inquiry, const EnterSpec *container, Error **ret_error)
{
	const SpecKeep *keep = &container->spec->keep;
	int r;

	if (!keep->reload_signal) {
		r = inquiry_begin(inquiry, container, readiness_reload_command(keep->units),
			on_reloaded, server, ret_error);
		return r < 0 ? r : 1;
	}
	(void)syscall(SYS_pidfd_send_signal, container->pidfd,
		signal_from_name(keep->reload_signal), NULL, 0); /* it may have ended just now */
	return keep->reload_answers;
}

void reload_answered(ControlServer *server, NotifyReload answer)
{
	_cleanup_error_ Error *error = NULL;

	if (answer == NOTIFY_RELOAD_NONE)
		return;
	if (answer == NOTIFY_RELOAD_FAILED)
		(void)error_set(&error, EIO,
			"container %s: its reload failed, and it runs on as before; \"virt-sandbox-service logs %s\" shows what it said",
			server->name, server->name);
	control_server_reloaded(server, error);
}
