/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands' side of the control socket, for client.c and attach.c.
 */
#pragma once

#include "engine/control.h"

/* -ENOTCONN when there is no supervisor. */
int client_connect(const char *name, int *ret_fd, Error **ret_error);
/* Sends one message and waits for its reply: the supervisor's error becomes ours. ret, if not NULL, is the reply's text, newly allocated. */
int client_ask(const char *name, int fd, ControlVerb verb, const void *data, size_t size,
	char **ret, Error **ret_error);
