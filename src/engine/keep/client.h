/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands' side of the control socket, for client.c and console-attach.c.
 */
#pragma once

#include "base/clock.h"
#include "engine/keep/control.h"

#define CLIENT_TIMEOUT 10 /* seconds for an answer that needs nobody inside */

/* -ENOTCONN when there is no supervisor. -ETIMEDOUT: it does not listen. */
int client_connect(const char *name, Deadline deadline, int *ret_fd, Error **ret_error);
/* Sends one message and waits for its reply: the supervisor's error becomes ours. ret, if not NULL, is the reply's text, newly allocated. -ETIMEDOUT. */
int client_ask(const char *name, int fd, ControlVerb verb, const void *data, size_t size,
	Deadline deadline, char **ret, Error **ret_error);
