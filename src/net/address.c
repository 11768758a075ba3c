/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses as text and as bytes.
 */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

size_t ip_size(const IpAddress *ip)
{
	return ip->family == AF_INET ? 4 : 16;
}

int ip_parse(const char *text, IpAddress *ret)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	IpAddress ip = { 0 };
	uint64_t prefix;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	ip.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(ip.family, address, ip.bytes) != 1)
		return -EINVAL;
	ip.prefix = (unsigned int)ip_size(&ip) * 8;
	if (slash && (strlen(slash) > 4 || text_number(slash + 1, ip.prefix, &prefix) < 0))
		return -EINVAL;
	if (slash)
		ip.prefix = (unsigned int)prefix;
	*ret = ip;
	return 0;
}

bool ip_is_beside(const IpAddress *ip, const IpAddress *other)
{
	unsigned int whole = other->prefix / 8, bits = other->prefix % 8;

	if (ip->family != other->family || memcmp(ip->bytes, other->bytes, whole) != 0)
		return false;
	return bits == 0 || (ip->bytes[whole] ^ other->bytes[whole]) >> (8 - bits) == 0;
}

IpAddress ip_from_v4(uint32_t address, unsigned int prefix)
{
	IpAddress ip = { .family = AF_INET, .prefix = prefix };

	address = htonl(address);
	memcpy(ip.bytes, &address, sizeof(address));
	return ip;
}

uint32_t ip_v4(const IpAddress *ip)
{
	uint32_t address = 0;

	if (ip->family == AF_INET)
		memcpy(&address, ip->bytes, sizeof(address));
	return ntohl(address);
}

uint32_t subnet_mask(Subnet subnet)
{
	return subnet.prefix == 0 ? 0 : UINT32_MAX << (32 - subnet.prefix);
}

Subnet subnet_of(const IpAddress *ip)
{
	Subnet subnet = { .prefix = ip->prefix };

	subnet.network = ip_v4(ip) & subnet_mask(subnet);
	return subnet;
}

bool subnet_contains(Subnet subnet, uint32_t address)
{
	return (address & subnet_mask(subnet)) == subnet.network;
}

bool subnet_overlaps(Subnet a, Subnet b)
{
	return subnet_contains(a, b.network) || subnet_contains(b, a.network);
}

uint32_t subnet_gateway(Subnet subnet)
{
	return subnet.network + 1;
}

uint32_t subnet_first(Subnet subnet)
{
	return subnet.network + 2;
}

uint32_t subnet_last(Subnet subnet)
{
	return (subnet.network | ~subnet_mask(subnet)) - 1;
}

void ipv4_format(uint32_t address, unsigned int prefix, char ret[static IPV4_TEXT_SIZE])
{
	int n = snprintf(ret, IPV4_TEXT_SIZE, "%u.%u.%u.%u", address >> 24, (address >> 16) & 0xff,
		(address >> 8) & 0xff, address & 0xff);

	if (prefix > 0)
		(void)snprintf(ret + n, IPV4_TEXT_SIZE - (size_t)n, "/%u", prefix & 63);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -EINVAL;
}

int mac_parse(const char *text, uint8_t ret[static MAC_SIZE])
{
	uint8_t mac[MAC_SIZE];

	if (strlen(text) != MAC_TEXT_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < MAC_SIZE; i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < MAC_SIZE - 1 && text[3 * i + 2] != ':'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	if (mac[0] & 1) /* the bit that marks a group of stations */
		return -EINVAL;
	memcpy(ret, mac, MAC_SIZE);
	return 0;
}

void mac_format(const uint8_t mac[static MAC_SIZE], char ret[static MAC_TEXT_SIZE])
{
	(void)snprintf(ret, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5]);
}

void mac_derive(
	const char *uuid, unsigned int index, unsigned int attempt, uint8_t ret[static MAC_SIZE])
{
	uint32_t salt[2] = { index, attempt }, hash;

	hash = hash_text(uuid);
	hash = hash_bytes(hash, salt, sizeof(salt));
	memcpy(ret, (const uint8_t[]){ 0x52, 0x54, 0x00, 0, 0, 0 }, MAC_SIZE);
	ret[3] = (uint8_t)(hash >> 16);
	ret[4] = (uint8_t)(hash >> 8);
	ret[5] = (uint8_t)hash;
}
