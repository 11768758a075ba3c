/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One exchange with the kernel over netlink.
 */
#include "net/plugin/exchange.h"

#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/netns.h"

#define RECEIVE_SIZE                                                                               \
	32768 /* bytes of one message from the kernel; a link's full description is about 2,000 */

int exchange_open(Exchange *exchange, int netns_fd, int protocol, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int on = 1, r;

	if (netns_fd >= 0) {
		r = netns_socket(netns_fd, AF_NETLINK, SOCK_RAW, protocol, &fd, ret_error);
		if (r < 0)
			return r;
	} else {
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
		if (fd < 0)
			return error_errno(ret_error, errno, "cannot open a netlink socket");
	}
	exchange->socket = mnl_socket_fdopen(fd);
	if (!exchange->socket)
		return error_errno(ret_error, errno, "cannot open a netlink socket");
	(void)TAKE_FD(fd); /* mnl_socket_close() closes it */
	if (mnl_socket_bind(exchange->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return error_errno(ret_error, errno, "cannot bind a netlink socket");
	/* Without these there are just no words of the kernel in our errors. */
	(void)mnl_socket_setsockopt(exchange->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)mnl_socket_setsockopt(exchange->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	exchange->sequence = 1;
	return 0;
}

void exchange_done(Exchange *exchange)
{
	if (exchange->socket)
		(void)mnl_socket_close(exchange->socket); /* nothing is buffered in it */
	exchange->socket = NULL;
}

int exchange_fd(const Exchange *exchange)
{
	return mnl_socket_get_fd(exchange->socket);
}

struct nlmsghdr *exchange_begin(
	Exchange *exchange, uint16_t type, uint16_t flags, int tolerated, const char *fmt, ...)
{
	ExchangeRequest *request;
	struct nlmsghdr *message;
	va_list ap;

	/* Too many: the last one is overwritten, and exchange_commit() refuses to send. */
	if (exchange->count == EXCHANGE_REQUESTS_MAX ||
		exchange->used + EXCHANGE_REQUEST_MAX > sizeof(exchange->buffer)) {
		exchange->failed = E2BIG;
		exchange->count = 0;
		exchange->used = 0;
	}
	request = &exchange->requests[exchange->count];
	*request = (ExchangeRequest){ .tolerated = tolerated };
	va_start(ap, fmt);
	(void)vsnprintf(
		request->what, sizeof(request->what), fmt, ap); /* a cut text is good enough */
	va_end(ap);
	message = mnl_nlmsg_put_header(exchange->buffer + exchange->used);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	message->nlmsg_seq = exchange->sequence + (uint32_t)exchange->count;
	return message;
}

struct nlmsghdr *exchange_begin_silent(Exchange *exchange, uint16_t type, const char *what)
{
	struct nlmsghdr *message = exchange_begin(exchange, type, 0, 0, "%s", what);

	message->nlmsg_flags = NLM_F_REQUEST;
	exchange->requests[exchange->count].silent = true;
	return message;
}

void exchange_end(Exchange *exchange, struct nlmsghdr *request)
{
	if (request->nlmsg_len > EXCHANGE_REQUEST_MAX)
		exchange->failed = E2BIG;
	exchange->used += MNL_ALIGN(request->nlmsg_len);
	exchange->count++;
}

static int find_words(const struct nlattr *attribute, void *data)
{
	const char **words = data;

	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
		mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		*words = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

/* The request was refused: its description, the kernel's words if it has some, else those of the errno. */
static int refuse(const ExchangeRequest *request, const struct nlmsghdr *message, int errnum,
	Error **ret_error)
{
	const char *words = NULL;

	if (message->nlmsg_flags & NLM_F_ACK_TLVS)
		(void)mnl_attr_parse(
			message, sizeof(struct nlmsgerr), find_words, &words); /* only words */
	if (words)
		return error_set(ret_error, errnum, "cannot %s: %s: %s", request->what,
			strerror(errnum), words);
	return error_errno(ret_error, errnum, "cannot %s", request->what);
}

static int answer(
	Exchange *exchange, const struct nlmsghdr *message, size_t *pending, Error **ret_error)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(message);
	size_t i = message->nlmsg_seq - exchange->sequence;
	ExchangeRequest *request;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*ack) || i >= exchange->count)
		return 0; /* not an answer to us */
	request = &exchange->requests[i];
	if (request->answered)
		return 0;
	request->answered = true;
	if (request->silent)
		*pending = 0; /* the whole batch is refused, its messages get no answers */
	else
		(*pending)--;
	if (ack->error == 0 || -ack->error == request->tolerated)
		return 0;
	return refuse(request, message, -ack->error, ret_error);
}

/* A listing ends with this instead of an acknowledgement. */
static int end_listing(
	Exchange *exchange, const struct nlmsghdr *message, size_t *pending, Error **ret_error)
{
	size_t i = message->nlmsg_seq - exchange->sequence;
	const int *status = mnl_nlmsg_get_payload(message);

	if (i >= exchange->count || exchange->requests[i].answered ||
		mnl_nlmsg_get_payload_len(message) < sizeof(*status))
		return 0;
	exchange->requests[i].answered = true;
	(*pending)--;
	return *status < 0 ? error_errno(ret_error, -*status, "%s", exchange->requests[i].what) : 0;
}

static int receive(Exchange *exchange, ExchangeReply reply, void *data, Error **ret_error)
{
	char buffer[RECEIVE_SIZE] __attribute__((aligned(8)));
	size_t pending = 0;
	int failure = 0;

	for (size_t i = 0; i < exchange->count; i++)
		pending += !exchange->requests[i].silent;
	while (pending > 0) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
		ssize_t n = mnl_socket_recvfrom(exchange->socket, buffer, sizeof(buffer));
		int left;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_errno(ret_error, n < 0 ? errno : EPROTO,
				"cannot receive from the kernel's netlink");
		for (left = (int)n; mnl_nlmsg_ok(message, left);
			message = mnl_nlmsg_next(message, &left)) {
			int r = 0;

			if (message->nlmsg_type == NLMSG_ERROR)
				r = answer(exchange, message, &pending,
					failure == 0 ? ret_error : NULL);
			else if (message->nlmsg_type == NLMSG_DONE)
				r = end_listing(exchange, message, &pending,
					failure == 0 ? ret_error : NULL);
			else if (reply)
				reply(message, data);
			if (failure == 0)
				failure = r;
		}
	}
	return failure;
}

int exchange_commit(Exchange *exchange, ExchangeReply reply, void *data, Error **ret_error)
{
	int r;

	if (exchange->failed)
		return error_set(ret_error, exchange->failed, "too many network requests at once");
	if (exchange->count == 0)
		return 0;
	if (mnl_socket_sendto(exchange->socket, exchange->buffer, exchange->used) < 0)
		return error_errno(ret_error, errno, "cannot send to the kernel's netlink");
	r = receive(exchange, reply, data, ret_error);
	exchange->sequence += (uint32_t)exchange->count;
	exchange->count = 0;
	exchange->used = 0;
	return r;
}
