/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-lease: what a DHCP client runs when something has happened (udhcpc's script, dhclient-script(8), dhcpcd-run-hooks(8)), in the sandbox of
 * lease-client.c. I set the address and the way out, or take them away, and tell the keeper. What I read was said by whoever answered: addresses
 * are the only thing that I take from it.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/start/lease.h"

#define EVERYWHERE 0u

/* As udhcpc calls it, else as the others do. The first word of a list. */
static bool read_address(const char *name, const char *other, struct in_addr *ret)
{
	const char *text = getenv(name);
	char word[INET_ADDRSTRLEN];

	text = text ? text : getenv(other);
	if (!text)
		return false;
	(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " ,"), text);
	return inet_pton(AF_INET, word, ret) == 1;
}

static void put(struct sockaddr *to, uint32_t address)
{
	const struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = address };

	memcpy(to, &in, sizeof(in));
}

static int set(int fd, const char *interface, unsigned long request, uint32_t address)
{
	struct ifreq ifr = { 0 };

	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	put(&ifr.ifr_addr, address);
	return ioctl(fd, request, &ifr);
}

/* That it is there already is as good. */
static void add_route(int fd, char *interface, uint32_t to, uint32_t mask, uint32_t gateway)
{
	struct rtentry route = { .rt_dev = interface, .rt_flags = RTF_UP };

	put(&route.rt_dst, to);
	put(&route.rt_genmask, mask);
	put(&route.rt_gateway, gateway);
	if (gateway)
		route.rt_flags |= RTF_GATEWAY;
	if (mask == UINT32_MAX)
		route.rt_flags |= RTF_HOST;
	(void)ioctl(fd, SIOCADDRT, &route);
}

static int bind_address(int fd, char *interface)
{
	struct in_addr address, mask, router;

	if (!read_address("ip", "new_ip_address", &address) || address.s_addr == 0)
		return EXIT_FAILURE;
	if (!read_address("subnet", "new_subnet_mask", &mask))
		mask.s_addr = UINT32_MAX;
	if (set(fd, interface, SIOCSIFADDR, address.s_addr) < 0 ||
		set(fd, interface, SIOCSIFNETMASK, mask.s_addr) < 0)
		return EXIT_FAILURE;
	if (!read_address("router", "new_routers", &router) || router.s_addr == 0)
		return EXIT_SUCCESS;
	if ((router.s_addr & mask.s_addr) != (address.s_addr & mask.s_addr))
		add_route(fd, interface, router.s_addr, UINT32_MAX, 0);
	add_route(fd, interface, EVERYWHERE, EVERYWHERE, router.s_addr);
	return EXIT_SUCCESS;
}

static void tell_keeper(const char *interface)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int n = snprintf(
		address.sun_path + 1, sizeof(address.sun_path) - 1, LEASE_SOCKET "%s", interface);

	/* Nobody listens any more when an address is renewed. */
	if (fd >= 0)
		(void)sendto(fd, "", 1, MSG_DONTWAIT, (struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n));
}

int main(int argc, char **argv)
{
	static const char *const given[] = { "bound", "renew", "BOUND", "RENEW", "REBIND",
		"REBOOT" },
				 *const gone[] = { "deconfig", "EXPIRE", "FAIL", "STOP", "RELEASE",
					 "NAK" };
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char *interface = getenv("interface"), *reason = getenv("reason");
	int status = EXIT_SUCCESS;

	reason = reason ? reason : argc > 1 ? argv[1] : NULL;
	if (fd < 0 || !interface || strlen(interface) >= IFNAMSIZ || !reason)
		return EXIT_FAILURE;
	if (text_is_one_of(reason, gone, ARRAY_SIZE(gone)))
		return set(fd, interface, SIOCSIFADDR, 0) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (!text_is_one_of(reason, given, ARRAY_SIZE(given)))
		return EXIT_SUCCESS;
	status = bind_address(fd, interface);
	if (status == EXIT_SUCCESS)
		tell_keeper(interface);
	return status;
}
