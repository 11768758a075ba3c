/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Networks of ours and their files.
 */
#include "net/own-network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/macro.h"
#include "net/address-file.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
#define BRIDGE_PREFIX "vsn"
#define SECTION "[network]"

static const char *const mode_names[_NETWORK_MODE_MAX] = {
	[NETWORK_NAT] = "nat",
	[NETWORK_ROUTED] = "routed",
	[NETWORK_ISOLATED] = "isolated",
};

int network_choose_prefix6(IpAddress *ret, Error **ret_error)
{
	IpAddress prefix = { .family = AF_INET6, .bytes = { 0xfd }, .prefix = NETWORK_PREFIX6 };

	if (getrandom(prefix.bytes + 1, 5, 0) != 5)
		return error_errno(ret_error, errno, "cannot choose an IPv6 prefix");
	*ret = prefix;
	return 0;
}

const char *network_mode_name(NetworkMode mode)
{
	return (unsigned int)mode < _NETWORK_MODE_MAX ? mode_names[mode] : NULL;
}

static NetworkMode mode_from_name(const char *name)
{
	for (int i = 0; i < _NETWORK_MODE_MAX; i++)
		if (strcmp(mode_names[i], name) == 0)
			return (NetworkMode)i;
	return _NETWORK_MODE_INVALID;
}

/* Words that -N has, or that it refuses by name. */
static const char *const taken_names[] = { NETWORK_DEFAULT, "none", "host", "bridge", "macvlan",
	"vlan", "ethernet", "veth", "hostdev", "container", "network", "dhcp", "filter", "ipvlan" };

int network_check_name(const char *name, Error **ret_error)
{
	size_t size = strlen(name);

	if (size == 0 || size > NETWORK_NAME_MAX || strspn(name, NAME_CHARACTERS) != size ||
		strchr("_.-", *name) || strstr(name, ".."))
		return error_set(ret_error, EINVAL,
			"network name \"%.*s\" must begin with a letter or digit and go on with at "
			"most %d letters, digits, \"_\", \"-\" or single dots",
			NETWORK_NAME_MAX, name, NETWORK_NAME_MAX - 1);
	for (size_t i = 0; i < ARRAY_SIZE(taken_names); i++)
		if (strcmp(name, taken_names[i]) == 0)
			return error_set(ret_error, EINVAL,
				"a network cannot be named \"%s\", which is a word of option -N; "
				"choose another name",
				name);
	return 0;
}

static int set_mode(Network *network, const char *value, Error **ret_error)
{
	NetworkMode mode = mode_from_name(value);

	if (mode < 0)
		return error_set(
			ret_error, EINVAL, "mode \"%s\" is none of nat, routed, isolated", value);
	network->mode = mode;
	return 0;
}

static int set_subnet(Network *network, const char *value, Error **ret_error)
{
	IpAddress ip;

	if (!strchr(value, '/') || ip_parse(value, &ip) < 0 || ip.family != AF_INET ||
		ip.prefix < SUBNET_PREFIX_MIN || ip.prefix > SUBNET_PREFIX_MAX ||
		subnet_of(&ip).network != ip_v4(&ip))
		return error_set(ret_error, EINVAL,
			"subnet \"%s\" is not an IPv4 network with a prefix of %u to %u bits, as "
			"10.208.1.0/24",
			value, SUBNET_PREFIX_MIN, SUBNET_PREFIX_MAX);
	network->subnet = subnet_of(&ip);
	return 0;
}

static int set_ipv6(Network *network, const char *value, Error **ret_error)
{
	static const uint8_t zero[8] = { 0 };
	IpAddress ip;

	if (strcmp(value, "none") == 0) {
		network->prefix6 = (IpAddress){ 0 };
		return 0;
	}
	if (ip_parse(value, &ip) < 0 || ip.family != AF_INET6 || ip.prefix != NETWORK_PREFIX6 ||
		memcmp(ip.bytes + 8, zero, sizeof(zero)) != 0)
		return error_set(ret_error, EINVAL,
			"ipv6 \"%s\" is not an IPv6 prefix of %u bits, as fd00:0:0:1::/%u, or none",
			value, NETWORK_PREFIX6, NETWORK_PREFIX6);
	network->prefix6 = ip;
	return 0;
}

static int set_bridge(Network *network, const char *value, Error **ret_error)
{
	size_t size = strlen(BRIDGE_PREFIX),
	       digits = strspn(value + (strlen(value) > size ? size : 0), "0123456789");

	if (strncmp(value, BRIDGE_PREFIX, size) != 0 || digits == 0 || digits > 3 ||
		value[size + digits] || value[size] == '0')
		return error_set(ret_error, EINVAL,
			"bridge \"%s\" is not " BRIDGE_PREFIX " with a number from 1 to 999",
			value);
	(void)snprintf(network->bridge, sizeof(network->bridge), "%s", value);
	return 0;
}

static int set_switch(const char *key, const char *value, bool *ret, Error **ret_error)
{
	*ret = strcmp(value, "yes") == 0;
	return *ret || strcmp(value, "no") == 0
		       ? 0
		       : error_set(ret_error, EINVAL, "%s \"%s\" is not yes or no", key, value);
}

static int set_by_hand(Network *network, const char *value, Error **ret_error)
{
	return set_switch("by-hand", value, &network->by_hand, ret_error);
}

static int set_dns(Network *network, const char *value, Error **ret_error)
{
	return set_switch("dns", value, &network->dns, ret_error);
}

static int set_dhcp(Network *network, const char *value, Error **ret_error)
{
	const char *dash = strchr(value, '-');
	char first[INET_ADDRSTRLEN];
	IpAddress from, to;

	network->first = network->last = 0;
	network->dhcp = strcmp(value, "no") != 0;
	if (!network->dhcp || strcmp(value, "yes") == 0)
		return 0;
	(void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(value, "-"), value);
	if (!dash || strcspn(value, "-") >= sizeof(first) || strchr(value, '/') ||
		ip_parse(first, &from) < 0 || ip_parse(dash + 1, &to) < 0 ||
		from.family != AF_INET || to.family != AF_INET || ip_v4(&from) == 0 ||
		ip_v4(&from) > ip_v4(&to))
		return error_set(ret_error, EINVAL,
			"dhcp \"%s\" is not yes, no, or a range of IPv4 addresses, FIRST-LAST",
			value);
	network->first = ip_v4(&from);
	network->last = ip_v4(&to);
	return 0;
}

int network_check_range(const Network *network, Error **ret_error)
{
	char first[IPV4_TEXT_SIZE], last[IPV4_TEXT_SIZE];

	if (network->first == 0 || (network->first >= subnet_first(network->subnet) &&
					   network->last <= subnet_last(network->subnet)))
		return 0;
	ipv4_format(subnet_first(network->subnet), 0, first);
	ipv4_format(subnet_last(network->subnet), 0, last);
	return error_set(ret_error, EINVAL,
		"the range of dhcp is not one of its containers' addresses, which are %s to %s; give another range, or the subnet that it is in (--subnet)",
		first, last);
}

static const struct {
	const char *name;
	int (*set)(Network *network, const char *value, Error **ret_error);
} keys[] = {
	{ "mode", set_mode },
	{ "subnet", set_subnet },
	{ "ipv6", set_ipv6 },
	{ "bridge", set_bridge },
	{ "by-hand", set_by_hand },
	{ "dhcp", set_dhcp },
	{ "dns", set_dns },
};

int network_set(Network *network, const char *key, const char *value, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(key, keys[i].name) == 0)
			return keys[i].set(network, value, ret_error);
	return error_set(ret_error, ENOENT,
		"%s: unknown key; known are mode, subnet, ipv6, bridge, by-hand, dhcp and dns",
		key);
}

static int parse_line(char *line, bool *in_section, Network *network, Error **ret_error)
{
	char *equals = strchr(line, '=');

	if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
		return 0;
	if (line[0] == '[') {
		*in_section = strcmp(line, SECTION) == 0;
		return *in_section ? 0
				   : error_set(ret_error, EINVAL,
					     "%s: unknown section; known is " SECTION, line);
	}
	if (!equals || !*in_section)
		return error_set(ret_error, EINVAL,
			equals ? "%s: stands before " SECTION : "\"%s\" is not KEY=VALUE", line);
	*equals = '\0';
	return network_set(network, line, equals + 1, ret_error) < 0 ? -EINVAL : 0;
}

int network_parse(const char *text, const char *name, Network *ret, Error **ret_error)
{
	Network network = { .mode = NETWORK_NAT };
	bool in_section = false;

	(void)snprintf(network.name, sizeof(network.name), "%s", name);
	for (unsigned int number = 1; *text; number++) {
		size_t length = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, length);

		if (!line)
			return error_oom(ret_error);
		text += length;
		text += *text == '\n';
		if (parse_line(line, &in_section, &network, ret_error) < 0)
			return error_wrap(ret_error, "line %u", number);
	}
	if (network.subnet.prefix == 0 || !*network.bridge)
		return error_set(ret_error, EINVAL,
			"it has no line %s=", *network.bridge ? "subnet" : "bridge");
	if (network_check_range(&network, ret_error) < 0)
		return -EINVAL;
	*ret = network;
	return 0;
}

int network_format(const Network *network, char **ret, Error **ret_error)
{
	char subnet[IPV4_TEXT_SIZE], first[IPV4_TEXT_SIZE], last[IPV4_TEXT_SIZE],
		prefix[INET6_ADDRSTRLEN] = "";
	_cleanup_buf_ Buf buf = { 0 };

	ipv4_format(network->subnet.network, network->subnet.prefix, subnet);
	buf_printf(
		&buf, SECTION "\nmode=%s\nsubnet=%s\n", network_mode_name(network->mode), subnet);
	if (network->prefix6.family == AF_INET6 &&
		inet_ntop(AF_INET6, network->prefix6.bytes, prefix, sizeof(prefix)))
		buf_printf(&buf, "ipv6=%s/%u\n", prefix, network->prefix6.prefix);
	buf_printf(&buf, "bridge=%s\n", network->bridge);
	buf_puts(&buf, network->by_hand ? "by-hand=yes\n" : "");
	if (network->first) {
		ipv4_format(network->first, 0, first);
		ipv4_format(network->last, 0, last);
		buf_printf(&buf, "dhcp=%s-%s\n", first, last);
	} else {
		buf_puts(&buf, network->dhcp ? "dhcp=yes\n" : "");
	}
	buf_puts(&buf, network->dns ? "dns=yes\n" : "");
	return buf_take(&buf, ret, ret_error);
}

char *network_path(const char *name)
{
	return layout_pathf(LAYOUT_NETWORKS, "%s" NETWORK_SUFFIX, name);
}

static int load_default(Network *ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "addresses"), *text = NULL;
	_cleanup_address_file_ AddressFile file = { 0 };
	int r = path ? file_read(path, &text, NULL, ret_error) : error_oom(ret_error);

	if (r == 0 && address_file_parse(text, &file, ret_error) < 0)
		r = error_wrap(ret_error, "%s", path);
	if (r < 0)
		return r;
	*ret = (Network){ .name = NETWORK_DEFAULT,
		.bridge = NET_BRIDGE,
		.mode = NETWORK_NAT,
		.subnet = file.subnet,
		.prefix6 = file.prefix6 };
	return 0;
}

int network_load(const char *name, Network *ret, Error **ret_error)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	int r;

	if (strcmp(name, NETWORK_DEFAULT) == 0)
		return load_default(ret, ret_error);
	r = network_check_name(name, ret_error);
	if (r < 0)
		return r;
	path = network_path(name);
	r = path ? file_read_optional(path, &text, NULL, ret_error) : error_oom(ret_error);
	if (r == 0)
		return error_set(ret_error, ENOENT,
			"there is no network %s; create it with `virt-sandbox-service network create "
			"%s`",
			name, name);
	if (r > 0)
		r = network_parse(text, name, ret, ret_error);
	return r < 0 ? error_wrap(ret_error, "%s", path) : 0;
}

/* 52:54:00:76:XX:XX with the bridge's number; the default one's is older. */
void network_bridge_mac(const Network *network, uint8_t ret[static MAC_SIZE])
{
	unsigned long number = strtoul(network->bridge + strlen(BRIDGE_PREFIX), NULL, 10);

	memcpy(ret, net_bridge_mac, MAC_SIZE);
	if (strcmp(network->bridge, NET_BRIDGE) == 0)
		return;
	ret[4] = (uint8_t)(number >> 8);
	ret[5] = (uint8_t)number;
}

bool network_is_bridge_mac(const uint8_t mac[static MAC_SIZE])
{
	return memcmp(mac, net_bridge_mac, MAC_SIZE) == 0 ||
	       (memcmp(mac, net_bridge_mac, 4) == 0 && mac[4] < 4);
}

static IpAddress with_number(const Network *network, uint32_t number)
{
	IpAddress ip = network->prefix6;

	number = htonl(number);
	if (ip.family == AF_INET6)
		memcpy(ip.bytes + 12, &number, sizeof(number));
	return ip;
}

IpAddress network_gateway6(const Network *network)
{
	return with_number(network, 1);
}

IpAddress network_address6(const Network *network, uint32_t address)
{
	IpAddress ip = with_number(network, address - network->subnet.network);

	/* One station. With the network's prefix, a rule that names it would let in all who have a higher address. */
	ip.prefix = 8 * (unsigned int)ip_size(&ip);
	return ip;
}

bool network_ipv6_is_off(void)
{
	_cleanup_free_ char *disabled = NULL;

	return file_read("/proc/sys/net/ipv6/conf/all/disable_ipv6", &disabled, NULL, NULL) < 0 ||
	       *disabled != '0';
}
