/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever started a supervisor.
 */
#include "engine/keep/launch-notifier.h"

#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "engine/keep/control.h"
#include "engine/keep/notify.h"
#include "engine/keep/state.h"

void starter_begin(const Starter *starter)
{
	supervisor_forget(starter->name);
}

void starter_ready(Starter *starter)
{
	notify_send("READY=1\nSTATUS=running");
	if (starter->fd >= 0)
		control_reply(starter->fd, NULL);
	starter->fd = fd_close(starter->fd);
}

void starter_failed(Starter *starter, const Error *error, bool leave)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s.error", starter->name);
	const char *text = error_message(error);

	if (path && leave) /* without the file the reason is still in the log */
		(void)file_write_atomic(path, text, strlen(text), 0600, NULL);
	if (starter->fd >= 0)
		control_reply(starter->fd, error);
	starter->fd = fd_close(starter->fd);
}
