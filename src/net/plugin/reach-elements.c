/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Elements of who may reach whom.
 *
 * The kernel refuses an interval that begins or ends within another one of its set. Prefixes are within each other or apart, and a port is one or all: so what another
 * element covers is left out, and where prefixes and ports would cross each other there are two sets, one with ports and one without.
 */
#include "net/plugin/reach-elements.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "net/metadata.h" /* made of rules.d */

#define DNS_PORT 53

enum {
	HELD,
	GUARDED,
	EGRESS,
	EGRESS_PORT,
	METADATA,
	ALLOW,
	ALLOW_PORT,
	TO_HOST,
	SIBLING,
	RESOLVER
};

const ReachSet reach_sets[REACH_SETS] = {
	[HELD] = { REACH_HELD, REACH_FROM },
	[GUARDED] = { REACH_GUARDED, REACH_TO },
	[EGRESS] = { REACH_EGRESS, REACH_FROM | REACH_TO | REACH_INTERVAL },
	[EGRESS_PORT] = { REACH_EGRESS_PORT,
		REACH_FROM | REACH_TO | REACH_SERVICE | REACH_INTERVAL },
	[METADATA] = { REACH_METADATA, REACH_FROM | REACH_TO | REACH_INTERVAL },
	[ALLOW] = { REACH_ALLOW, REACH_FROM | REACH_TO | REACH_INTERVAL },
	[ALLOW_PORT] = { REACH_ALLOW_PORT, REACH_FROM | REACH_TO | REACH_SERVICE | REACH_INTERVAL },
	[TO_HOST] = { REACH_TO_HOST, REACH_FROM | REACH_SERVICE | REACH_INTERVAL },
	[SIBLING] = { REACH_SIBLING, REACH_FROM | REACH_TO | REACH_SERVICE | REACH_INTERVAL },
	[RESOLVER] = { REACH_RESOLVER, REACH_FROM | REACH_TO | REACH_SERVICE },
};

void reach_elements_done(ReachElements *elements)
{
	free(elements->list);
	*elements = (ReachElements){ 0 };
}

static bool address_covers(const IpAddress *a, const IpAddress *b)
{
	return a->family == b->family && a->prefix <= b->prefix &&
	       (a->family == 0 || ip_is_beside(b, a));
}

static bool covers(const ReachElement *a, const ReachElement *b)
{
	return a->set == b->set && a->family == b->family && address_covers(&a->from, &b->from) &&
	       address_covers(&a->to, &b->to) &&
	       (a->protocol == 0 || (a->protocol == b->protocol && a->port == b->port));
}

bool reach_elements_have(const ReachElements *elements, const ReachElement *element)
{
	for (size_t i = 0; i < elements->n; i++)
		if (covers(&elements->list[i], element) && covers(element, &elements->list[i]))
			return true;
	return false;
}

static int push(ReachElements *elements, const ReachElement *element)
{
	size_t kept = 0;

	for (size_t i = 0; i < elements->n; i++)
		if (covers(&elements->list[i], element))
			return 0;
	for (size_t i = 0; i < elements->n; i++)
		if (!covers(element, &elements->list[i]))
			elements->list[kept++] = elements->list[i];
	if (kept < elements->n) { /* there is room */
		elements->n = kept;
	} else if (array_room(&elements->list, elements->n, sizeof(*elements->list)) < 0) {
		return -ENOMEM;
	}
	elements->list[elements->n++] = *element;
	return 0;
}

void reach_format_sets(Buf *buf)
{
	for (size_t i = 0; i < REACH_SETS; i++)
		for (int six = 0; six < 2; six++) {
			const char *address = six ? "ipv6_addr" : "ipv4_addr";
			ReachPart parts = reach_sets[i].parts;

			buf_printf(buf, "	set %s%s { type %s%s%s%s;%s }\n",
				reach_sets[i].name, six ? "6" : "",
				parts & (REACH_FROM | REACH_TO) ? address : "",
				(parts & REACH_FROM) && (parts & REACH_TO) ? " . " : "",
				(parts & REACH_FROM) && (parts & REACH_TO) ? address : "",
				parts & REACH_SERVICE ? " . inet_proto . inet_service" : "",
				parts & REACH_INTERVAL ? " flags interval;" : "");
		}
}

/* Of the family; family 0: it has none. */
static IpAddress address_of(const ReachSide *side, int family)
{
	return family == AF_INET ? side->address : side->address6;
}

static bool is_metadata(const IpAddress *address)
{
	static const char list[] = METADATA_IPV4 ", " METADATA_IPV6;
	char text[INET6_ADDRSTRLEN + 4];
	IpAddress metadata;

	for (const char *at = list; *at; at += strspn(at, ", ")) {
		size_t size = strcspn(at, ", ");

		(void)snprintf(text, sizeof(text), "%.*s", (int)size, at);
		if (ip_parse(text, &metadata) == 0 && address_covers(&metadata, address))
			return true;
		at += size;
	}
	return false;
}

static int own_egress(const ReachRule *rule, const IpAddress *own, ReachElements *elements)
{
	ReachElement e = {
		.family = own->family, .from = *own, .protocol = rule->protocol, .port = rule->port
	};
	int r;

	if (rule->peer == REACH_HOST) {
		e.set = &reach_sets[TO_HOST];
		return push(elements, &e);
	}
	if (rule->peer != REACH_ADDRESSES || rule->addresses.family != own->family)
		return 0;
	e.to = rule->addresses;
	e.set = &reach_sets[rule->protocol ? EGRESS_PORT : EGRESS];
	r = push(elements, &e);
	if (r < 0 || !is_metadata(&rule->addresses))
		return r;
	e.set = &reach_sets[METADATA];
	e.protocol = 0;
	return push(elements, &e);
}

static int own_allowed(const ReachRule *rule, const IpAddress *own, ReachElements *elements)
{
	ReachElement e = { .set = &reach_sets[rule->protocol ? ALLOW_PORT : ALLOW],
		.family = own->family,
		.from = rule->addresses,
		.to = *own,
		.protocol = rule->protocol,
		.port = rule->port };
	const ReachElement guarded = {
		.set = &reach_sets[GUARDED], .family = own->family, .to = *own
	};
	int r;

	if (rule->peer != REACH_ADDRESSES)
		return 0;
	r = push(elements, &guarded);
	return r < 0 || rule->addresses.family != own->family ? r : push(elements, &e);
}

static int own_resolver(const IpAddress *server, const IpAddress *own, ReachElements *elements)
{
	ReachElement e = { .set = &reach_sets[RESOLVER],
		.family = own->family,
		.from = *own,
		.to = *server,
		.protocol = IPPROTO_UDP,
		.port = DNS_PORT };
	int r = server->family == own->family ? push(elements, &e) : 0;

	if (r < 0 || server->family != own->family)
		return r;
	e.protocol = IPPROTO_TCP;
	return push(elements, &e);
}

int reach_elements_own(const ReachSide *side, ReachElements *elements)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int r = 0;

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		const IpAddress own = address_of(side, families[f]);
		const ReachElement held = {
			.set = &reach_sets[HELD], .family = own.family, .from = own
		};

		if (own.family == 0)
			continue;
		if (r == 0 && side->said->n_egress > 0)
			r = push(elements, &held);
		for (size_t i = 0; r == 0 && i < side->said->n_egress; i++)
			r = own_egress(&side->said->egress[i], &own, elements);
		for (size_t i = 0; r == 0 && i < side->said->n_allowed; i++)
			r = own_allowed(&side->said->allowed[i], &own, elements);
		for (size_t i = 0; r == 0 && i < side->said->n_resolvers; i++)
			r = own_resolver(&side->said->resolvers[i], &own, elements);
	}
	return r;
}

static bool names(const ReachRule *rule, const ReachSide *side)
{
	return rule->peer == REACH_NAME && strcmp(rule->name, side->container) == 0;
}

static int push_pair(const ReachSide *from, const ReachSide *to, uint8_t protocol, uint16_t port,
	ReachElements *elements)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int r = 0;

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		const ReachElement e = { .set = &reach_sets[SIBLING],
			.family = families[f],
			.from = address_of(from, families[f]),
			.to = address_of(to, families[f]),
			.protocol = protocol,
			.port = port };

		if (r == 0 && e.from.family != 0 && e.to.family != 0)
			r = push(elements, &e);
	}
	return r;
}

int reach_elements_pair(const ReachSide *from, const ReachSide *to, ReachElements *elements)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < to->said->n_allowed; i++) {
		const ReachRule *in = &to->said->allowed[i];

		if (!names(in, from))
			continue;
		if (from->said->n_egress == 0)
			r = push_pair(from, to, in->protocol, in->port, elements);
		for (size_t j = 0; r == 0 && j < from->said->n_egress; j++) {
			const ReachRule *out = &from->said->egress[j];
			const ReachRule *narrow = in->protocol ? in : out;

			if (names(out, to) &&
				(in->protocol == 0 || out->protocol == 0 ||
					(in->protocol == out->protocol && in->port == out->port)))
				r = push_pair(from, to, narrow->protocol, narrow->port, elements);
		}
	}
	return r;
}

/* Each field begins at a multiple of four bytes. */
static void put(uint8_t *key, size_t *size, const void *value, size_t value_size)
{
	memcpy(key + *size, value, value_size);
	*size += (value_size + 3) & ~(size_t)3;
}

static void put_address(const IpAddress *ip, uint8_t *first, uint8_t *last, size_t *size)
{
	size_t from = *size;

	put(first, &from, ip->bytes, ip_size(ip));
	put(last, size, ip->bytes, ip_size(ip));
	for (unsigned int bit = ip->prefix; bit < 8 * ip_size(ip); bit++)
		last[*size - ip_size(ip) + bit / 8] |= (uint8_t)(0x80u >> bit % 8);
}

size_t reach_element_key(const ReachElement *e, uint8_t first[static REACH_KEY_MAX],
	uint8_t last[static REACH_KEY_MAX])
{
	const uint8_t protocols[] = { e->protocol, e->protocol ? e->protocol : UINT8_MAX };
	const uint16_t ports[] = { htons(e->port), e->protocol ? htons(e->port) : UINT16_MAX };
	size_t size = 0, from;

	memset(first, 0, REACH_KEY_MAX);
	memset(last, 0, REACH_KEY_MAX);
	if (e->set->parts & REACH_FROM)
		put_address(&e->from, first, last, &size);
	if (e->set->parts & REACH_TO)
		put_address(&e->to, first, last, &size);
	if (!(e->set->parts & REACH_SERVICE))
		return size;
	from = size;
	put(first, &from, &protocols[0], sizeof(protocols[0]));
	put(first, &from, &ports[0], sizeof(ports[0]));
	put(last, &size, &protocols[1], sizeof(protocols[1]));
	put(last, &size, &ports[1], sizeof(ports[1]));
	return size;
}

static void text_of(const IpAddress *ip, const char *before, Buf *buf)
{
	uint8_t first[REACH_KEY_MAX] = { 0 }, last[REACH_KEY_MAX] = { 0 };
	char from[INET6_ADDRSTRLEN] = "", to[INET6_ADDRSTRLEN] = "";
	size_t size = 0;

	put_address(ip, first, last, &size);
	(void)inet_ntop(ip->family, first, from, sizeof(from)); /* has room for every address */
	(void)inet_ntop(ip->family, last, to, sizeof(to));
	buf_printf(buf, "%s%s", before, from);
	if (strcmp(from, to) != 0)
		buf_printf(buf, "-%s", to);
}

void reach_element_text(const ReachElement *e, Buf *buf)
{
	if (e->set->parts & REACH_FROM)
		text_of(&e->from, "", buf);
	if (e->set->parts & REACH_TO)
		text_of(&e->to, e->set->parts & REACH_FROM ? " . " : "", buf);
	if (!(e->set->parts & REACH_SERVICE))
		return;
	if (e->protocol)
		buf_printf(buf, " . %u . %u", e->protocol, e->port);
	else
		buf_puts(buf, " . 0-255 . 0-65535");
}

void reach_element_set(const ReachElement *e, char ret[static REACH_SET_NAME_SIZE])
{
	(void)snprintf(
		ret, REACH_SET_NAME_SIZE, "%s%s", e->set->name, e->family == AF_INET6 ? "6" : "");
}
