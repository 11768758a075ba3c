/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Entries of --allow-from and --egress as text.
 */
#include "net/reach-rule.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define FORM "write NAME or ADDRESS[/PREFIX], with :PORT[/udp] behind it for one port only"

static int parse_port(const char *text, const char *whole, ReachRule *rule, Error **ret_error)
{
	const char *slash = strchrnul(text, '/');
	unsigned int port = 0;

	if (memchr(text, '-', (size_t)(slash - text)))
		return error_set(ret_error, EINVAL,
			"\"%s\": ranges of ports are not supported; give each port on its own",
			whole);
	for (const char *digit = text; digit < slash; digit++) {
		if (*digit < '0' || *digit > '9' || slash - text > 5)
			return error_set(ret_error, EINVAL, "\"%s\": \"%.*s\" is not a port; " FORM,
				whole, (int)(slash - text), text);
		port = 10 * port + (unsigned int)(*digit - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return error_set(ret_error, EINVAL, "\"%s\": a port is between 1 and 65535", whole);
	if (*slash && strcmp(slash, "/udp") != 0 && strcmp(slash, "/tcp") != 0)
		return error_set(ret_error, EINVAL, "\"%s\": a port is either /tcp or /udp", whole);
	rule->protocol = strcmp(slash, "/udp") == 0 ? IPPROTO_UDP : IPPROTO_TCP;
	rule->port = (uint16_t)port;
	return 0;
}

static int check_bits(const IpAddress *ip, const char *whole, Error **ret_error)
{
	char text[INET6_ADDRSTRLEN];
	IpAddress network = *ip;

	for (unsigned int bit = ip->prefix; bit < 8 * ip_size(ip); bit++)
		network.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	if (memcmp(network.bytes, ip->bytes, ip_size(ip)) == 0)
		return 0;
	if (!inet_ntop(ip->family, network.bytes, text, sizeof(text)))
		return error_errno(ret_error, errno, "cannot format an address");
	return error_set(ret_error, EINVAL,
		"\"%s\": the address has bits set beyond its prefix; write %s/%u for the whole network",
		whole, text, ip->prefix);
}

/* Does it look like one? Then it is no container's name, whether or not it is right. */
static bool is_address(const char *text)
{
	return strpbrk(text, ":/") || text[strspn(text, "0123456789.")] == '\0';
}

static int parse_peer(
	char *text, const char *whole, bool egress, ReachRule *rule, Error **ret_error)
{
	size_t size = strlen(text);

	if (egress && strcmp(text, "host") == 0) {
		rule->peer = REACH_HOST;
	} else if (egress && strcmp(text, "none") == 0) {
		rule->peer = REACH_NOBODY;
	} else if (is_address(text)) {
		rule->peer = REACH_ADDRESSES;
		if (size == 0 || ip_parse(text, &rule->addresses) < 0)
			return error_set(ret_error, EINVAL, "\"%s\": \"%s\" is not an IP address%s",
				whole, text, size ? "" : "; " FORM);
		return check_bits(&rule->addresses, whole, ret_error);
	} else if (size > HOST_NAME_MAX || strspn(text, "abcdefghijklmnopqrstuvwxyz"
							"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							"0123456789._-") != size) {
		return error_set(ret_error, EINVAL,
			"\"%s\": \"%s\" is neither the name of a container nor an IP address",
			whole, text);
	} else {
		rule->peer = REACH_NAME;
		(void)snprintf(rule->name, sizeof(rule->name), "%s", text);
	}
	return 0;
}

/* "[2001:db8::/32]:80", "[2001:db8::]/32:80", "2001:db8::/32", "192.0.2.0/24:80", "web1:80/udp": takes the brackets out; *ret_port NULL: there is none. */
static int split(char *text, const char *whole, char **ret_port, Error **ret_error)
{
	char *close = strchr(text, ']'), *colon;

	*ret_port = NULL;
	if (*text == '[') {
		if (!close || strchr(close + 1, ']') ||
			!memchr(text, ':', (size_t)(close - text)) || !strchr("/:", close[1]))
			return error_set(ret_error, EINVAL,
				"\"%s\": brackets stand around an IPv6 address alone; " FORM,
				whole);
		memmove(text, text + 1, (size_t)(close - text - 1));
		memmove(close - 1, close + 1, strlen(close));
		colon = strchr(close - 1, ':');
	} else {
		colon = strchr(text, ':');
		if (colon && strchr(colon + 1, ':')) /* an IPv6 address without a port */
			return 0;
	}
	if (colon) {
		*colon = '\0';
		*ret_port = colon + 1;
	}
	return 0;
}

int reach_rule_parse(const char *text, bool egress, ReachRule *ret, Error **ret_error)
{
	char copy[REACH_RULE_SIZE], *port;
	ReachRule rule = { 0 };
	int r;

	if (strlen(text) >= sizeof(copy))
		return error_set(ret_error, EINVAL, "\"%.40s...\" is too long; " FORM, text);
	memcpy(copy, text, strlen(text) + 1);
	r = split(copy, text, &port, ret_error);
	if (r == 0)
		r = parse_peer(copy, text, egress, &rule, ret_error);
	if (r == 0 && port)
		r = parse_port(port, text, &rule, ret_error);
	if (r == 0 && port && rule.peer == REACH_NOBODY)
		r = error_set(ret_error, EINVAL, "\"%s\": none has no port", text);
	if (r == 0)
		*ret = rule;
	return r;
}

void reach_rule_format(const ReachRule *rule, char ret[static REACH_RULE_SIZE])
{
	char address[INET6_ADDRSTRLEN] = "", prefix[8] = "", port[16] = "";
	bool six = rule->addresses.family == AF_INET6 && rule->protocol;

	if (rule->protocol)
		(void)snprintf(port, sizeof(port), ":%u%s", rule->port,
			rule->protocol == IPPROTO_UDP ? "/udp" : "");
	if (rule->peer != REACH_ADDRESSES) {
		(void)snprintf(ret, REACH_RULE_SIZE, "%s%s",
			rule->peer == REACH_HOST     ? "host"
			: rule->peer == REACH_NOBODY ? "none"
						     : rule->name,
			port);
		return;
	}
	(void)inet_ntop(rule->addresses.family, rule->addresses.bytes, address,
		sizeof(address)); /* has room for every address */
	if (rule->addresses.prefix < 8 * ip_size(&rule->addresses))
		(void)snprintf(prefix, sizeof(prefix), "/%u", rule->addresses.prefix);
	(void)snprintf(ret, REACH_RULE_SIZE, "%s%s%s%s%s", six ? "[" : "", address, prefix,
		six ? "]" : "", port);
}

bool reach_rule_covers(const ReachRule *rule, const ReachRule *other)
{
	if (rule->peer != other->peer || (rule->protocol && (rule->protocol != other->protocol ||
								    rule->port != other->port)))
		return false;
	if (rule->peer == REACH_NAME)
		return strcmp(rule->name, other->name) == 0;
	return rule->peer != REACH_ADDRESSES ||
	       (rule->addresses.prefix <= other->addresses.prefix &&
		       ip_is_beside(&other->addresses, &rule->addresses));
}
