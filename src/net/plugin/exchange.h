/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One exchange with the kernel over netlink: requests are collected, sent in one message, and all answers are awaited.
 */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>

#include "base/error.h"

#define EXCHANGE_REQUESTS_MAX 64 /* requests in one exchange; a network needs about 8 */
#define EXCHANGE_SIZE 16384 /* bytes of all requests of one exchange */
#define EXCHANGE_REQUEST_MAX                                                                       \
	1024 /* bytes of the largest request: veth with its peer needs about 200 */
#define EXCHANGE_WHAT_SIZE 96 /* of a request's description in error sentences */

typedef void (*ExchangeReply)(const struct nlmsghdr *message, void *data);

typedef struct ExchangeRequest {
	char what[EXCHANGE_WHAT_SIZE];
	int tolerated; /* positive errno that counts as success; 0: none */
	bool silent; /* the kernel answers only when it refuses */
	bool answered;
} ExchangeRequest;

typedef struct Exchange {
	struct mnl_socket *socket;
	uint32_t sequence; /* of the first request */
	ExchangeRequest requests[EXCHANGE_REQUESTS_MAX];
	size_t count, used;
	int failed; /* positive errno of adding a request, reported by exchange_commit() */
	char buffer[EXCHANGE_SIZE] __attribute__((aligned(8)));
} Exchange;

/* protocol: NETLINK_ROUTE or NETLINK_NETFILTER. netns_fd -1: the caller's namespace. */
int exchange_open(Exchange *exchange, int netns_fd, int protocol, Error **ret_error);
void exchange_done(Exchange *exchange);
#define _cleanup_exchange_ _cleanup_(exchange_done)
#define EXCHANGE_NULL                                                                              \
	(Exchange)                                                                                 \
	{                                                                                          \
		.socket = NULL                                                                     \
	}

int exchange_fd(const Exchange *exchange);

/* Adds a request that will be acknowledged, with room for EXCHANGE_REQUEST_MAX bytes; the caller fills it by mnl_nlmsg_put_extra_header() and
 * mnl_attr_put_*(), and then calls exchange_end(). The text says what it does, for the sentence of a failure. Never NULL. */
struct nlmsghdr *exchange_begin(Exchange *exchange, uint16_t type, uint16_t flags, int tolerated,
	const char *fmt, ...) _printf_(5, 6);
void exchange_end(Exchange *exchange, struct nlmsghdr *request);

/* As exchange_begin() for a message that the kernel does not acknowledge: the frame of a batch. */
struct nlmsghdr *exchange_begin_silent(Exchange *exchange, uint16_t type, const char *what);

/* Sends what was added and waits for all answers. reply, if given, gets every message that is not an acknowledgement. The error is that
 * of the first request that failed, with the kernel's own words; requests after it were tried, too. */
int exchange_commit(Exchange *exchange, ExchangeReply reply, void *data, Error **ret_error);
