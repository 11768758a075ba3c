/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who reaches whom, read from the kernel: the elements of our sets are looked up there, and the records only say who has an address.
 */
#include "net/plugin/reach-list.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "net/plugin/elements.h"
#include "net/plugin/ports.h"
#include "net/plugin/reach-elements.h"

#define TEXT_SIZE 128u

/* One network that runs. */
typedef struct Listing {
	const char *container; /* NULL: all */
	char ***rows;
	char table[FIREWALL_TABLE_SIZE];
	Port *ports;
	size_t n_ports;
	Network network;
	const ReachSet *set; /* that is being read */
	bool six;
	char **held, **guarded; /* addresses as text, sorted once they are read */
	size_t n_held, n_guarded;
	bool failed;
} Listing;

static int add_row(Listing *l, const char *from, const char *to, const char *port, const char *rule)
{
	const char *const texts[] = { from, to, port, rule };

	if (l->container && strcmp(l->container, from) != 0 && strcmp(l->container, to) != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strv_append(l->rows, texts[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int compare_ports(const void *a, const void *b)
{
	uint32_t one = ((const Port *)a)->station.address, two = ((const Port *)b)->station.address;

	return one < two ? -1 : one > two;
}

static size_t sort(char **texts)
{
	strv_sort(texts);
	return strv_length(texts);
}

/* Whose address of the network it is; of IPv6 the number is that of IPv4. NULL: nobody's. */
static const char *owner_of(const Listing *l, const uint8_t *bytes)
{
	IpAddress ip = { .family = l->six ? AF_INET6 : AF_INET };
	const Port *port;
	Port wanted = { 0 };

	memcpy(ip.bytes, bytes, ip_size(&ip));
	if (l->six) {
		memcpy(&wanted.station.address, bytes + 12, sizeof(uint32_t));
		wanted.station.address = ntohl(wanted.station.address) + l->network.subnet.network;
	} else {
		wanted.station.address = ip_v4(&ip);
	}
	port = l->n_ports > 0 ? bsearch(&wanted, l->ports, l->n_ports, sizeof(*port), compare_ports)
			      : NULL;
	return port && (!l->six || memcmp(port->station.address6.bytes, bytes, 16) == 0)
		       ? port->container
		       : NULL;
}

/* Whose it is, or the address. A range is one of a prefix: others we do not make. */
static void name_of(
	const Listing *l, const uint8_t *first, const uint8_t *last, char ret[static TEXT_SIZE])
{
	size_t size = l->six ? 16 : 4;
	const char *owner = memcmp(first, last, size) == 0 ? owner_of(l, first) : NULL;
	char address[INET6_ADDRSTRLEN] = "";
	unsigned int prefix = 0;

	if (owner) {
		(void)snprintf(ret, TEXT_SIZE, "%s", owner);
		return;
	}
	while (prefix < 8 * size &&
		((first[prefix / 8] ^ last[prefix / 8]) & (0x80u >> prefix % 8)) == 0)
		prefix++;
	(void)inet_ntop(l->six ? AF_INET6 : AF_INET, first, address, sizeof(address)); /* it fits */
	(void)snprintf(ret, TEXT_SIZE, prefix < 8 * size ? "%s/%u" : "%s", address, prefix);
}

static void port_of(const uint8_t *service, const uint8_t *last, char ret[static TEXT_SIZE])
{
	uint16_t port;

	memcpy(&port, service + 4, sizeof(port));
	if (memcmp(service, last, 8) != 0)
		(void)snprintf(ret, TEXT_SIZE, "any");
	else
		(void)snprintf(ret, TEXT_SIZE, "%u/%s", ntohs(port),
			*service == IPPROTO_UDP ? "udp" : "tcp");
}

static int add_element(Listing *l, const uint8_t *first, const uint8_t *last)
{
	size_t at = 0, size = l->six ? 16 : 4;
	char from[TEXT_SIZE] = "", to[TEXT_SIZE] = "", port[TEXT_SIZE] = "any", rule[TEXT_SIZE];
	ReachPart parts = l->set->parts;

	if (parts & REACH_FROM) {
		name_of(l, first, last, from);
		at += size;
	}
	if (parts & REACH_TO) {
		name_of(l, first + at, last + at, to);
		at += size;
	}
	if (parts & REACH_SERVICE)
		port_of(first + at, last + at, port);
	if (strcmp(l->set->name, REACH_HELD) == 0)
		return strv_append(&l->held, from);
	if (strcmp(l->set->name, REACH_GUARDED) == 0)
		return strv_append(&l->guarded, to);
	if (strcmp(l->set->name, REACH_METADATA) == 0) /* told by the sets of where it may go */
		return 0;
	(void)snprintf(
		rule, sizeof(rule), "%s: set %s%s", l->table, l->set->name, l->six ? "6" : "");
	return add_row(l, from, *to ? to : "host", port, rule);
}

typedef struct Element {
	const uint8_t *first, *last, *value;
	size_t size, last_size, value_size;
} Element;

static int read_value(const struct nlattr *attribute, void *data)
{
	const struct nlattr **ret = data;

	if (mnl_attr_get_type(attribute) == NFTA_DATA_VALUE)
		*ret = attribute;
	return MNL_CB_OK;
}

static void take_value(const struct nlattr *attribute, const uint8_t **ret, size_t *ret_size)
{
	const struct nlattr *value = NULL;

	(void)mnl_attr_parse_nested(attribute, read_value, &value);
	if (value) {
		*ret = mnl_attr_get_payload(value);
		*ret_size = mnl_attr_get_payload_len(value);
	}
}

static int read_part(const struct nlattr *attribute, void *data)
{
	Element *e = data;

	switch (mnl_attr_get_type(attribute)) {
	case NFTA_SET_ELEM_KEY:
		take_value(attribute, &e->first, &e->size);
		break;
	case NFTA_SET_ELEM_KEY_END:
		take_value(attribute, &e->last, &e->last_size);
		break;
	case NFTA_SET_ELEM_DATA:
		take_value(attribute, &e->value, &e->value_size);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static size_t key_size(const Listing *l)
{
	ReachPart parts = l->set->parts;
	size_t address = l->six ? 16 : 4;

	return (parts & REACH_FROM ? address : 0) + (parts & REACH_TO ? address : 0) +
	       (parts & REACH_SERVICE ? 8 : 0);
}

static int read_element(const struct nlattr *attribute, void *data)
{
	Listing *l = data;
	Element e = { 0 };

	(void)mnl_attr_parse_nested(attribute, read_part, &e);
	if (!e.first || e.size < key_size(l) || (e.last && e.last_size < key_size(l)))
		return MNL_CB_OK;
	l->failed = l->failed || add_element(l, e.first, e.last ? e.last : e.first) < 0;
	return MNL_CB_OK;
}

/* What is published for one port of a container: seen in the map by what it is translated to. */
static int read_published(const struct nlattr *attribute, void *data)
{
	char to[TEXT_SIZE], port[TEXT_SIZE], at[TEXT_SIZE] = "", rule[2 * TEXT_SIZE];
	size_t size, address;
	uint16_t inner, outer;
	Listing *l = data;
	Element e = { 0 };
	const char *from;

	(void)mnl_attr_parse_nested(attribute, read_part, &e);
	address = l->six ? 16 : 4;
	size = e.size;
	if (!e.first || (size != 8 && size != 8 + address) || !e.value ||
		e.value_size < address + 2)
		return MNL_CB_OK;
	memcpy(&outer, e.first + size - 4, sizeof(outer));
	memcpy(&inner, e.value + address, sizeof(inner));
	name_of(l, e.value, e.value, to);
	if (size > 8)
		name_of(l, e.first, e.first, at);
	(void)snprintf(port, sizeof(port), "%u/%s", ntohs(inner),
		e.first[size - 8] == IPPROTO_UDP ? "udp" : "tcp");
	(void)snprintf(rule, sizeof(rule), "%s: published as port %u of %s", l->table, ntohs(outer),
		*at	 ? at
		: l->six ? "every IPv6 address"
			 : "every IPv4 address");
	from = strv_sorted_has(l->guarded, l->n_guarded, to) ? "outside, of the addresses allowed"
							     : "outside";
	l->failed = l->failed || add_row(l, from, to, port, rule) < 0;
	return MNL_CB_OK;
}

typedef struct Reading {
	Listing *listing;
	mnl_attr_cb_t each;
} Reading;

static int read_list(const struct nlattr *attribute, void *data)
{
	const Reading *reading = data;

	return mnl_attr_get_type(attribute) == NFTA_SET_ELEM_LIST_ELEMENTS
		       ? mnl_attr_parse_nested(attribute, reading->each, reading->listing)
		       : MNL_CB_OK;
}

static void on_message(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
		(void)mnl_attr_parse(message, sizeof(struct nfgenmsg), read_list, data);
}

/* Of a table from an older version some are missing. */
static int read_set(Listing *l, const char *name, mnl_attr_cb_t each, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	Reading reading = { l, each };
	struct nlmsghdr *message;
	char set[64];
	int r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);

	if (r < 0)
		return r;
	(void)snprintf(set, sizeof(set), "%s%s", name, l->six ? "6" : "");
	message = elements_message(&exchange, NFPROTO_INET, NFT_MSG_GETSETELEM, NLM_F_DUMP, ENOENT,
		"read the nftables sets");
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, l->table);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	exchange_end(&exchange, message);
	r = exchange_commit(&exchange, on_message, &reading, ret_error);
	return r == 0 && l->failed ? error_oom(ret_error) : r;
}

static int read_sets(Listing *l, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; i < 2 * REACH_SETS; i++) {
		l->set = &reach_sets[i / 2];
		l->six = i % 2;
		if (r == 0)
			r = read_set(l, l->set->name, read_element, ret_error);
	}
	l->n_held = sort(l->held);
	l->n_guarded = sort(l->guarded);
	for (size_t i = 0; r == 0 && i < 4; i++) {
		l->six = i % 2;
		r = read_set(
			l, i < 2 ? "published_any" : "published_at", read_published, ret_error);
	}
	return r;
}

/* What holds for every container of the network, by its chains. */
static int add_usual(Listing *l, const char *container)
{
	bool held = strv_sorted_has(l->held, l->n_held, container);
	char rule[TEXT_SIZE];
	int r;

	(void)snprintf(rule, sizeof(rule), "%s: chain output", l->table);
	r = add_row(l, "host", container, "any", rule);
	(void)snprintf(rule, sizeof(rule), "%s: chain input", l->table);
	if (r == 0 && !held)
		r = add_row(l, container, "host", "ping", rule);
	(void)snprintf(rule, sizeof(rule), "%s: chain forward", l->table);
	if (r == 0 && !held && l->network.mode != NETWORK_ISOLATED)
		r = add_row(l, container, "outside", "any", rule);
	if (r == 0 && l->network.mode == NETWORK_ROUTED &&
		!strv_sorted_has(l->guarded, l->n_guarded, container))
		r = add_row(l, "outside", container, "any", rule);
	return r;
}

static int has_table(const char *table, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	struct nlmsghdr *message;
	int r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);

	if (r < 0)
		return r;
	message = elements_message(
		&exchange, NFPROTO_INET, NFT_MSG_GETTABLE, 0, 0, "look up an nftables table");
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
	exchange_end(&exchange, message);
	return exchange_commit(&exchange, NULL, NULL, NULL) == 0;
}

static int list_network(Listing *l, Error **ret_error)
{
	int r = has_table(l->table, ret_error);

	if (r == 0)
		return error_set(ret_error, ENODATA,
			"the nftables table inet %s is missing, so who can reach whom in the network %s is unknown; the containers' supervisors restore it, as does the next start of a container",
			l->table, l->network.name);
	if (r > 0)
		r = read_sets(l, ret_error);
	for (size_t i = 0; r == 0 && i < l->n_ports; i++)
		if (add_usual(l, l->ports[i].container) < 0)
			r = error_oom(ret_error);
	return r;
}

int reach_list(const Network *network, const char *container, char ***rows, Error **ret_error)
{
	Listing l = { .container = container, .rows = rows, .network = *network };
	int r = ports_list(network->bridge, PORTS_MAX, &l.ports, &l.n_ports, ret_error);

	firewall_table(network->bridge, l.table);
	if (r == 0 && l.n_ports > 0)
		qsort(l.ports, l.n_ports, sizeof(*l.ports), compare_ports);
	if (r == 0)
		r = list_network(&l, ret_error);
	free(l.ports);
	strv_free(l.held);
	strv_free(l.guarded);
	return r;
}
