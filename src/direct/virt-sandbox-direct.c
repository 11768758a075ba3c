/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-direct: PID 1 of a container with one service and no systemd. The engine exec'ed me from a descriptor, confined already. My words are steps
 * (steps.h) that were made of the service's unit on the host; I do them, hand on what the service says, and end as it ended.
 *
 *	virt-sandbox-direct KEY=VALUE...
 *
 * SIGTERM: stop it, and end. SIGHUP: reload it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "direct/service.h"

#define EXIT_BROKEN 125 /* nothing was started */

/* They are ours alone, and long: ps(1) has no use for them. */
static void hide_words(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		memset(argv[i], 0, strlen(argv[i]));
}

int main(int argc, char **argv)
{
	Service service = { .notify_fd = -1, .log_fd = -1, .manager = getenv("NOTIFY_SOCKET") };
	const char *bad;

	(void)prctl(PR_SET_NAME, "virt-sandbox-di", 0, 0,
		0); /* exec'ed from a descriptor, our name is a number */
	if (steps_parse(argv + 1, (size_t)(argc - 1), &service.steps, &bad) < 0) {
		pump_say(&service, "invalid step \"%s\"", bad);
		return EXIT_BROKEN;
	}
	hide_words(argc, argv);
	(void)umask(0022);
	(void)mkdir("/run/systemd", 0755);
	if (pump_begin(&service) < 0 || group_begin(&service) < 0) {
		pump_say(&service, "cannot begin: %s", strerror(errno));
		return EXIT_BROKEN;
	}
	if (confine_boot(&service) < 0 || listen_begin(&service) < 0)
		return EXIT_BROKEN;
	return service_live(&service);
}
