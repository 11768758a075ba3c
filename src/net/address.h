/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses as text and as bytes: IP addresses with a prefix length, IPv4 subnets, MAC addresses. Pure functions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_SIZE 6
#define MAC_TEXT_SIZE sizeof("00:00:00:00:00:00")
#define IPV4_TEXT_SIZE sizeof("255.255.255.255/32")

typedef struct IpAddress {
	int family; /* AF_INET or AF_INET6 */
	uint8_t bytes[16]; /* network byte order, the first 4 for AF_INET */
	unsigned int prefix;
} IpAddress;

/* An IPv4 network; addresses in host byte order. */
typedef struct Subnet {
	uint32_t network;
	unsigned int prefix;
} Subnet;

/* "10.1.2.3/24" or "fd00::1/64"; without a prefix length it is that of the whole address. 0 or -EINVAL. */
int ip_parse(const char *text, IpAddress *ret);
size_t ip_size(const IpAddress *ip); /* bytes of the address: 4 or 16 */

/* Is it in the network that the other is in, by that one's prefix length? */
bool ip_is_beside(const IpAddress *ip, const IpAddress *other);

/* The IPv4 address of this number in host byte order. */
IpAddress ip_from_v4(uint32_t address, unsigned int prefix);
/* The IPv4 address in host byte order; 0 for another family. */
uint32_t ip_v4(const IpAddress *ip);

/* The network an IPv4 address is in. */
Subnet subnet_of(const IpAddress *ip);
uint32_t subnet_mask(Subnet subnet);
bool subnet_contains(Subnet subnet, uint32_t address);
bool subnet_overlaps(Subnet a, Subnet b);
/* The gateway is the first address of a subnet; containers get the ones after it, up to the last before the broadcast address. */
uint32_t subnet_gateway(Subnet subnet);
uint32_t subnet_first(Subnet subnet);
uint32_t subnet_last(Subnet subnet);

/* "10.1.2.3", or "10.1.2.3/24" with a prefix length other than 0. */
void ipv4_format(uint32_t address, unsigned int prefix, char ret[static IPV4_TEXT_SIZE]);

/* Six pairs of hex digits with colons, of a single station. 0 or -EINVAL. */
int mac_parse(const char *text, uint8_t ret[static MAC_SIZE]);
void mac_format(const uint8_t mac[static MAC_SIZE], char ret[static MAC_TEXT_SIZE]);
/* 52:54:00 (the prefix that libvirt and QEMU use) and 24 bits of a hash of container and network. attempt gives another one
 * when the first is taken. */
void mac_derive(
	const char *uuid, unsigned int index, unsigned int attempt, uint8_t ret[static MAC_SIZE]);
