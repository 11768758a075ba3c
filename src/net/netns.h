/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A socket inside another network namespace. Nothing else of ours ever runs in one.
 */
#pragma once

#include "base/error.h"

/* socket(2) in the namespace; CLOEXEC is added. The calling thread is back in its own namespace when this returns: if it cannot
 * go back the process is ended, since everything after it would change the wrong namespace. */
int netns_socket(int netns_fd, int family, int type, int protocol, int *ret_fd, Error **ret_error);

/* Brings up lo in the namespace that the socket (of any kind) is in. */
int netns_loopback_up(int socket_fd, Error **ret_error);
