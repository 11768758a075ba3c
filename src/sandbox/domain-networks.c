/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The networks that domains name.
 */
#include "sandbox/domain-networks.h"

#include <string.h>

#include "net/own-network.h"
#include "sandbox/handle.h"

#define DEFAULT_SUBNET "192.168.122.0/24" /* what libvirt is installed with */

const char *domain_network_name(const char *name)
{
	return strcmp(name, DOMAIN_NETWORK_DEFAULT) == 0 ? DOMAIN_NETWORK_STORED : name;
}

static int make_default(Error **ret_error)
{
	char *settings[] = { (char *)"mode", (char *)"nat", (char *)"subnet",
		(char *)DEFAULT_SUBNET, (char *)"ipv6", (char *)"none", NULL };
	int r = vsb_network_create(DOMAIN_NETWORK_STORED, settings, ret_error);

	if (r == -EEXIST && ret_error) /* somebody else was faster */
		*ret_error = error_free(*ret_error);
	return r == -EEXIST ? 0 : r;
}

int domain_networks_ensure(const Domain *domain, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < domain->n_interfaces; i++) {
		const DomainInterface *interface = &domain->interfaces[i];
		Network network;

		if (interface->type != DOMAIN_INTERFACE_NETWORK)
			continue;
		r = network_load(domain_network_name(interface->source), &network, NULL);
		if (r == -ENOENT && strcmp(interface->source, DOMAIN_NETWORK_DEFAULT) == 0)
			r = make_default(ret_error);
		else if (r == -ENOENT)
			r = error_set(ret_error, ENOENT,
				"line %u: Network not found: no network with matching name '%s'",
				interface->node->line, interface->source);
		else if (r < 0)
			r = network_load(
				domain_network_name(interface->source), &network, ret_error);
	}
	return r;
}
