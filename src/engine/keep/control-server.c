/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's side of the control socket: who is connected, and one function for each verb.
 */
#include "engine/keep/control-server.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"

#define BACKLOG 16

void control_server_init(ControlServer *server, Loop *loop, const char *name, Run *const *run,
	const Console *console, const ControlService *service, void *data)
{
	server->loop = loop;
	server->name = name;
	server->run = run;
	server->console = console;
	server->service = service;
	server->data = data;
	server->fd = -EBADF;
	server->watch = LOOP_WATCH_NONE;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		server->clients[i] =
			(ControlClient){ .server = server, .watch = LOOP_WATCH_NONE, .fd = -EBADF };
}

static void drop_client(ControlClient *client)
{
	loop_unwatch(client->server->loop, &client->watch);
	client->fd = fd_close(client->fd);
	client->attached = client->reloading = false;
}

void control_server_done(ControlServer *server)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		drop_client(&server->clients[i]);
	loop_unwatch(server->loop, &server->watch);
	server->fd = fd_close(server->fd);
}

static void serve_stop(ControlClient *client, const ControlMessage *message)
{
	uint32_t seconds;

	memcpy(&seconds, message->data, sizeof(seconds));
	client->server->service->stop(client->server->data, seconds);
	control_reply(client->fd, NULL);
}

static int set_resources(const Run *run, const SpecResources *resources, Error **ret_error)
{
	return run ? run_set_resources(run->cgroup_fd, resources, ret_error)
		   : error_set(ret_error, EAGAIN, "it is starting; try again when it is running");
}

static void serve_resources(ControlClient *client, const ControlMessage *message)
{
	_cleanup_error_ Error *error = NULL;
	ControlResources wanted;
	SpecResources resources;

	memcpy(&wanted, message->data, sizeof(wanted));
	resources = (SpecResources){
		.memory = wanted.memory,
		.cpu_milli = wanted.cpu_milli,
		.pids = wanted.pids,
		.io_weight = wanted.io_weight,
	};
	if (set_resources(*client->server->run, &resources, &error) < 0)
		(void)error_wrap(&error, "container %s", client->server->name);
	control_reply(client->fd, error);
}

/* A line each. */
static void serve_list(ControlClient *client, const ControlMessage *message,
	int (*change)(void *data, char *const *list, Error **ret_error))
{
	_cleanup_free_ char *text = strndup(message->data, message->size);
	_cleanup_error_ Error *error = NULL;
	_cleanup_strv_ char **list = NULL;
	int r;

	if (!text || strv_split(&list, text, "\n") < 0)
		r = error_oom(&error);
	else
		r = change(client->server->data, list, &error);
	if (r < 0)
		(void)error_wrap(&error, "container %s", client->server->name);
	control_reply(client->fd, error);
}

static void serve_publish(ControlClient *client, const ControlMessage *message)
{
	serve_list(client, message, client->server->service->publish);
}

static void serve_hold(ControlClient *client, const ControlMessage *message)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *text = NULL;

	(void)message;
	if (client->server->service->hold(client->server->data, &text, &error) < 0) {
		(void)error_wrap(&error, "container %s", client->server->name);
		control_reply(client->fd, error);
	} else {
		(void)control_send(client->fd, CONTROL_REPLY, 0, text, strlen(text), MSG_DONTWAIT);
	}
}

static void serve_reach(ControlClient *client, const ControlMessage *message)
{
	serve_list(client, message, client->server->service->reach);
}

static void serve_resolver(ControlClient *client, const ControlMessage *message)
{
	serve_list(client, message, client->server->service->resolver);
}

static void serve_reload(ControlClient *client, const ControlMessage *message)
{
	_cleanup_error_ Error *error = NULL;
	int r = client->server->service->reload(client->server->data, &error);

	(void)message;
	client->reloading = r > 0; /* then answered by control_server_reloaded() */
	if (r < 0)
		(void)error_wrap(&error, "container %s", client->server->name);
	if (r <= 0)
		control_reply(client->fd, error);
}

static void serve_simply(ControlClient *client, int (*serve)(void *data, Error **ret_error))
{
	_cleanup_error_ Error *error = NULL;

	if (serve(client->server->data, &error) < 0)
		(void)error_wrap(&error, "container %s", client->server->name);
	control_reply(client->fd, error);
}

static void serve_change(ControlClient *client, const ControlMessage *message)
{
	(void)message;
	serve_simply(client, client->server->service->change);
}

static void serve_release(ControlClient *client, const ControlMessage *message)
{
	(void)message;
	serve_simply(client, client->server->service->release);
}

static void serve_tail(ControlClient *client, const ControlMessage *message)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *text = NULL;

	(void)message;
	if (console_tail(client->server->console, &text, &error) < 0)
		control_reply(client->fd, error);
	else /* one that does not take it at once is not waiting for it */
		(void)control_send(client->fd, CONTROL_REPLY, 0, text, strlen(text), MSG_DONTWAIT);
}

/* -EBADF: there is none. */
static int terminal_fd(const ControlServer *server, uint32_t number)
{
	const Run *run = *server->run;

	if (!run || number > run->n_terminal_fds)
		return -EBADF;
	return number == 0 ? run->console_fd : run->terminal_fds[number - 1];
}

/* A console may be there again after a reboot. */
static void serve_attach(ControlClient *client, const ControlMessage *message)
{
	_cleanup_error_ Error *error = NULL;
	uint32_t number = 0;

	if (message->size == sizeof(number))
		memcpy(&number, message->data, sizeof(number));
	client->attached = number == 0 || terminal_fd(client->server, number) >= 0;
	client->terminal = number;
	if (!client->attached)
		(void)error_set(&error, ENOENT, "container %s: it has no terminal %u",
			client->server->name, number);
	control_reply(client->fd, error);
}

/* -EBADF: there is none, or the client is not attached to it. */
static int console_of(const ControlClient *client)
{
	return client->attached ? terminal_fd(client->server, client->terminal) : -EBADF;
}

static void serve_input(ControlClient *client, const ControlMessage *message)
{
	int fd = console_of(client);

	/* What a console that nobody reads does not take is lost, as on a real one. */
	if (fd >= 0)
		(void)!write(fd, message->data, message->size);
}

static void serve_resize(ControlClient *client, const ControlMessage *message)
{
	struct winsize size = { 0 };
	int fd = console_of(client);
	ControlSize wanted;

	memcpy(&wanted, message->data, sizeof(wanted));
	size.ws_row = wanted.rows;
	size.ws_col = wanted.columns;
	if (fd >= 0)
		(void)ioctl(fd, TIOCSWINSZ, &size); /* a size is a wish */
}

static void (*const verbs[_CONTROL_VERB_MAX])(
	ControlClient *client, const ControlMessage *message) = {
	[CONTROL_STOP] = serve_stop,
	[CONTROL_RESOURCES] = serve_resources,
	[CONTROL_PUBLISH] = serve_publish,
	[CONTROL_HOLD] = serve_hold,
	[CONTROL_REACH] = serve_reach,
	[CONTROL_RESOLVER] = serve_resolver,
	[CONTROL_RELOAD] = serve_reload,
	[CONTROL_CHANGE] = serve_change,
	[CONTROL_RELEASE] = serve_release,
	[CONTROL_TAIL] = serve_tail,
	[CONTROL_ATTACH] = serve_attach,
	[CONTROL_INPUT] = serve_input,
	[CONTROL_RESIZE] = serve_resize,
};

static void on_client(void *data)
{
	ControlClient *client = data;
	ControlMessage message;

	/* The parser lets through only what a client may send, and that has an entry. */
	if (control_receive(client->fd, CONTROL_CLIENT, client->server->packet, &message) < 0)
		drop_client(client);
	else
		verbs[message.verb](client, &message);
}

static ControlClient *free_place(ControlServer *server)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i].fd < 0)
			return &server->clients[i];
	return NULL;
}

static void on_connect(void *data)
{
	ControlServer *server = data;
	_cleanup_fd_ int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	_cleanup_error_ Error *error = NULL;
	ControlClient *client = free_place(server);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0)
		return; /* it went away again */
	/* The file's mode keeps all others out already; a descriptor may be handed around. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != 0)
		return;
	if (!client) {
		(void)error_set(&error, EBUSY,
			"container %s: %d commands talk to its supervisor already", server->name,
			CONTROL_CLIENTS_MAX);
		control_reply(fd, error);
		return;
	}
	if (loop_watch(server->loop, &client->watch, fd, EPOLLIN, on_client, client, NULL) == 0)
		client->fd = TAKE_FD(fd);
}

int control_server_listen(ControlServer *server, int run_fd, Error **ret_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int r;

	server->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return error_errno(ret_error, errno, "cannot create the control socket");
	/* Through the directory's descriptor: sun_path is too short for some paths. */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" CONTROL_NAME,
		run_fd);
	mask = umask(0177);
	r = bind(server->fd, (struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (r < 0 || listen(server->fd, BACKLOG) < 0)
		return error_errno(ret_error, errno, "cannot set up the control socket");
	return loop_watch(
		server->loop, &server->watch, server->fd, EPOLLIN, on_connect, server, ret_error);
}

void control_server_show(
	ControlServer *server, unsigned int terminal, const char *data, size_t size)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i].attached && server->clients[i].terminal == terminal)
			/* A terminal that does not keep up misses a piece; the container does not wait for it. */
			(void)control_send(
				server->clients[i].fd, CONTROL_OUTPUT, 0, data, size, MSG_DONTWAIT);
}

void control_server_reloaded(ControlServer *server, const Error *error)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (server->clients[i].reloading) {
			server->clients[i].reloading = false;
			control_reply(server->clients[i].fd, error);
		}
}
