/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a unit keeps its sockets from, as systemd.resource-control(5) has it: one word of IPAddressAllow=, IPAddressDeny=, SocketBindAllow=,
 * SocketBindDeny= or RestrictNetworkInterfaces= as text ("IPAddressDeny=any") and as a value. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/address.h"

#define SOCKET_RULES_MAX 128u

typedef enum SocketRuleKind {
	SOCKET_RULE_ADDRESS,
	SOCKET_RULE_BIND,
	SOCKET_RULE_LOOPBACK, /* the only interface that has the same name inside as outside */
} SocketRuleKind;

typedef struct SocketRule {
	SocketRuleKind kind;
	bool allow;
	IpAddress addresses[2]; /* networks */
	size_t n_addresses;
	int family; /* AF_*; 0: either */
	uint8_t protocol; /* IPPROTO_*; 0: either */
	uint16_t first,
		last; /* ports; from 0, which the kernel chooses, only where every port is meant */
} SocketRule;

/* Is this one of the five keys? */
bool socket_rule_knows(const char *key);
/* A rule of one unit alone has the path of its cgroup and a blank before it: "/system.slice/app.service IPAddressDeny=any". What stands behind that is given back;
 * *ret_length: of the path, 0: there is none. */
const char *socket_rule_word(const char *text, size_t *ret_length);
/* -EINVAL; the sentence quotes the text. */
int socket_rule_parse(const char *text, SocketRule *ret, Error **ret_error);
