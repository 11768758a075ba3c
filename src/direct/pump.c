/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is heard: signals, children that ended, and what the service says of itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "direct/service.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

#define TELL_SECONDS 2 /* until the keeper takes what it is told */
#define MESSAGES_MAX 16 /* between two looks for signals */
#define MESSAGE_MAX 4096 /* bytes of what a service says at once, as systemd has it */

int64_t pump_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t pump_deadline(int64_t msec)
{
	return msec ? pump_now() + msec : NEVER;
}

void pump_say(const Service *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = snprintf(
		text, sizeof(text), "%s: ", s->steps.unit ? s->steps.unit : "virt-sandbox-direct");
	if (n >= 0 && n < (int)sizeof(text))
		(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	n = (int)strlen(text);
	text[n < (int)sizeof(text) - 1 ? n : n - 1] = '\n';
	n += n < (int)sizeof(text) - 1;
	(void)!write(s->log_fd < 0 ? STDERR_FILENO : s->log_fd, text,
		(size_t)n); /* nobody else could be told */
}

static void tell(const Service *s, const char *text, int flags)
{
	const struct timeval patience = { .tv_sec = TELL_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (!s->manager || strlen(s->manager) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, s->manager, strlen(s->manager)); /* zeroes follow */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	/* Without it the keeper gives up in the end, and says so. */
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL | flags, (struct sockaddr *)&address,
		sizeof(address));
	(void)close(fd);
}

void pump_tell(const Service *s, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(s, text, 0);
}

static int listen_notify(Service *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = NOTIFY_PLACE };
	const int on = 1, off = 0;

	s->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->notify_fd < 0)
		return -1;
	/* As in the keeper: to close a descriptor that somebody passes may take as long as he likes. */
	(void)setsockopt(s->notify_fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
	(void)unlink(NOTIFY_PLACE);
	if (bind(s->notify_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		setsockopt(s->notify_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -1;
	return chmod(NOTIFY_PLACE, 0777); /* who may say what is looked at for each message */
}

/* The service may stop the output of the terminal that it shares with us: our own description of it does not wait. */
static int open_log(void)
{
	const int flags = O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	int fd = open("/proc/self/fd/2", flags);

	return fd < 0 ? open("/dev/console", flags) : fd;
}

int pump_begin(Service *s)
{
	sigset_t all;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &s->mask) < 0)
		return -1;
	s->signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return -1;
	s->notify_fd = -1;
	s->log_fd = open_log();
	return strcmp(s->steps.notify, "none") != 0 ? listen_notify(s) : 0;
}

static void reap(Service *s)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->main) {
			s->main_ended = true;
			s->main_status = status;
		}
		if (pid == s->command) {
			s->command_ended = true;
			s->command_status = status;
		}
	}
}

static void hear_signals(Service *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			s->told = true;
		if (info.ssi_signo == SIGHUP)
			s->wants_reload = true;
	}
	reap(s); /* several ends are one signal */
}

static bool may_speak(const Service *s, pid_t pid)
{
	const char *who = s->steps.notify;

	if (strcmp(who, "all") == 0)
		return group_has(s, pid);
	if (strcmp(who, "exec") == 0 && pid == s->command && pid > 0)
		return true;
	return pid > 0 && pid == s->main;
}

static void take_line(Service *s, char *line)
{
	uint64_t pid;

	if (strcmp(line, "READY=1") == 0)
		s->said_ready = true;
	if (strncmp(line, "MAINPID=", 8) == 0 && text_number(line + 8, INT32_MAX, &pid) == 0 &&
		group_has(s, (pid_t)pid))
		s->main = (pid_t)pid;
}

/* False: there is nothing to hear. */
static bool hear_notify(Service *s)
{
	char text[MESSAGE_MAX + 1], *rest = text, *line, *status = NULL;
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec data = { text, MESSAGE_MAX };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(s->notify_fd, &message, MSG_CMSG_CLOEXEC);
	struct ucred from = { 0 };

	if (n < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&from, CMSG_DATA(c), sizeof(from));
	text[n] = '\0';
	if (!may_speak(s, from.pid))
		return true;
	while ((line = strsep(&rest, "\n"))) {
		take_line(s, line);
		if (strncmp(line, "STATUS=", 7) == 0)
			status = line;
	}
	if (status)
		tell(s, status, MSG_DONTWAIT);
	return true;
}

bool pump(Service *s, int64_t deadline)
{
	struct pollfd fds[] = { { s->signal_fd, POLLIN, 0 }, { s->notify_fd, POLLIN, 0 } };
	int64_t left = deadline == NEVER ? -1 : deadline - pump_now();
	int n;

	if (deadline != NEVER && left <= 0)
		return false;
	n = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
	/* First what it said: it may have ended since. */
	for (int i = 0; n > 0 && fds[1].revents && i < MESSAGES_MAX && hear_notify(s); i++)
		continue;
	if (n > 0 && fds[0].revents)
		hear_signals(s);
	return true;
}
