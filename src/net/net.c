/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides, by the table of kinds, whether a container's networks need the plug-in, and hands over to it. A container without a
 * link of its own never loads it.
 */
#include "net/net.h"
#include "net/address-reservation.h"

#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/plugin.h"
#include "net/given.h"
#include "net/kinds.h"
#include "net/netns.h"

static int check_network(const DescNetwork *network, Error **ret_error)
{
	const NetKind *kind = net_kind(network->type);

	if (network->dhcp)
		return error_set(ret_error, EOPNOTSUPP,
			"network: dhcp is not supported: give an address, or use the default "
			"network");
	if (kind->needs_source && !network->source)
		return error_set(ret_error, EINVAL,
			"network: source is missing: the bridge or interface of the host");
	return kind->needs_source ? given_check(&(Attachment){ .source = network->source,
							.mac = network->mac,
							.addresses = network->addresses },
					    ret_error)
				  : 0;
}

int net_check(const Desc *desc, Error **ret_error)
{
	bool host = false;
	int r;

	for (size_t i = 0; i < desc->n_networks; i++) {
		r = check_network(&desc->networks[i], ret_error);
		if (r < 0)
			return r;
		host = host || desc->networks[i].type == DESC_NETWORK_HOST;
	}
	if (host && desc->n_networks > 1)
		return error_set(
			ret_error, EINVAL, "network: host cannot be combined with another network");
	return 0;
}

static int load_plugin(const NetPlugin **ret, Error **ret_error)
{
	const void *plugin;
	int r;

	r = plugin_load("net", &plugin, ret_error);
	if (r < 0)
		return r;
	*ret = plugin;
	return 0;
}

static int check_links(const Attachment *links, size_t n, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (links[i].kind != ATTACHMENT_SHARED)
			r = given_check(&links[i], ret_error);
	return r;
}

int net_attach(
	const char *container, const Attachment *links, size_t n, int netns_fd, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = check_links(links, n, ret_error);

	if (r == 0)
		r = load_plugin(&plugin, ret_error);
	if (r == 0)
		r = plugin->attach(container, links, n, netns_fd, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s: set up the network", container) : 0;
}

int net_detach(const char *container, const Attachment *links, size_t n, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = load_plugin(&plugin, ret_error);

	if (r == 0)
		r = plugin->detach(container, links, n, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s: take down the network", container) : 0;
}

int net_loopback_up(Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(ret_error, errno, "bring up lo: open a socket");
	return netns_loopback_up(fd, ret_error);
}

int net_address(const Desc *desc, char **ret, Error **ret_error)
{
	char *address = NULL;

	for (size_t i = 0; i < desc->n_networks && !address; i++) {
		char **addresses = desc->networks[i].addresses;

		if (!addresses || !addresses[0])
			continue;
		address = strndup(addresses[0], strcspn(addresses[0], "/"));
		if (!address)
			return error_oom(ret_error);
	}
	*ret = address;
	return 0;
}
