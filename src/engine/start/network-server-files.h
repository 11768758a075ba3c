/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of a network's server: what it is told, in etc/ of its place, which it sees read-only.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "net/attachment.h"
#include "net/own-network.h"

typedef struct Server {
	Network network;
	char *place; /* below: etc/, var/, and "server": pid, start time and the bridge's index */
	int lock_fd;
} Server;

/* Below its place; NULL without memory. */
char *server_path(const Server *server, const char *name);
/* By a rename: the server hears of those, and not of links to new files. */
int server_write(const Server *server, const char *name, const char *text, Error **ret_error);
int server_write_configuration(const Server *server, Error **ret_error);
/* 1: the host's name servers have changed, to *ret; 0: it knows them. */
int server_find_resolver(const Server *server, char **ret, Error **ret_error);
int server_write_resolver(const Server *server, Error **ret_error);
/* Who has the address of this link. *ret_other: the server knows it as another one's, and forgets that at its next start alone. */
int server_tell(const Server *server, const char *container, const Attachment *link,
	bool *ret_other, Error **ret_error);
/* Names of containers whose links have gone without a stop. */
void server_forget_dead(const Server *server);
