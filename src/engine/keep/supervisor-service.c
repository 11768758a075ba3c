/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's side of the control socket. Clients are the host's root; still none of them can make us wait.
 */
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
#include "engine/keep/supervisor.h"

#define BACKLOG 16

int supervisor_listen(Supervisor *s, Error **ret_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = -EBADF;
	mode_t mask;
	int r;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_errno(ret_error, errno, "make the control socket");
	/* Through the directory's descriptor: sun_path is too short for some paths. */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" CONTROL_NAME,
		s->run_fd);
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (r < 0 || listen(fd, BACKLOG) < 0)
		return error_errno(ret_error, errno, "set up the control socket");
	return supervisor_watch(s, SOURCE_CONTROL, TAKE_FD(fd), EPOLLIN, ret_error);
}

static Client *client_of(Supervisor *s, Source source)
{
	return &s->clients[source - SOURCE_CLIENT];
}

static void drop_client(Supervisor *s, Source source)
{
	*client_of(s, source) = (Client){ 0 };
	supervisor_unwatch(s, source);
}

void supervisor_on_connect(Supervisor *s, Source source)
{
	_cleanup_fd_ int fd = accept4(s->fds[source], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	_cleanup_error_ Error *error = NULL;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	Source place = SOURCE_CLIENT;

	if (fd < 0)
		return; /* it went away again */
	/* The file's mode keeps all others out already; a descriptor may be handed around. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != 0)
		return;
	while (place < _SOURCE_MAX && s->fds[place] >= 0)
		place++;
	if (place == _SOURCE_MAX) {
		(void)error_set(&error, EBUSY,
			"container %s: %d commands talk to its supervisor already", s->name,
			CLIENTS_MAX);
		control_reply(fd, error);
		return;
	}
	if (supervisor_watch(s, place, TAKE_FD(fd), EPOLLIN, NULL) < 0)
		drop_client(s, place);
}

static void serve_stop(Supervisor *s, Source source, const ControlMessage *message)
{
	uint32_t seconds;

	memcpy(&seconds, message->data, sizeof(seconds));
	supervisor_shut_down(s, seconds);
	control_reply(s->fds[source], NULL);
}

static void serve_resources(Supervisor *s, Source source, const ControlMessage *message)
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
	if (run_set_resources(s->run->cgroup_fd, &resources, &error) < 0)
		(void)error_wrap(&error, "container %s", s->name);
	control_reply(s->fds[source], error);
}

static void serve_reload(Supervisor *s, Source source, const ControlMessage *message)
{
	_cleanup_error_ Error *error = NULL;

	(void)message;
	if (supervisor_ask_reload(s, &error) < 0 || s->asking == ASKING_NOTHING) {
		if (error)
			(void)error_wrap(&error, "container %s", s->name);
		control_reply(s->fds[source], error);
		return;
	}
	client_of(s, source)->reloading = true; /* answered by supervisor_tell_reloaded() */
}

static void serve_tail(Supervisor *s, Source source, const ControlMessage *message)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *text = NULL;

	(void)message;
	if (console_tail(&s->console, &text, &error) < 0)
		control_reply(s->fds[source], error);
	else /* one that does not take it at once is not waiting for it */
		(void)control_send(
			s->fds[source], CONTROL_REPLY, 0, text, strlen(text), MSG_DONTWAIT);
}

static void serve_attach(Supervisor *s, Source source, const ControlMessage *message)
{
	(void)message;
	client_of(s, source)->attached = true;
	control_reply(s->fds[source], NULL);
}

static void serve_input(Supervisor *s, Source source, const ControlMessage *message)
{
	/* What a console that nobody reads does not take is lost, as on a real one. */
	if (client_of(s, source)->attached && s->fds[SOURCE_CONSOLE] >= 0)
		(void)!write(s->fds[SOURCE_CONSOLE], message->data, message->size);
}

static void serve_resize(Supervisor *s, Source source, const ControlMessage *message)
{
	struct winsize size = { 0 };
	ControlSize wanted;

	memcpy(&wanted, message->data, sizeof(wanted));
	size.ws_row = wanted.rows;
	size.ws_col = wanted.columns;
	if (client_of(s, source)->attached && s->fds[SOURCE_CONSOLE] >= 0)
		(void)ioctl(s->fds[SOURCE_CONSOLE], TIOCSWINSZ, &size); /* a size is a wish */
}

static void (*const services[_CONTROL_VERB_MAX])(
	Supervisor *s, Source source, const ControlMessage *message) = {
	[CONTROL_STOP] = serve_stop,
	[CONTROL_RESOURCES] = serve_resources,
	[CONTROL_RELOAD] = serve_reload,
	[CONTROL_TAIL] = serve_tail,
	[CONTROL_ATTACH] = serve_attach,
	[CONTROL_INPUT] = serve_input,
	[CONTROL_RESIZE] = serve_resize,
};

void supervisor_on_client(Supervisor *s, Source source)
{
	ControlMessage message;

	/* The parser lets through only what a client may send, and that has an entry. */
	if (control_receive(s->fds[source], CONTROL_CLIENT, s->packet, &message) < 0)
		drop_client(s, source);
	else
		services[message.verb](s, source, &message);
}

void supervisor_show(Supervisor *s, const char *data, size_t size)
{
	for (Source source = SOURCE_CLIENT; source < _SOURCE_MAX; source++)
		if (s->fds[source] >= 0 && client_of(s, source)->attached)
			/* A terminal that does not keep up misses a piece; the container does not wait for it. */
			(void)control_send(
				s->fds[source], CONTROL_OUTPUT, 0, data, size, MSG_DONTWAIT);
}

void supervisor_tell_reloaded(Supervisor *s, const Error *error)
{
	for (Source source = SOURCE_CLIENT; source < _SOURCE_MAX; source++)
		if (s->fds[source] >= 0 && client_of(s, source)->reloading) {
			client_of(s, source)->reloading = false;
			control_reply(s->fds[source], error);
		}
}
