/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network addresses as text: MAC addresses, IPv4 and IPv6 addresses with and without a prefix
 * length.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "desc/value.h"

#define PREFIX_DEFAULT_V4 24 /* as the ancestor's -N address= had it */
#define PREFIX_DEFAULT_V6 64
#define MAC_LENGTH 17 /* characters of 52:54:00:12:34:56 */

typedef struct Address {
	int family;
	unsigned char bytes[sizeof(struct in6_addr)];
	unsigned int prefix;
	bool prefix_given;
} Address;

static unsigned int family_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

static int address_parse(const char *text, Address *ret, Error **ret_error)
{
	char ip[INET6_ADDRSTRLEN];
	size_t size = strcspn(text, "/");
	uint64_t prefix;
	int r;

	ret->family = memchr(text, ':', size) ? AF_INET6 : AF_INET;
	if (size >= sizeof(ip))
		return error_set(ret_error, EINVAL, "\"%s\" is not an IP address", text);
	memcpy(ip, text, size);
	ip[size] = '\0';
	if (inet_pton(ret->family, ip, ret->bytes) != 1)
		return error_set(ret_error, EINVAL, "\"%s\" is not an IP address", text);
	ret->prefix_given = text[size] == '/';
	ret->prefix = ret->family == AF_INET ? PREFIX_DEFAULT_V4 : PREFIX_DEFAULT_V6;
	if (!ret->prefix_given)
		return 0;
	r = value_number(
		"prefix length", text + size + 1, 0, family_bits(ret->family), &prefix, ret_error);
	if (r < 0)
		return r;
	ret->prefix = (unsigned int)prefix;
	return 0;
}

static int address_format(const Address *address, bool with_prefix, char **ret, Error **ret_error)
{
	char ip[INET6_ADDRSTRLEN], *text;
	int n;

	if (!inet_ntop(address->family, address->bytes, ip, sizeof(ip)))
		return error_errno(ret_error, errno, "cannot format an address");
	if (with_prefix)
		n = asprintf(&text, "%s/%u", ip, address->prefix);
	else
		n = asprintf(&text, "%s", ip);
	if (n < 0)
		return error_oom(ret_error);
	*ret = text;
	return 0;
}

int value_server(const char *text, char **ret, Error **ret_error)
{
	Address address;
	int r = address_parse(text, &address, ret_error);
	bool four = r == 0 && address.family == AF_INET;

	if (r < 0)
		return r;
	if (address.prefix_given)
		return error_set(ret_error, EINVAL, "\"%s\" is a network, not an address", text);
	/* This network, groups and what is above them; of IPv6 no address, groups, and what counts on one link alone. */
	if (four ? address.bytes[0] == 0 || address.bytes[0] >= 224
		 : IN6_IS_ADDR_UNSPECIFIED(&address.bytes) || address.bytes[0] == 0xff ||
				(address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80))
		return error_set(ret_error, EINVAL, "no single host can have the address %s", text);
	return address_format(&address, false, ret, ret_error);
}

static bool is_mac(const char *text)
{
	unsigned char any = 0;

	for (size_t i = 0; i < MAC_LENGTH; i++) {
		unsigned char c = (unsigned char)text[i];

		if (i % 3 == 2 ? c != ':' : !isxdigit(c))
			return false;
		any |= i % 3 == 2 ? 0 : c ^ '0';
	}
	/* The lowest bit of the first byte means multicast: no interface can have that. */
	return !text[MAC_LENGTH] && any && !strchr("13579bdfBDF", text[1]);
}

int value_mac(const char *text, char **ret, Error **ret_error)
{
	char *mac;

	if (!is_mac(text))
		return error_set(ret_error, EINVAL,
			"\"%s\" is not a MAC address of an interface, as in 52:54:00:12:34:56",
			text);
	mac = strdup(text);
	if (!mac)
		return error_oom(ret_error);
	for (char *p = mac; *p; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p - 'A' + 'a');
	*ret = mac;
	return 0;
}

int value_address(const char *text, char **ret, Error **ret_error)
{
	Address address;
	int r = address_parse(text, &address, ret_error);

	if (r < 0)
		return r;
	if (address.prefix == 0)
		return error_set(ret_error, EINVAL, "address %s has no network part", text);
	return address_format(&address, true, ret, ret_error);
}

int value_subnet(const char *text, char **ret, Error **ret_error)
{
	_cleanup_free_ char *network = NULL;
	Address address, masked;
	int r = address_parse(text, &address, ret_error);

	if (r < 0)
		return r;
	masked = address;
	for (unsigned int bit = address.prefix; bit < family_bits(address.family); bit++)
		masked.bytes[bit / 8] &= (unsigned char)~(0x80u >> bit % 8);
	r = address_format(&masked, true, &network, ret_error);
	if (r < 0)
		return r;
	if (memcmp(masked.bytes, address.bytes, family_bits(address.family) / 8) != 0)
		return error_set(ret_error, EINVAL,
			"network \"%s\" has bits set beyond its prefix; %s is meant", text,
			network);
	*ret = TAKE_PTR(network);
	return 0;
}

int value_ip(const char *text, char **ret, Error **ret_error)
{
	Address address;
	int r = address_parse(text, &address, ret_error);

	if (r < 0)
		return r;
	if (address.prefix_given)
		return error_set(ret_error, EINVAL, "\"%s\" has a prefix length", text);
	return address_format(&address, false, ret, ret_error);
}

bool value_same_family(const char *a, const char *b)
{
	return !strchr(a, ':') == !strchr(b, ':');
}
