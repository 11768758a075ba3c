/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The start protocol: the table of steps, sending and receiving.
 */
#include "engine/start/protocol.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "engine/start/message.h"

int protocol_open(int ret_pair[2], Error **ret_error)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_pair) < 0)
		return error_errno(
			ret_error, errno, "cannot create the socket pair of the start protocol");
	return 0;
}

/* passed: a descriptor that goes along, or -EBADF. */
static int send_message(int fd, const Message *message, int passed)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	unsigned char data[MESSAGE_SIZE_MAX];
	struct iovec iov = { .iov_base = data, .iov_len = message_format(message, data) };
	struct msghdr packet = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (passed >= 0) {
		packet.msg_control = &control;
		packet.msg_controllen = sizeof(control.space);
		control.header = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(passed)),
		};
		memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
	}
	do
		n = sendmsg(fd, &packet, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int protocol_send_fd(int fd, Step step, int passed, Error **ret_error)
{
	Message message = { .step = step };
	int r;

	log_step(step_name(step), "said");
	r = send_message(fd, &message, passed);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot send '%s' to the %s", step_name(step),
			step_sender(step) == SIDE_PARENT ? "container's first process" : "parent");
	return 0;
}

int protocol_send(int fd, Step step, Error **ret_error)
{
	return protocol_send_fd(fd, step, -EBADF, ret_error);
}

static Message failure_of(const Error *error)
{
	Message message = { .step = STEP_FAILED, .errnum = error_errnum(error) };

	if (message.errnum <= 0)
		message.errnum = EIO;
	(void)snprintf(message.text, sizeof(message.text), "%s", error_message(error));
	return message;
}

void protocol_send_failure(int fd, const Error *error)
{
	Message message = failure_of(error);

	log_step(step_name(STEP_FAILED), "said: %s", message.text);
	(void)send_message(fd, &message, -EBADF);
}

/* At once: it is shorter than PIPE_BUF. */
_Static_assert(MESSAGE_SIZE_MAX <= PIPE_BUF, "a failure is one write");

void protocol_write_failure(int fd, const Error *error)
{
	unsigned char data[MESSAGE_SIZE_MAX];
	Message message = failure_of(error);

	(void)!write(fd, data, message_format(&message, data));
}

int protocol_read_failure(int fd, Deadline deadline, Error **ret_error)
{
	unsigned char data[MESSAGE_SIZE_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	Message message;
	ssize_t n;
	int r = deadline_poll(&p, 1, deadline);

	if (r == -ETIMEDOUT)
		return error_set(ret_error, ETIMEDOUT, "the first process did not answer in time");
	if (r < 0)
		return error_errno(ret_error, -r, "cannot wait for the first process");
	if (!(p.revents & POLLIN))
		return 0;
	n = read(fd, data, sizeof(data));
	if (n <= 0)
		return n < 0 ? error_errno(
				       ret_error, errno, "cannot receive from the first process")
			     : 0;
	if (message_parse(data, (size_t)n, &message) < 0 || message.step != STEP_FAILED)
		return error_set(ret_error, EPROTO, "unexpected message from the first process");
	return error_set(ret_error, message.errnum, "%s", message.text);
}

/* The descriptor that came along, CLOEXEC, or -EBADF. */
static int take_passed(struct msghdr *packet)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(packet);
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
		header->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -EBADF;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* 1: a message, *ret_fd is its descriptor or -EBADF; 0: end of file. */
static int receive_message(int fd, Message *ret, int *ret_fd, Error **ret_error)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	unsigned char data[MESSAGE_SIZE_MAX + 1];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr packet = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space),
	};
	_cleanup_fd_ int passed = -EBADF;
	ssize_t n;

	/* A peer that died with something unread is told of once, and before what it said: that comes next. */
	do
		n = recvmsg(fd, &packet, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n == 0)
		return 0;
	if (n < 0)
		return error_errno(
			ret_error, errno, "cannot receive on the start protocol's socket");
	passed = take_passed(&packet);
	if (message_parse(data, (size_t)n, ret) < 0)
		return error_set(ret_error, EPROTO, "invalid packet in the start protocol");
	*ret_fd = TAKE_FD(passed);
	return 1;
}

int protocol_receive_fd(int fd, Step expected, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int passed = -EBADF;
	Message message;
	int r = receive_message(fd, &message, &passed, ret_error);

	if (r < 0)
		return r;
	if (r == 0)
		return error_set(ret_error, ECONNRESET, "the %s died before it said '%s'",
			step_sender(expected) == SIDE_PARENT ? "parent"
							     : "container's first process",
			step_name(expected));
	if (message.step == STEP_FAILED)
		return error_set(ret_error, message.errnum, "%s", message.text);
	if (message.step != expected)
		return error_set(ret_error, EPROTO,
			"the start protocol expected '%s', but got '%s'", step_name(expected),
			step_name(message.step));
	log_step(step_name(expected), "heard");
	*ret_fd = TAKE_FD(passed);
	return 0;
}

int protocol_receive(int fd, Step expected, Error **ret_error)
{
	_cleanup_fd_ int passed = -EBADF; /* one that nobody asked for is closed */

	return protocol_receive_fd(fd, expected, &passed, ret_error);
}

int protocol_take_failure(int fd, Error **ret_error)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, 0) == 1) {
		_cleanup_fd_ int passed = -EBADF; /* one that nobody asked for is closed */
		Message message;

		if (receive_message(fd, &message, &passed, NULL) <= 0)
			break;
		if (message.step == STEP_FAILED)
			return error_set(ret_error, message.errnum, "%s", message.text);
	}
	return 0;
}

static int await(int fd, short events, Deadline deadline, Error **ret_error)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r = deadline_poll(&p, 1, deadline);

	if (r == -ETIMEDOUT)
		return error_set(ret_error, ETIMEDOUT, "the other process did not answer in time");
	return r < 0 ? error_errno(ret_error, -r, "cannot receive on the start protocol's socket")
		     : 0;
}

int protocol_await(int fd, Deadline deadline, Error **ret_error)
{
	return await(fd, POLLIN, deadline, ret_error);
}

int protocol_wait_end(int fd, Deadline deadline, Error **ret_error)
{
	return await(fd, POLLRDHUP, deadline, ret_error);
}

int protocol_receive_exec(int fd, Error **ret_error)
{
	_cleanup_fd_ int passed = -EBADF;
	Message message;
	int r = receive_message(fd, &message, &passed, ret_error);

	if (r <= 0)
		return r;
	if (message.step == STEP_FAILED)
		return error_set(ret_error, message.errnum, "%s", message.text);
	return error_set(ret_error, EPROTO, "'%s' arrived where only the exec was expected",
		step_name(message.step));
}
