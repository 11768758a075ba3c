/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sd_notify protocol (sd_notify(3)), both ends: what the container's systemd tells us, which is hostile input, and what we
 * tell the manager that started us.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "engine/keep/outcome.h"

#define NOTIFY_SIZE_MAX 4096u /* bytes of one datagram; systemd's own limit */
#define NOTIFY_STATUS_MAX 256u /* bytes of a status that we pass on */

typedef enum NotifyReload {
	NOTIFY_RELOAD_NONE,
	NOTIFY_RELOAD_DONE,
	NOTIFY_RELOAD_FAILED,
} NotifyReload;

typedef struct Notification {
	bool ready, stopping;
	NotifyReload reloaded; /* RELOADED=1, RELOADED=0: our own init's answer to a signal */
	/* FAILED=NAME RESULT status|signal NUMBER: what has failed for good, as our own init says it */
	char failed[OUTCOME_NAME_MAX + 1]; /* "" without */
	char result[OUTCOME_RESULT_MAX];
	bool signaled;
	int number;
	char status[NOTIFY_STATUS_MAX + 1]; /* printable ASCII; "" without */
} Notification;

/* Reads READY=1, STOPPING=1, STATUS=, RELOADED= and FAILED=; everything else is ignored. Never fails: what makes no sense says nothing. */
void notify_parse(const char *data, size_t size, Notification *ret);

/* Binds the container's notify socket below the directory run_fd. Only the container's root, host id `owner`, may send to it. */
int notify_listen(int run_fd, const char *name, uid_t owner, int *ret_fd, Error **ret_error);
/* One datagram from the container's PID 1 (others are dropped). 1: *ret is set, 0: not from it, -EAGAIN: there is none. */
int notify_receive(int fd, pid_t pid, Notification *ret);

/* Tells $NOTIFY_SOCKET; without one nothing is done. Best effort, as for every service. */
void notify_send(const char *state);
/* STATUS= of a container, at most once in a second (*told, the last one, 0 at first): what root inside says as often as he can is not to keep the
 * host's service manager busy. */
void notify_pass_on(const char *status, int64_t *told);
