/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host's commands change of a container that runs: ports, links, who reaches whom, name servers. None of it moves the container to another phase. Each
 * is called with the Lifetime, as control-server.h says; 0 or negative errno with the sentence for who asked.
 */
#pragma once

#include "base/error.h"

typedef struct Lifetime Lifetime;

int lifetime_publish(void *data, char *const *list, Error **ret_error);
/* Takes the rules of published ports away, so that who comes waits. ret: the sockets, a line each. */
int lifetime_hold_ports(void *data, char **ret, Error **ret_error);
/* Lets those in who waited for a restart. What keeps the rules from being made is in the journal, and in list. */
void lifetime_let_in(Lifetime *l);
int lifetime_change(void *data, Error **ret_error);
int lifetime_reach(void *data, char *const *lines, Error **ret_error);
int lifetime_resolver(void *data, char *const *lines, Error **ret_error);
