/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/strv.h"
#include "net/plugin/attaching.h"

int inside_index(const Attaching *a, const char *name, int *ret, Error **ret_error)
{
	struct ifreq request = { 0 };

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(exchange_fd(a->inside), SIOCGIFINDEX, &request) < 0)
		return error_errno(ret_error, errno, "cannot find the interface %s inside", name);
	*ret = request.ifr_ifindex;
	return 0;
}

/* "10.0.0.0/8 10.1.2.3" */
static int add_route(Attaching *a, int index, const char *text, Error **ret_error)
{
	const char *space = strchr(text, ' ');
	_cleanup_free_ char *target_text = space ? strndup(text, (size_t)(space - text)) : NULL;
	IpAddress target, gateway;

	if (!target_text || ip_parse(target_text, &target) < 0 ||
		ip_parse(space + 1, &gateway) < 0 || target.family != gateway.family)
		return error_set(ret_error, EINVAL,
			"the route %s is not one of IP addresses of one family", text);
	route_add(a->inside, index, &target, &gateway);
	return 0;
}

int inside_add_described(Attaching *a, int index, Error **ret_error)
{
	IpAddress address;

	/* In a network of ours there is one, and its prefix is the network's. */
	STRV_FOREACH (text, a->link->kind == ATTACHMENT_SHARED ? NULL : a->link->addresses) {
		if (ip_parse(*text, &address) < 0)
			return error_set(ret_error, EINVAL, "%s is not an IP address", *text);
		address_add(a->inside, index, &address);
	}
	STRV_FOREACH (text, a->link->peers) {
		const char *space = strchr(*text, ' ');
		_cleanup_free_ char *own = space ? strndup(*text, (size_t)(space - *text)) : NULL;
		IpAddress peer;

		if (!own || ip_parse(own, &address) < 0 || ip_parse(space + 1, &peer) < 0 ||
			address.family != peer.family)
			return error_set(
				ret_error, EINVAL, "\"%s\" is not an address and its peer", *text);
		address_add_peer(a->inside, index, &address, &peer);
	}
	if (a->link->down)
		return 0;
	link_set_up(a->inside, index, a->inside_name);
	STRV_FOREACH (text, a->link->routes) {
		int r = add_route(a, index, *text, ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A network without IPv6; but a container must not look like a machine without the protocol: there, AI_ADDRCONFIG (getaddrinfo(3)) refuses "::", on which many
 * services listen, and gives 127.0.0.1 twice for localhost. The C library counts every address but ::1, so one that leads nowhere is enough. */
void inside_know_ipv6(Attaching *a)
{
	static const int loopback = 1; /* LOOPBACK_IFINDEX of the kernel */
	IpAddress address;

	if (ip_parse("fe80::1/128", &address) < 0)
		return;
	address_add(a->inside, loopback, &address);
	(void)exchange_commit(a->inside, NULL, NULL, NULL); /* where the kernel has no IPv6 */
}
