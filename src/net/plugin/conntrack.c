/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's table of connections. Deleting by a filter came with Linux 6.8; listing by one is older, so each entry is listed and deleted.
 */
#include "net/plugin/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "net/plugin/exchange.h"

#define ENTRIES_MAX 1048576u /* connections of one address; 65,535 ports to each of 16 peers */
#define TUPLE_MAX 128u /* bytes of a connection's direction; IPv6 needs about 90 */
#define BATCH 32u /* deletions in one exchange */
/* CTA_FILTER_F_... of the kernel's nf_internals.h */
#define FILTER_SOURCE (1u << 0)
#define FILTER_PROTOCOL (1u << 3)
#define FILTER_SOURCE_PORT (1u << 4)
#define FILTER_TARGET_PORT (1u << 5)

/* Up to here all connections are listed in one walk of the table, above it the kernel's filter chooses in two: each looks at 262,144 places on a usual host. */
#define UNFILTERED_MAX 4096u

typedef struct Entry {
	uint32_t id; /* network byte order, as it came */
	uint16_t zone; /* the same */
	uint16_t size; /* of tuple, 0: none */
	uint8_t tuple[TUPLE_MAX];
	const IpAddress *address; /* who is looked for; NULL: anybody */
	uint32_t status; /* IPS_*, host byte order */
	Flow flow;
	bool found; /* as the source of one direction */
	bool wants_flow;
} Entry;

typedef struct Entries {
	Entry *list;
	size_t count, room;
	int family;
	const IpAddress *address;
	uint32_t with, without; /* of status: what is asked for */
	bool (*keep)(const Flow *flow, void *data); /* NULL: what is found goes */
	void *data;
	int failed; /* positive errno */
} Entries;

static void entries_done(Entries *entries)
{
	free(entries->list);
}

/* What read_way() fills: one direction. */
typedef struct Way {
	IpAddress source, target;
	uint8_t protocol;
	uint16_t source_port, target_port;
} Way;

static void read_address(const struct nlattr *attribute, int family, IpAddress *ret)
{
	IpAddress ip = { .family = family };

	ip.prefix = 8 * (unsigned int)ip_size(&ip);
	if (mnl_attr_get_payload_len(attribute) != ip_size(&ip))
		return;
	memcpy(ip.bytes, mnl_attr_get_payload(attribute), ip_size(&ip));
	*ret = ip;
}

static int read_way_address(const struct nlattr *attribute, void *data)
{
	Way *way = data;

	switch (mnl_attr_get_type(attribute)) {
	case CTA_IP_V4_SRC:
	case CTA_IP_V6_SRC:
		read_address(attribute,
			mnl_attr_get_type(attribute) == CTA_IP_V4_SRC ? AF_INET : AF_INET6,
			&way->source);
		break;
	case CTA_IP_V4_DST:
	case CTA_IP_V6_DST:
		read_address(attribute,
			mnl_attr_get_type(attribute) == CTA_IP_V4_DST ? AF_INET : AF_INET6,
			&way->target);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int read_way_protocol(const struct nlattr *attribute, void *data)
{
	size_t size = mnl_attr_get_payload_len(attribute);
	int type = mnl_attr_get_type(attribute);
	Way *way = data;

	if (type == CTA_PROTO_NUM && size == sizeof(uint8_t))
		way->protocol = mnl_attr_get_u8(attribute);
	else if (type == CTA_PROTO_SRC_PORT && size == sizeof(uint16_t))
		way->source_port = ntohs(mnl_attr_get_u16(attribute));
	else if (type == CTA_PROTO_DST_PORT && size == sizeof(uint16_t))
		way->target_port = ntohs(mnl_attr_get_u16(attribute));
	return MNL_CB_OK;
}

static int read_way(const struct nlattr *attribute, void *data)
{
	int type = mnl_attr_get_type(attribute);

	return type == CTA_TUPLE_IP	 ? mnl_attr_parse_nested(attribute, read_way_address, data)
	       : type == CTA_TUPLE_PROTO ? mnl_attr_parse_nested(attribute, read_way_protocol, data)
					 : MNL_CB_OK;
}

static void read_flow(const struct nlattr *attribute, bool answers, Flow *flow)
{
	Way way = { 0 };

	(void)mnl_attr_parse_nested(attribute, read_way, &way);
	if (answers) {
		flow->answers_from = way.source;
		flow->answers_port = way.source_port;
	} else {
		flow->from = way.source;
		flow->to = way.target;
		flow->protocol = way.protocol;
		flow->port = way.target_port;
	}
}

static int read_source(const struct nlattr *attribute, void *data)
{
	Entry *entry = data;
	int wanted;

	if (!entry->address)
		return MNL_CB_OK;
	wanted = entry->address->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC;

	if (mnl_attr_get_type(attribute) == wanted &&
		mnl_attr_get_payload_len(attribute) == ip_size(entry->address) &&
		memcmp(mnl_attr_get_payload(attribute), entry->address->bytes,
			ip_size(entry->address)) == 0)
		entry->found = true;
	return MNL_CB_OK;
}

static int read_tuple(const struct nlattr *attribute, void *data)
{
	return mnl_attr_get_type(attribute) == CTA_TUPLE_IP
		       ? mnl_attr_parse_nested(attribute, read_source, data)
		       : MNL_CB_OK;
}

static int read_entry(const struct nlattr *attribute, void *data)
{
	size_t size = mnl_attr_get_payload_len(attribute);
	Entry *entry = data;

	switch (mnl_attr_get_type(attribute)) {
	case CTA_TUPLE_ORIG:
		if (size <= TUPLE_MAX) {
			memcpy(entry->tuple, mnl_attr_get_payload(attribute), size);
			entry->size = (uint16_t)size;
		}
		if (entry->wants_flow)
			read_flow(attribute, false, &entry->flow);
		return mnl_attr_parse_nested(attribute, read_tuple, entry);
	case CTA_TUPLE_REPLY:
		if (entry->wants_flow)
			read_flow(attribute, true, &entry->flow);
		return mnl_attr_parse_nested(attribute, read_tuple, entry);
	case CTA_ID:
		if (size == sizeof(entry->id))
			memcpy(&entry->id, mnl_attr_get_payload(attribute), size);
		break;
	case CTA_ZONE:
		if (size == sizeof(entry->zone))
			memcpy(&entry->zone, mnl_attr_get_payload(attribute), size);
		break;
	case CTA_STATUS:
		if (size == sizeof(entry->status))
			entry->status = ntohl(mnl_attr_get_u32(attribute));
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static void collect(const struct nlmsghdr *message, void *data)
{
	Entries *entries = data;
	Entry entry = {
		.address = entries->address, .found = !entries->address, .wants_flow = entries->keep
	};

	if (message->nlmsg_type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW))
		return;
	(void)mnl_attr_parse(message, sizeof(struct nfgenmsg), read_entry, &entry);
	if (entry.size == 0 || !entry.found || entries->failed ||
		(entry.status & entries->with) != entries->with ||
		(entry.status & entries->without) != 0 ||
		(entries->keep && entries->keep(&entry.flow, entries->data)))
		return;
	if (entries->count == entries->room) {
		size_t room = entries->room ? 2 * entries->room : 64;
		Entry *grown = room <= ENTRIES_MAX
				       ? reallocarray(entries->list, room, sizeof(*grown))
				       : NULL;

		if (!grown) {
			entries->failed = ENOMEM;
			return;
		}
		entries->list = grown;
		entries->room = room;
	}
	entries->list[entries->count++] = entry;
}

static struct nlmsghdr *begin(
	Exchange *exchange, int family, unsigned int type, uint16_t flags, int tolerated)
{
	struct nlmsghdr *message =
		exchange_begin(exchange, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), flags,
			tolerated, "forget the connections of the address (nf_conntrack_netlink)");
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = (uint8_t)family;
	header->version = NFNETLINK_V0;
	return message;
}

static int read_count(const struct nlattr *attribute, void *data)
{
	if (mnl_attr_get_type(attribute) == CTA_STATS_GLOBAL_ENTRIES &&
		mnl_attr_get_payload_len(attribute) == sizeof(uint32_t))
		*(uint32_t *)data = ntohl(mnl_attr_get_u32(attribute));
	return MNL_CB_OK;
}

static void collect_count(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS))
		(void)mnl_attr_parse(message, sizeof(struct nfgenmsg), read_count, data);
}

/* All of them. A kernel that does not say has some: *ret stays as it is. */
static int count(Exchange *exchange, uint32_t *ret, Error **ret_error)
{
	struct nlmsghdr *message = begin(exchange, AF_INET, IPCTNL_MSG_CT_GET_STATS, 0, 0);

	exchange_end(exchange, message);
	return exchange_commit(exchange, collect_count, ret, ret_error);
}

/* What is listed: in one direction of a connection, that of who opened it or that of who answers, these are so. */
typedef struct Wanted {
	bool answers;
	uint32_t flags; /* FILTER_*, 0: all that there are */
	const IpAddress *source;
	uint8_t protocol;
	uint16_t port; /* of source or target */
} Wanted;

static void put_wanted(struct nlmsghdr *message, const Wanted *w)
{
	struct nlattr *tuple, *nest;

	tuple = mnl_attr_nest_start(message, w->answers ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG);
	if (w->flags & FILTER_SOURCE) {
		nest = mnl_attr_nest_start(message, CTA_TUPLE_IP);
		mnl_attr_put(message, w->source->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC,
			ip_size(w->source), w->source->bytes);
		mnl_attr_nest_end(message, nest);
	}
	if (w->flags & FILTER_PROTOCOL) {
		nest = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
		mnl_attr_put_u8(message, CTA_PROTO_NUM, w->protocol);
		mnl_attr_put_u16(message,
			w->flags & FILTER_SOURCE_PORT ? CTA_PROTO_SRC_PORT : CTA_PROTO_DST_PORT,
			htons(w->port));
		mnl_attr_nest_end(message, nest);
	}
	mnl_attr_nest_end(message, tuple);
	nest = mnl_attr_nest_start(message, CTA_FILTER);
	mnl_attr_put_u32(
		message, w->answers ? CTA_FILTER_REPLY_FLAGS : CTA_FILTER_ORIG_FLAGS, w->flags);
	mnl_attr_nest_end(message, nest);
}

static int list(Exchange *exchange, const Wanted *wanted, Entries *ret, Error **ret_error)
{
	struct nlmsghdr *message = begin(exchange, ret->family, IPCTNL_MSG_CT_GET, NLM_F_DUMP, 0);
	int r;

	if (wanted->flags)
		put_wanted(message, wanted);
	exchange_end(exchange, message);
	r = exchange_commit(exchange, collect, ret, ret_error);
	return r < 0 || !ret->failed ? r
				     : error_errno(ret_error, ret->failed,
					       "cannot list connections of the address");
}

static int delete_all(Exchange *exchange, const Entries *entries, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < entries->count; i++) {
		const Entry *entry = &entries->list[i];
		struct nlmsghdr *message =
			begin(exchange, entries->family, IPCTNL_MSG_CT_DELETE, 0, ENOENT);

		mnl_attr_put(message, CTA_TUPLE_ORIG | NLA_F_NESTED, entry->size, entry->tuple);
		mnl_attr_put(message, CTA_ID, sizeof(entry->id), &entry->id);
		if (entry->zone)
			mnl_attr_put(message, CTA_ZONE, sizeof(entry->zone), &entry->zone);
		exchange_end(exchange, message);
		if (i % BATCH == BATCH - 1)
			r = exchange_commit(exchange, NULL, NULL, ret_error);
	}
	return r == 0 ? exchange_commit(exchange, NULL, NULL, ret_error) : r;
}

int conntrack_check(Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	uint32_t all = 0;
	int r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);

	return r < 0 ? r : count(&exchange, &all, ret_error);
}

int conntrack_forget(const IpAddress *address, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	_cleanup_(entries_done) Entries entries = { .family = address->family, .address = address };
	uint32_t all = UINT32_MAX;
	int r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);
	if (r == 0)
		r = count(&exchange, &all, ret_error);
	log_step("conntrack", "%u connections on this host", all);
	if (r < 0 || all == 0)
		return r;
	if (all <= UNFILTERED_MAX)
		r = list(&exchange, &(Wanted){ 0 }, &entries, ret_error);
	else
		for (int answers = 0; r == 0 && answers < 2; answers++)
			r = list(&exchange,
				&(Wanted){ .answers = answers,
					.flags = FILTER_SOURCE,
					.source = address },
				&entries, ret_error);
	return r == 0 ? delete_all(&exchange, &entries, ret_error) : r;
}

static int forget_wanted(
	const Wanted *wanted, int family, uint32_t with, uint32_t without, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	_cleanup_(entries_done)
		Entries entries = { .family = family, .with = with, .without = without };
	int r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);

	if (r == 0)
		r = list(&exchange, wanted, &entries, ret_error);
	return r == 0 ? delete_all(&exchange, &entries, ret_error) : r;
}

int conntrack_forget_port(const IpAddress *address, bool udp, uint16_t port, Error **ret_error)
{
	const Wanted wanted = { .answers = true,
		.flags = FILTER_SOURCE | FILTER_PROTOCOL | FILTER_SOURCE_PORT,
		.source = address,
		.protocol = udp ? IPPROTO_UDP : IPPROTO_TCP,
		.port = port };

	return forget_wanted(&wanted, address->family, IPS_DST_NAT, 0, ret_error);
}

int conntrack_forget_untranslated(int family, uint16_t port, Error **ret_error)
{
	const Wanted wanted = {
		.flags = FILTER_PROTOCOL | FILTER_TARGET_PORT, .protocol = IPPROTO_UDP, .port = port
	};

	return forget_wanted(&wanted, family, 0, IPS_SRC_NAT | IPS_DST_NAT, ret_error);
}

int conntrack_sift(
	int family, bool (*keep)(const Flow *flow, void *data), void *data, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	_cleanup_(entries_done) Entries entries = { .family = family, .keep = keep, .data = data };
	int r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);

	if (r == 0)
		r = list(&exchange, &(Wanted){ 0 }, &entries, ret_error);
	return r == 0 ? delete_all(&exchange, &entries, ret_error) : r;
}
