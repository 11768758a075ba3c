/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Published ports in nftables.
 */
#include "net/plugin/publish.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/fd.h"
#include "base/procstat.h"
#include "base/strv.h"
#include "net/plugin/conntrack.h"
#include "net/plugin/elements.h"
#include "net/publication.h"

/* Of each there is one more for IPv6, with a 6 behind its name. */
#define MAP_ANY "published_any" /* every address of the host's */
#define MAP_AT "published_at" /* one of them */
#define SET_PUBLISHED "published" /* protocol, address and port of the container */

#define SETS(family, suffix)                                                                       \
	"	map " MAP_ANY suffix " { type inet_proto . inet_service : " family                 \
	" . inet_service; }\n"                                                                     \
	"	map " MAP_AT suffix " { type " family " . inet_proto . inet_service : " family     \
	" . inet_service; }\n"                                                                     \
	"	set " SET_PUBLISHED suffix " { type inet_proto . " family " . inet_service; }\n"

const char publish_sets[] = SETS("ipv4_addr", "") SETS("ipv6_addr", "6");

/* Containers come to each other's ports in no such way. On lo packets are seen again that output has seen. What is for the loopback interface stays
 * there: translated, it would need route_localnet, with which the neighbours reach all that listens there (CVE-2020-8558). */
const char publish_chains[] =
	"	chain translate {\n"
	"		meta l4proto != { tcp, udp } return\n"
	"		dnat ip to ip daddr . meta l4proto . th dport map @" MAP_AT "\n"
	"		dnat ip to meta l4proto . th dport map @" MAP_ANY "\n"
	"		dnat ip6 to ip6 daddr . meta l4proto . th dport map @" MAP_AT "6\n"
	"		dnat ip6 to meta l4proto . th dport map @" MAP_ANY "6\n"
	"	}\n"
	"	chain translate_incoming {\n"
	"		type nat hook prerouting priority -100; policy accept;\n"
	"		iifname { \"vsb*\", \"vsn*\", \"lo\" } return\n"
	"		fib daddr type local jump translate\n"
	"	}\n"
	"	chain translate_own {\n"
	"		type nat hook output priority -100; policy accept;\n"
	"		ip daddr 127.0.0.0/8 return\n"
	"		ip saddr 127.0.0.0/8 return\n"
	"		ip6 daddr ::1 return\n"
	"		ip6 saddr ::1 return\n"
	"		fib daddr type local jump translate\n"
	"	}\n";

/* What one publication is in nftables for one family: what is looked up, each number in a place of four bytes. */
typedef struct Elements {
	const char *map, *set;
	uint8_t key[24], target[20], way[24];
	size_t key_size, target_size, way_size;
} Elements;

static void put(uint8_t *bytes, size_t *size, const void *value, size_t value_size)
{
	memcpy(bytes + *size, value, value_size);
	*size += (value_size + 3) & ~(size_t)3;
}

static void put_port(uint8_t *bytes, size_t *size, uint16_t port)
{
	const uint16_t big = htons(port);

	put(bytes, size, &big, sizeof(big));
}

static uint8_t protocol_of(const Publication *p)
{
	return p->udp ? IPPROTO_UDP : IPPROTO_TCP;
}

/* False: nothing is translated for it in the address's family. */
static bool elements_of(const Publication *p, const IpAddress *address, Elements *ret)
{
	const uint8_t protocol = protocol_of(p);
	bool six = address->family == AF_INET6;
	Elements e = { 0 };

	if (address->family == 0 || publication_is_local(p) ||
		(!p->any && p->address.family != address->family))
		return false;
	e.map = p->any ? (six ? MAP_ANY "6" : MAP_ANY) : six ? MAP_AT "6" : MAP_AT;
	e.set = six ? SET_PUBLISHED "6" : SET_PUBLISHED;
	if (!p->any)
		put(e.key, &e.key_size, p->address.bytes, ip_size(&p->address));
	put(e.key, &e.key_size, &protocol, sizeof(protocol));
	put_port(e.key, &e.key_size, p->outer);
	put(e.target, &e.target_size, address->bytes, ip_size(address));
	put_port(e.target, &e.target_size, p->inner);
	put(e.way, &e.way_size, &protocol, sizeof(protocol));
	put(e.way, &e.way_size, address->bytes, ip_size(address));
	put_port(e.way, &e.way_size, p->inner);
	*ret = e;
	return true;
}

static int change_one(
	const char *bridge, const Elements *e, unsigned int type, bool with_way, Error **ret_error)
{
	static const char what[] = "publish a port";
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	char table[FIREWALL_TABLE_SIZE];
	int r = elements_open(&exchange, ret_error);

	if (r < 0)
		return r;
	firewall_table(bridge, table);
	elements_put(&exchange, table, type,
		&(SetElement){ .set = e->map,
			.key = e->key,
			.key_size = e->key_size,
			.data = e->target,
			.data_size = e->target_size },
		what);
	if (with_way)
		elements_put(&exchange, table, type,
			&(SetElement){ .set = e->set, .key = e->way, .key_size = e->way_size },
			what);
	return elements_commit(&exchange, ret_error);
}

static int parse(const char *text, Publication *ret)
{
	return publication_parse(text, ret, NULL); /* of ours: it was read before */
}

/* Two ports of the host may lead to one of the container. */
static bool has_way(
	char *const *list, const Elements *one, const IpAddress *address, const char *but)
{
	STRV_FOREACH (text, list) {
		Publication p;
		Elements e;

		if (strcmp(*text, but) != 0 && parse(*text, &p) == 0 &&
			elements_of(&p, address, &e) && e.way_size == one->way_size &&
			memcmp(e.way, one->way, e.way_size) == 0)
			return true;
	}
	return false;
}

static int withdraw(const Published *before, const char *text, const IpAddress *address,
	const Published *after, Error **ret_error)
{
	char *const *left = after->list;
	Publication p;
	Elements e;
	int r;

	if (parse(text, &p) < 0 || !elements_of(&p, address, &e))
		return 0;
	r = change_one(before->bridge, &e, NFT_MSG_DELSETELEM, !has_way(left, &e, address, text),
		ret_error);
	return r < 0 || after->keeps_connections
		       ? r
		       : conntrack_forget_port(address, p.udp, p.inner, ret_error);
}

/* A client of UDP that has been knocking at the closed port is a connection that no translation was found for. */
static int publish(
	const Published *published, const char *text, const IpAddress *address, Error **ret_error)
{
	Publication p;
	Elements e;
	int r = publication_parse(text, &p, ret_error);

	if (r == 0 && !p.any && p.address.family == AF_INET6 && !publication_is_local(&p) &&
		published->address6.family != AF_INET6)
		return error_set(
			ret_error, EOPNOTSUPP, "%s: the container's network has no IPv6", text);
	if (r < 0 || !elements_of(&p, address, &e))
		return r;
	r = change_one(published->bridge, &e, NFT_MSG_NEWSETELEM, true, ret_error);
	return r < 0 || !p.udp ? r
			       : conntrack_forget_untranslated(address->family, p.outer, ret_error);
}

static int replace(const Published *before, const Published *published, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (text, before->list) {
		if (strv_contains(published->list, *text))
			continue;
		if (r == 0)
			r = withdraw(before, *text, &before->address, published, ret_error);
		if (r == 0)
			r = withdraw(before, *text, &before->address6, published, ret_error);
	}
	STRV_FOREACH (text, published->list) {
		if (r == 0)
			r = publish(published, *text, &published->address, ret_error);
		if (r == 0)
			r = publish(published, *text, &published->address6, ret_error);
	}
	return r;
}

/* The record comes before what it tells of, and goes after it. */
int publish_change(const Published *published, Error **ret_error)
{
	_cleanup_published_ Published before = { 0 };
	int r = published_read(published->port, &before, ret_error);

	if (r == -ENOENT)
		r = 0;
	if (r == 0 && published->list)
		r = published_record(published, ret_error);
	if (r == 0)
		r = replace(&before, published, ret_error);
	if (r == 0 && !published->list)
		r = published_forget(published->port, ret_error);
	return r;
}

int publish_leave(const char *port, Error **ret_error)
{
	_cleanup_published_ Published before = { 0 };
	const Published nothing = { .port = (char *)port };
	int r = published_read(port, &before, ret_error);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : publish_change(&nothing, ret_error);
}

static int leave_if_dead(const Published *published, void *data, Error **ret_error)
{
	_cleanup_fd_ int fd = procstat_open(published->holder, published->holder_starttime);

	(void)data;
	return fd == -ESRCH ? publish_leave(published->port, ret_error) : 0;
}

int publish_leave_dead(Error **ret_error)
{
	return published_each(leave_if_dead, NULL, ret_error);
}

typedef struct Formatting {
	const char *bridge;
	Buf *buf;
} Formatting;

static void format_one(Buf *buf, const char *table, const Publication *p, const IpAddress *address)
{
	char host[INET6_ADDRSTRLEN] = "", inside[INET6_ADDRSTRLEN];
	const char *protocol = p->udp ? "udp" : "tcp";
	Elements e;

	if (!elements_of(p, address, &e) ||
		!inet_ntop(address->family, address->bytes, inside, sizeof(inside)) ||
		(!p->any && !inet_ntop(p->address.family, p->address.bytes, host, sizeof(host))))
		return;
	buf_printf(buf, "add element inet %s %s { %s%s%s . %u : %s . %u }\n", table, e.map, host,
		p->any ? "" : " . ", protocol, p->outer, inside, p->inner);
	buf_printf(buf, "add element inet %s %s { %s . %s . %u }\n", table, e.set, protocol, inside,
		p->inner);
}

static int format_record(const Published *published, void *data, Error **ret_error)
{
	const Formatting *f = data;
	char table[FIREWALL_TABLE_SIZE];

	(void)ret_error;
	if (strcmp(published->bridge, f->bridge) != 0)
		return 0;
	firewall_table(f->bridge, table);
	STRV_FOREACH (text, published->list) {
		Publication p;

		if (parse(*text, &p) < 0)
			continue;
		format_one(f->buf, table, &p, &published->address);
		format_one(f->buf, table, &p, &published->address6);
	}
	return 0;
}

int publish_format(const char *bridge, Buf *buf, Error **ret_error)
{
	Formatting f = { bridge, buf };

	return published_each(format_record, &f, ret_error);
}
