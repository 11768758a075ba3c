/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may reach whom, in nftables.
 */
#include "net/plugin/reach.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/strv.h"
#include "net/own-network.h"
#include "net/plugin/conntrack.h"
#include "net/plugin/elements.h"
#include "net/plugin/hosts.h"
#include "net/plugin/reach-elements.h"

#define BATCH 32u /* elements of one exchange */

/* Of two containers one at least has said something. */
static int add_pairs(const Port *own, const ReachSide *side, const Port *ports, size_t n,
	ReachElements *elements, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		_cleanup_reach_said_ ReachSaid said = { 0 };
		ReachSide other;

		if (strcmp(ports[i].name, own->name) == 0)
			continue;
		r = reach_record_read(ports[i].name, &said, ret_error);
		if (r < 0 || (reach_said_is_empty(&said) && reach_said_is_empty(side->said)))
			continue;
		other = ports_side(&ports[i], &said);
		if (reach_elements_pair(side, &other, elements) < 0 ||
			reach_elements_pair(&other, side, elements) < 0)
			r = error_oom(ret_error);
	}
	return r;
}

/* All that there is because of this side. */
static int collect(const Port *own, const ReachSaid *said, const Port *ports, size_t n,
	ReachElements *ret, Error **ret_error)
{
	const ReachSide side = ports_side(own, said);

	if (reach_elements_own(&side, ret) < 0)
		return error_oom(ret_error);
	return add_pairs(own, &side, ports, n, ret, ret_error);
}

static void put_element(
	Exchange *exchange, const char *bridge, unsigned int type, const ReachElement *e)
{
	uint8_t first[REACH_KEY_MAX], last[REACH_KEY_MAX];
	char set[REACH_SET_NAME_SIZE], table[FIREWALL_TABLE_SIZE];
	size_t size = reach_element_key(e, first, last);

	firewall_table(bridge, table);
	reach_element_set(e, set);
	elements_put(exchange, table, type,
		&(SetElement){ .set = set,
			.key = first,
			.key_end = e->set->parts & REACH_INTERVAL ? last : NULL,
			.key_size = size },
		"set who may reach whom");
}

static int add_all(const char *bridge, const ReachElements *e, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < e->n; i += BATCH) {
		_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;

		r = elements_open(&exchange, ret_error);
		for (size_t j = i; r == 0 && j < e->n && j < i + BATCH; j++)
			put_element(&exchange, bridge, NFT_MSG_NEWSETELEM, &e->list[j]);
		if (r == 0)
			r = elements_commit(&exchange, ret_error);
	}
	return r;
}

/* One by one: a missing one is success, but it undoes its batch. */
static int remove_but(const char *bridge, const ReachElements *e, const ReachElements *kept,
	bool *ret_any, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < e->n; i++) {
		_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;

		if (reach_elements_have(kept, &e->list[i]))
			continue;
		*ret_any = true;
		r = elements_open(&exchange, ret_error);
		if (r < 0)
			break;
		put_element(&exchange, bridge, NFT_MSG_DELSETELEM, &e->list[i]);
		r = elements_commit(&exchange, ret_error);
	}
	return r;
}

typedef struct Sifting {
	const ReachElements *elements;
	IpAddress own, gateway;
} Sifting;

static bool same(const IpAddress *a, const IpAddress *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, ip_size(a)) == 0;
}

/* Is there an element that lets it through, of one of these sets? */
static bool has(const Sifting *s, const char *const *sets, const IpAddress *from,
	const IpAddress *to, const Flow *flow, uint16_t port)
{
	for (size_t i = 0; i < s->elements->n; i++) {
		const ReachElement *e = &s->elements->list[i];

		for (const char *const *set = sets; *set; set++)
			if (e->family == from->family && strcmp(e->set->name, *set) == 0 &&
				(!(e->set->parts & REACH_FROM) || ip_is_beside(from, &e->from)) &&
				(!(e->set->parts & REACH_TO) || ip_is_beside(to, &e->to)) &&
				(!(e->set->parts & REACH_SERVICE) || e->protocol == 0 ||
					(e->protocol == flow->protocol && e->port == port)))
				return true;
	}
	return false;
}

/* What it decides wrongly is a connection with the host itself: its next packet makes a new one where that is allowed. */
static bool is_allowed(const Flow *flow, void *data)
{
	static const char *const held[] = { REACH_HELD, NULL },
				 *const guarded[] = { REACH_GUARDED, NULL },
				 *const out[] = { REACH_EGRESS, REACH_EGRESS_PORT, REACH_SIBLING,
					 NULL },
				 *const in[] = { REACH_ALLOW, REACH_ALLOW_PORT, REACH_SIBLING,
					 NULL },
				 *const host[] = { REACH_TO_HOST, REACH_RESOLVER, NULL };
	const Sifting *s = data;

	if (same(&flow->from, &s->own)) {
		if (same(&flow->to, &s->gateway))
			return has(s, host, &flow->from, &flow->to, flow, flow->port);
		if (ip_is_beside(&flow->to, &s->gateway))
			return has(s, out, &flow->from, &flow->to, flow, flow->port);
		return !has(s, held, &flow->from, &flow->to, flow, 0) ||
		       has(s, out, &flow->from, &flow->to, flow, flow->port);
	}
	if (!same(&flow->answers_from, &s->own) || same(&flow->from, &s->gateway))
		return true;
	if (ip_is_beside(&flow->from, &s->gateway))
		return has(s, in, &flow->from, &s->own, flow, flow->answers_port);
	return !has(s, guarded, &flow->from, &s->own, flow, 0) ||
	       has(s, in, &flow->from, &s->own, flow, flow->answers_port);
}

static int sift(
	const Port *port, const Network *network, const ReachElements *elements, Error **ret_error)
{
	Sifting s = { .elements = elements,
		.own = ip_from_v4(port->station.address, 32),
		.gateway = ip_from_v4(subnet_gateway(network->subnet), network->subnet.prefix) };
	int r = conntrack_sift(AF_INET, is_allowed, &s, ret_error);

	s.own = port->station.address6;
	s.gateway = network_gateway6(network);
	s.gateway.prefix = network->prefix6.prefix;
	return r < 0 || s.own.family != AF_INET6
		       ? r
		       : conntrack_sift(AF_INET6, is_allowed, &s, ret_error);
}

/* Old elements go first, since the kernel refuses an interval that crosses another one; what holds or guards before and after stays all the while. Of the new
 * ones, those that hold or guard are added before what they let through. The record is there before what it tells of, and goes after it. */
static int replace(const Port *port, const Network *network, const ReachSaid *before,
	const ReachSaid *said, Error **ret_error)
{
	_cleanup_reach_elements_ ReachElements old = { 0 }, new = { 0 };
	_cleanup_free_ Port *ports = NULL;
	bool narrower = false;
	size_t n = 0;
	int r = ports_list(port->bridge, PORTS_MAX, &ports, &n, ret_error);

	if (r == 0)
		r = collect(port, before, ports, n, &old, ret_error);
	if (r == 0)
		r = collect(port, said, ports, n, &new, ret_error);
	if (r == 0)
		r = remove_but(port->bridge, &old, &new, &narrower, ret_error);
	if (r == 0)
		r = add_all(port->bridge, &new, ret_error);
	/* Without a list of its own nothing that is new forbids anything. */
	if (r == 0 && (narrower || (new.n > old.n && (said->n_allowed > 0 || said->n_egress > 0))))
		r = sift(port, network, &new, ret_error);
	return r;
}

/* An address there is somebody's today and somebody else's tomorrow. */
static int refuse_siblings(
	const Network *network, const ReachRule *rules, size_t n, bool egress, Error **ret_error)
{
	const IpAddress subnet = ip_from_v4(network->subnet.network, network->subnet.prefix);

	for (size_t i = 0; i < n; i++) {
		const IpAddress *addresses = &rules[i].addresses;
		char text[REACH_RULE_SIZE];

		if (rules[i].peer != REACH_ADDRESSES ||
			!(ip_is_beside(addresses, &subnet) ||
				ip_is_beside(addresses, &network->prefix6)))
			continue;
		reach_rule_format(&rules[i], text);
		return error_set(ret_error, EINVAL,
			"%s %s: that address is in the network %s; give the container's name%s",
			egress ? "--egress" : "--allow-from", text, network->name,
			egress ? ", or \"host\"" : "");
	}
	return 0;
}

/* An address can be bound where it is the host's: asking for all that it has would take longer the more containers run. */
static bool is_hosts(const IpAddress *ip)
{
	_cleanup_fd_ int fd = socket(ip->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	memcpy(&four.sin_addr, ip->bytes, sizeof(four.sin_addr));
	memcpy(&six.sin6_addr, ip->bytes, sizeof(six.sin6_addr));
	return fd >= 0 && (ip->family == AF_INET ? bind(fd, (void *)&four, sizeof(four))
						 : bind(fd, (void *)&six, sizeof(six))) == 0;
}

/* Who has a list of where it may go names its name servers there. */
static int add_resolvers(
	ReachSaid *said, const Network *network, char *const *resolvers, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (address, resolvers) {
		IpAddress ip;

		if (r == 0 && said->n_egress == 0 && !network->by_hand &&
			ip_parse(*address, &ip) == 0 && is_hosts(&ip))
			r = reach_said_add_resolver(said, *address, ret_error);
	}
	return r;
}

int reach_change(
	const Port *port, const Network *network, const Attachment *link, Error **ret_error)
{
	_cleanup_reach_said_ ReachSaid before = { 0 }, said = { 0 };
	int r = reach_said_parse(link->allowed, link->egress, &said, ret_error);

	if (r == 0)
		r = refuse_siblings(network, said.allowed, said.n_allowed, false, ret_error);
	if (r == 0)
		r = refuse_siblings(network, said.egress, said.n_egress, true, ret_error);
	if (r == 0 && network->by_hand && !reach_said_is_empty(&said))
		r = error_set(ret_error, EOPNOTSUPP,
			"--allow-from and --egress hold addresses, and in the network %s containers "
			"take their own; use another network",
			network->name);
	if (r == 0)
		r = add_resolvers(&said, network, link->resolvers, ret_error);
	if (r < 0 || (reach_said_is_empty(&said) && !reach_record_any()))
		return r;
	r = reach_record_read(port->name, &before, ret_error);
	if (r == 0 && !reach_said_is_empty(&said))
		r = reach_record_write(port->name, &said, ret_error);
	if (r == 0)
		r = replace(port, network, &before, &said, ret_error);
	if (r == 0 && reach_said_is_empty(&said))
		r = reach_record_write(port->name, &said, ret_error);
	if (r == 0)
		r = hosts_update(port, &before, &said, false, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot set who may reach whom") : 0;
}

int reach_leave(const Port *port, Error **ret_error)
{
	static const ReachElements none;
	_cleanup_reach_elements_ ReachElements old = { 0 };
	_cleanup_reach_said_ ReachSaid before = { 0 };
	const ReachSaid said = { 0 };
	_cleanup_free_ Port *ports = NULL;
	bool any = false;
	size_t n = 0;
	int r;

	if (!reach_record_any())
		return 0;
	r = reach_record_read(port->name, &before, ret_error);
	if (r == 0)
		r = ports_list(port->bridge, PORTS_MAX, &ports, &n, ret_error);
	if (r == 0)
		r = collect(port, &before, ports, n, &old, ret_error);
	if (r == 0)
		r = remove_but(port->bridge, &old, &none, &any, ret_error);
	if (r == 0)
		r = reach_record_write(port->name, &said, ret_error);
	return r < 0 ? r : hosts_update(port, &before, &said, true, ret_error);
}

static void put_text(const ReachElements *elements, const char *table, Buf *buf)
{
	for (size_t i = 0; i < elements->n; i++) {
		char set[REACH_SET_NAME_SIZE];

		reach_element_set(&elements->list[i], set);
		buf_printf(buf, "add element inet %s %s { ", table, set);
		reach_element_text(&elements->list[i], buf);
		buf_puts(buf, " }\n");
	}
}

int reach_format(const char *bridge, Buf *buf, Error **ret_error)
{
	_cleanup_reach_elements_ ReachElements all = { 0 };
	_cleanup_free_ Port *ports = NULL;
	char table[FIREWALL_TABLE_SIZE];
	size_t n = 0;
	int r = reach_record_any() ? ports_list(bridge, PORTS_MAX, &ports, &n, ret_error) : 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		_cleanup_reach_said_ ReachSaid said = { 0 };

		r = reach_record_read(ports[i].name, &said, ret_error);
		if (r == 0 && !reach_said_is_empty(&said))
			r = collect(&ports[i], &said, ports, n, &all, ret_error);
	}
	if (r < 0)
		return r;
	firewall_table(bridge, table);
	put_text(&all, table, buf);
	return 0;
}
