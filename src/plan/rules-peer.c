/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What units reach on the host by its loopback interface or by the path of a socket: inside, nobody listens there unless that service is in the container, too.
 */
#include <string.h>

#include "plan/rules.h"

static void tell_port(PlanBuild *build, const FactPeer *peer, const char *unit)
{
	const PeerMention *m = &peer->mention;
	const char *colon = m->port ? strrchr(m->name, ':') : NULL;

	build_warn(build,
		"%s: %s is on the loopback interface of this host%s%s%s. The container has its own, and none of its units is "
		"known to listen there: add that service to the container (-u %s), or use an address of the host that the "
		"service listens on and allow --egress host:%s",
		peer->where, m->name, peer->holder ? " (" : "", peer->holder ? peer->holder : "",
		peer->holder ? " listens there)" : "", unit, colon ? colon + 1 : "PORT");
}

static void tell_socket(PlanBuild *build, const FactPeer *peer, const char *unit)
{
	build_warn(build,
		"%s: %s is a socket of this host%s%s%s, and no unit of the container is known to make it: add that "
		"service to the container (-u %s), or share the directory of the socket (-m)",
		peer->where, peer->mention.name, peer->holder ? " (" : "",
		peer->holder ? peer->holder : "", peer->holder ? " listens there)" : "", unit);
}

/* The unit that may come along, if it is one: not the service of another container. */
static const char *unit_of(const FactPeer *peer)
{
	return peer->holder && rules_has_type(peer->holder, "service") &&
			       !strstr(peer->holder, "_sandbox.service")
		       ? peer->holder
		       : "UNIT";
}

void rule_peer(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_peers; i++) {
		const FactPeer *peer = &build->facts->peers[i];
		const char *unit = unit_of(peer);

		if (peer->mention.path)
			tell_socket(build, peer, unit);
		else if (desc_has_private_net(build->desc)) /* else the interface is shared, too */
			tell_port(build, peer, unit);
	}
}
