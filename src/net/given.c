/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a description may give a container on a network of the host.
 */
#include "net/given.h"

#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"
#include "net/kinds.h"
#include "net/metadata.h" /* made of rules.d */

/* Why it is no address of a single station; NULL: it is one. */
static const char *why_not_v4(const IpAddress *ip)
{
	uint32_t address = ip_v4(ip), host = address & ~subnet_mask(subnet_of(ip));

	if (address >> 24 == 0)
		return "an address of no station";
	if (address >> 24 == IN_LOOPBACKNET)
		return "a loopback address";
	if (address >> 28 == 0xe)
		return "a multicast address";
	if (address >> 28 == 0xf)
		return "a reserved or broadcast address";
	if (ip->prefix >= 31)
		return NULL;
	if (host == 0)
		return "the address of its network";
	return host == ~subnet_mask(subnet_of(ip)) ? "the broadcast address of its network" : NULL;
}

static const char *why_not_v6(const IpAddress *ip)
{
	struct in6_addr address;

	memcpy(&address, ip->bytes, sizeof(address));
	if (IN6_IS_ADDR_UNSPECIFIED(&address))
		return "an address of no station";
	if (IN6_IS_ADDR_LOOPBACK(&address))
		return "a loopback address";
	if (IN6_IS_ADDR_MULTICAST(&address))
		return "a multicast address";
	return IN6_IS_ADDR_V4MAPPED(&address) ? "an IPv4 address" : NULL;
}

/* Is it in one of the networks of a list with commas? */
static bool is_in(const IpAddress *ip, const char *list)
{
	_cleanup_free_ char *copy = strdup(list);
	char *position = NULL;

	for (char *word = copy ? strtok_r(copy, ", ", &position) : NULL; word;
		word = strtok_r(NULL, ", ", &position)) {
		IpAddress network;

		if (ip_parse(word, &network) == 0 && ip_is_beside(ip, &network))
			return true;
	}
	return !copy; /* without memory: refused */
}

static int check_address(const char *text, IpAddress *ret, Error **ret_error)
{
	const char *why;

	if (ip_parse(text, ret) < 0)
		return error_set(ret_error, EINVAL, "%s is not an IP address", text);
	why = ret->family == AF_INET ? why_not_v4(ret) : why_not_v6(ret);
	if (!why && is_in(ret, METADATA_IPV4 ", " METADATA_IPV6))
		why = "where clouds and routers hand out keys and names";
	return why ? error_set(ret_error, EINVAL, "address=%s is %s; give one of a single station",
			     text, why)
		   : 0;
}

static bool is_address(const struct sockaddr *has, const IpAddress *ip)
{
	const void *bytes = has->sa_family == AF_INET
				    ? (const void *)&((const struct sockaddr_in *)has)->sin_addr
				    : (const void *)&((const struct sockaddr_in6 *)has)->sin6_addr;

	return has->sa_family == ip->family && memcmp(bytes, ip->bytes, ip_size(ip)) == 0;
}

static bool is_mac(const struct sockaddr *has, const uint8_t mac[static MAC_SIZE])
{
	const struct sockaddr_ll *link = (const struct sockaddr_ll *)has;

	return has->sa_family == AF_PACKET && link->sll_halen == MAC_SIZE &&
	       memcmp(link->sll_addr, mac, MAC_SIZE) == 0;
}

static int compare(
	const Attachment *network, const struct ifaddrs *host, bool has_mac, Error **ret_error)
{
	uint8_t mac[MAC_SIZE] = { 0 };
	IpAddress ip;

	if (has_mac && mac_parse(network->mac, mac) < 0)
		return error_set(ret_error, EINVAL, "%s is not the MAC address of a single station",
			network->mac);
	for (; host; host = host->ifa_next) {
		if (!host->ifa_addr)
			continue;
		if (has_mac && is_mac(host->ifa_addr, mac))
			return error_set(ret_error, EADDRINUSE,
				"the MAC address %s is that of the host's interface %s",
				network->mac, host->ifa_name);
		STRV_FOREACH (text, network->addresses)
			if (ip_parse(*text, &ip) == 0 && is_address(host->ifa_addr, &ip))
				return error_set(ret_error, EADDRINUSE,
					"address=%s is the host's own, on %s", *text,
					host->ifa_name);
	}
	return 0;
}

static void free_host(struct ifaddrs **host)
{
	if (*host)
		freeifaddrs(*host);
}

static int ask(int fd, unsigned long request, struct ifreq *ifr)
{
	return ioctl(fd, request, ifr) < 0 ? -errno : 0;
}

/* A macvlan is a station of a wire; loopback and tunnels are none. */
static int check_wire(int fd, struct ifreq *ifr, const char *source, Error **ret_error)
{
	int r = ask(fd, SIOCGIFHWADDR, ifr);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot inspect the interface %s", source);
	return ifr->ifr_hwaddr.sa_family == ARPHRD_ETHER
		       ? 0
		       : error_set(ret_error, EINVAL,
				 "there can be no macvlan or VLAN on the host's interface %s, "
				 "which is no "
				 "Ethernet; name another one",
				 source);
}

static int check_bridge(int fd, struct ifreq *ifr, const char *source, Error **ret_error)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int r;

	ifr->ifr_data = (void *)&info;
	r = ask(fd, SIOCETHTOOL, ifr);
	return r == 0 && strcmp(info.driver, "bridge") == 0
		       ? 0
		       : error_set(ret_error, EINVAL, "the host's interface %s is not a bridge",
				 source);
}

static int refuse_ours(const char *source, Error **ret_error)
{
	return net_name_is_ours(source)
		       ? error_set(ret_error, EINVAL,
				 "source=%s is ours, and is for the default network only", source)
		       : 0;
}

/* What moves away from the host. */
static int check_movable(int fd, struct ifreq *ifr, const char *source, Error **ret_error)
{
	int r = ask(fd, SIOCGIFFLAGS, ifr);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot inspect the interface %s", source);
	if (ifr->ifr_flags & IFF_LOOPBACK || check_bridge(fd, ifr, source, NULL) == 0)
		return error_set(ret_error, EINVAL,
			"the host's interface %s cannot move into a container; name another one",
			source);
	return 0;
}

int given_check_source(const Attachment *network, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	struct ifreq ifr = { 0 };
	int r = refuse_ours(network->source, ret_error);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot create a socket");
	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", network->source);
	r = strlen(network->source) < sizeof(ifr.ifr_name) ? ask(fd, SIOCGIFINDEX, &ifr) : -ENODEV;
	if (network->kind == ATTACHMENT_ETHERNET) /* a name for what is to be made */
		return 0;
	if (r < 0)
		return error_set(
			ret_error, ENODEV, "the host has no interface %s", network->source);
	if (network->kind == ATTACHMENT_HOSTDEV)
		return check_movable(fd, &ifr, network->source, ret_error);
	return network->kind == ATTACHMENT_MACVLAN || network->kind == ATTACHMENT_VLAN
		       ? check_wire(fd, &ifr, network->source, ret_error)
		       : check_bridge(fd, &ifr, network->source, ret_error);
}

int given_check_route(
	char *const *addresses, const char *target, const char *gateway, Error **ret_error)
{
	IpAddress ip, own, to;
	const char *why;

	if (ip_parse(gateway, &ip) < 0 || ip_parse(target, &to) < 0)
		return error_set(ret_error, EINVAL, "route=%s%%%s is not one of IP addresses",
			target, gateway);
	why = ip.family == AF_INET ? why_not_v4(&ip) : why_not_v6(&ip);
	if (!why && ip.family == AF_INET6 && ip.bytes[0] == 0xfe && (ip.bytes[1] & 0xc0) == 0x80)
		return 0; /* link-local: beside every station */
	STRV_FOREACH (text, addresses) {
		if (why || ip_parse(*text, &own) < 0 || !ip_is_beside(&ip, &own))
			continue;
		if (to.prefix == own.prefix && ip_is_beside(&to, &own))
			return error_set(ret_error, EINVAL,
				"route=%s%%%s: the container is in this network itself", target,
				gateway);
		if (memcmp(ip.bytes, own.bytes, ip_size(&ip)) == 0)
			why = "the container's own address";
		ip.prefix = own.prefix; /* of the network that it is in */
		if (!why)
			why = ip.family == AF_INET ? why_not_v4(&ip) : why_not_v6(&ip);
		if (!why)
			return 0;
	}
	return error_set(ret_error, EINVAL,
		"route=%s%%%s: the gateway %s is %s; name a station in a network that the "
		"container has an address in",
		target, gateway, gateway,
		why ? why : "not in a network of the container's addresses");
}

int given_check(const Attachment *network, Error **ret_error)
{
	_cleanup_(free_host) struct ifaddrs *host = NULL;
	IpAddress ip;
	int r = 0;

	if (network->source)
		r = refuse_ours(network->source, ret_error);
	STRV_FOREACH (text, network->addresses)
		r = r == 0 ? check_address(*text, &ip, ret_error) : r;
	STRV_FOREACH (text, network->peers) {
		_cleanup_free_ char *own = strndup(*text, strcspn(*text, " "));

		if (!own)
			return error_oom(ret_error);
		r = r == 0 ? check_address(own, &ip, ret_error) : r;
	}
	if (r < 0 || (!network->addresses && !network->mac))
		return r;
	if (getifaddrs(&host) < 0)
		return error_errno(ret_error, errno, "cannot list the addresses of the host");
	return compare(network, host, network->mac != NULL, ret_error);
}
