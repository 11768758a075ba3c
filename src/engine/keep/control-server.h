/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's side of the control socket. Clients are the host's root; still none of them can make us wait.
 */
#pragma once

#include "base/loop.h"
#include "engine/engine.h"
#include "engine/io/console.h"
#include "engine/keep/control.h"
#include "engine/spec/spec.h"

#define CONTROL_CLIENTS_MAX 16 /* connections at once */

/* What clients can ask for. */
typedef struct ControlService {
	void (*stop)(void *data, unsigned int seconds);
	int (*publish)(void *data, char *const *list, Error **ret_error);
	int (*hold)(void *data, char **ret, Error **ret_error); /* see held-ports.h */
	int (*change)(void *data, Error **ret_error); /* see live-change.h */
	int (*release)(void *data, Error **ret_error); /* of the first process that is held */
	int (*reach)(void *data, char *const *lines, Error **ret_error);
	int (*resolver)(void *data, char *const *lines, Error **ret_error);
	/* 0: done; 1: begun, and control_server_reloaded() will tell. */
	int (*reload)(void *data, Error **ret_error);
} ControlService;

typedef struct ControlClient {
	struct ControlServer *server;
	LoopWatch watch;
	int fd; /* -EBADF: nobody */
	bool attached; /* gets the output of ... */
	uint32_t terminal; /* ... this one; 0: the console */
	bool reloading; /* waits for the end of the reload */
} ControlClient;

typedef struct ControlServer {
	Loop *loop;
	const char *name; /* of the container */
	const ControlService *service;
	void *data;
	Run *const *run; /* NULL between two lives */
	const Console *console;
	LoopWatch watch;
	int fd;
	ControlClient clients[CONTROL_CLIENTS_MAX];
	unsigned char packet[CONTROL_PACKET_MAX];
} ControlServer;

void control_server_init(ControlServer *server, Loop *loop, const char *name, Run *const *run,
	const Console *console, const ControlService *service, void *data);
/* Listens at the socket in the directory run_fd. */
int control_server_listen(ControlServer *server, int run_fd, Error **ret_error);
void control_server_done(ControlServer *server);

/* A terminal's output, to who is attached to it. */
void control_server_show(
	ControlServer *server, unsigned int terminal, const char *data, size_t size);
/* To who waits for the end of a reload; error may be NULL. */
void control_server_reloaded(ControlServer *server, const Error *error);
