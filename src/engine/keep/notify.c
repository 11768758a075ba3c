/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sd_notify protocol.
 */
#include "engine/keep/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

static bool is_line(const char *line, size_t size, const char *text)
{
	return size == strlen(text) && memcmp(line, text, size) == 0;
}

/* What does not look so in every part is not taken. */
static void parse_failed(const char *text, size_t size, Notification *ret)
{
	char copy[OUTCOME_NAME_MAX + 64], name[OUTCOME_NAME_MAX + 1], result[OUTCOME_RESULT_MAX],
		how[8];
	unsigned int number;
	int end = 0;

	if (size >= sizeof(copy))
		return;
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (sscanf(copy, "%255s %31s %7s %3u%n", name, result, how, &number, &end) != 4 ||
		(size_t)end != size || number > 255 || !outcome_name_length(name) ||
		strspn(result, "abcdefghijklmnopqrstuvwxyz-") != strlen(result) ||
		(strcmp(how, "signal") != 0 && strcmp(how, "status") != 0))
		return;
	memcpy(ret->failed, name, sizeof(name));
	memcpy(ret->result, result, sizeof(result));
	ret->signaled = strcmp(how, "signal") == 0;
	ret->number = (int)number;
}

static void parse_line(const char *line, size_t size, Notification *ret)
{
	static const char prefix[] = "STATUS=";
	static const char failed[] = "FAILED=";
	size_t n = sizeof(prefix) - 1;

	if (is_line(line, size, "READY=1"))
		ret->ready = true;
	if (is_line(line, size, "STOPPING=1"))
		ret->stopping = true;
	if (is_line(line, size, "RELOADED=1"))
		ret->reloaded = NOTIFY_RELOAD_DONE;
	if (is_line(line, size, "RELOADED=0"))
		ret->reloaded = NOTIFY_RELOAD_FAILED;
	if (size > sizeof(failed) - 1 && memcmp(line, failed, sizeof(failed) - 1) == 0)
		parse_failed(line + sizeof(failed) - 1, size - (sizeof(failed) - 1), ret);
	if (size < n || memcmp(line, prefix, n) != 0)
		return;
	size -= n;
	if (size > NOTIFY_STATUS_MAX)
		size = NOTIFY_STATUS_MAX;
	memcpy(ret->status, line + n, size);
	text_make_ascii(ret->status, size);
	ret->status[size] = '\0';
}

void notify_parse(const char *data, size_t size, Notification *ret)
{
	*ret = (Notification){ 0 };
	while (size > 0) {
		const char *newline = memchr(data, '\n', size);
		size_t n = newline ? (size_t)(newline - data) : size;

		parse_line(data, n, ret);
		if (newline)
			n++;
		data += n;
		size -= n;
	}
}

int notify_listen(int run_fd, const char *name, uid_t owner, int *ret_fd, Error **ret_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = -EBADF;
	const int on = 1, off = 0;
	mode_t mask;
	int r;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot create the notify socket");
	/* Who gets a descriptor has to close it, and to close a connection with SO_LINGER takes as long as its owner likes. Older kernels cannot refuse them: there
	 * the time limits of those who ask us hold. */
	(void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
	/* Through the directory's descriptor: sun_path is too short for some paths. */
	(void)snprintf(
		address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", run_fd, name);
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (r < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
		fchownat(run_fd, name, owner, owner, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "cannot set up the notify socket %s", name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int notify_receive(int fd, pid_t pid, Notification *ret)
{
	char data[NOTIFY_SIZE_MAX];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	struct ucred sender;
	ssize_t n;

	/* Descriptors that are sent along do not fit beside the credentials; the kernel closes them (MSG_CTRUNC). */
	n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n < 0 || (message.msg_flags & MSG_TRUNC))
		return 0;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS ||
		header->cmsg_len != CMSG_LEN(sizeof(sender)))
		return 0;
	memcpy(&sender, CMSG_DATA(header), sizeof(sender));
	if (sender.pid != pid)
		return 0;
	notify_parse(data, (size_t)n, ret);
	return 1;
}

void notify_send(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = secure_getenv("NOTIFY_SOCKET");
	_cleanup_fd_ int fd = -EBADF;
	size_t n;

	if (!path || (path[0] != '/' && path[0] != '@'))
		return;
	n = strlen(path);
	if (n >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, n);
	if (path[0] == '@') /* an abstract name, as sd_notify(3) writes it */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

void notify_pass_on(const char *status, int64_t *told)
{
	char text[NOTIFY_STATUS_MAX + 32];

	if (clock_now_msec() / 1000 == *told)
		return;
	*told = clock_now_msec() / 1000;
	(void)snprintf(text, sizeof(text), "STATUS=starting: %s", status);
	notify_send(text);
}
