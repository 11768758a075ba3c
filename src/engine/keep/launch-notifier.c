/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever launched a supervisor.
 */
#include "engine/keep/launch-notifier.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "engine/keep/control.h"
#include "engine/keep/notify.h"
#include "engine/keep/state.h"

void launch_notifier_begin(const LaunchNotifier *launcher)
{
	supervisor_forget(launcher->name);
}

/* Our standard error is that of who started us: it must not be held for as long as the container lives. */
static void stop_telling(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_stop();
	if (null >= 0)
		(void)dup2(null, STDERR_FILENO);
	(void)fd_close(null);
}

void launch_notifier_ready(LaunchNotifier *launcher)
{
	notify_send("READY=1\nSTATUS=running");
	if (launcher->fd >= 0)
		control_reply(launcher->fd, NULL);
	if (launcher->fd >= 0 && log_on)
		stop_telling();
	launcher->fd = fd_close(launcher->fd);
}

void launch_notifier_leave(const LaunchNotifier *launcher, const Error *error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s.error", launcher->name);
	const char *text = error_message(error);

	if (path) /* without the file the reason is still in the log */
		(void)file_write_atomic(path, text, strlen(text), 0600, NULL);
}

void launch_notifier_failed(LaunchNotifier *launcher, const Error *error)
{
	if (launcher->fd >= 0)
		control_reply(launcher->fd, error);
	launcher->fd = fd_close(launcher->fd);
}
