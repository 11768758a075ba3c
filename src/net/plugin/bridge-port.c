/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports of containers on bridges.
 */
#include "net/plugin/bridge-port.h"

int bridge_port_dress(Exchange *host, const char *name, const uint8_t mac[static MAC_SIZE],
	bool isolated, Error **ret_error)
{
	LinkInfo link;
	int r = link_get(host, name, &link, ret_error);

	if (r < 0)
		return r;
	link_no_ipv6_autoconf(host, link.index); /* a port is no interface of the host's */
	link_lock_port(host, link.index, isolated);
	link_add_station(host, link.index, mac);
	r = exchange_commit(host, NULL, NULL, ret_error);
	/* A kernel ignores port attributes that it does not know: read back, before the first frame can pass. */
	if (r == 0)
		r = link_get(host, name, &link, ret_error);
	if (r < 0)
		return r;
	if (!link.locked || link.isolated != isolated)
		return error_set(ret_error, EOPNOTSUPP,
			"this kernel's bridge has no locked and isolated ports (Linux 5.18), so "
			"containers could take each other's addresses");
	link_set_up(host, link.index, name);
	return exchange_commit(host, NULL, NULL, ret_error);
}
