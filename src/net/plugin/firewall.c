/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The nftables table of the default network.
 *
 * It uses the inet family only, which every kernel with nftables has: MAC addresses are held by the bridge (locked ports), so that
 * here the pair of MAC and IPv4 address tells for sure which container a packet is from.
 */
#include "net/plugin/firewall.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "base/buf.h"
#include "base/plugin.h"
#include "net/kinds.h"

#define SET_STATIONS "stations" /* MAC . IPv4 address of each running container */
#define SET_ADDRESSES "addresses" /* the IPv4 addresses alone */

static void put_sets(Buf *buf, const Station *stations, size_t count)
{
	char mac[MAC_TEXT_SIZE], address[IPV4_TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		mac_format(stations[i].mac, mac);
		ipv4_format(stations[i].address, 0, address);
		buf_printf(buf,
			"add element inet " FIREWALL_TABLE " " SET_STATIONS " { %s . %s }\n", mac,
			address);
		buf_printf(buf, "add element inet " FIREWALL_TABLE " " SET_ADDRESSES " { %s }\n",
			address);
	}
}

static const char sets[] = "table inet " FIREWALL_TABLE " {\n"
			   "	comment \"virt-sandbox: containers of the default network\"\n"
			   "	set " SET_STATIONS " { type ether_addr . ipv4_addr; }\n"
			   "	set " SET_ADDRESSES " { type ipv4_addr; }\n";

/* A connection has no label unless a rule of the host gives it one; a packet gets none with it. After conntrack, and after the kernel has labelled what leaves. */
static const char unlabel_chains[] =
	"	chain unlabel_prerouting {\n"
	"		type filter hook prerouting priority mangle; policy accept;\n"
	"		iifname \"" NET_BRIDGE "\" meta secmark set ct secmark\n"
	"	}\n"
	"	chain unlabel_output {\n"
	"		type filter hook output priority filter; policy accept;\n"
	"		oifname \"" NET_BRIDGE "\" meta secmark set ct secmark\n"
	"	}\n";

/* Each chain is one question; the order of the lines is their meaning. */
static const char chains[] =
	/* Root in a container can choose any address: only the reserved one gets in, and no IPv6 at all. Before conntrack sees it. */
	"	chain prerouting {\n"
	"		type filter hook prerouting priority raw; policy accept;\n"
	"		iifname != \"" NET_BRIDGE "\" return\n"
	"		ether saddr . ip saddr @" SET_STATIONS " accept\n"
	"		drop\n"
	"	}\n"
	/* To the host: answers, and ping. */
	"	chain input {\n"
	"		type filter hook input priority filter; policy accept;\n"
	"		iifname != \"" NET_BRIDGE "\" return\n"
	"		ct state established,related accept\n"
	"		icmp type echo-request accept\n"
	"		drop\n"
	"	}\n"
	/* From the host: running containers only, so that nobody can take the place of a stopped one. */
	"	chain output {\n"
	"		type filter hook output priority filter; policy accept;\n"
	"		oifname != \"" NET_BRIDGE "\" return\n"
	"		ip daddr @" SET_ADDRESSES " accept\n"
	"		reject with icmpx host-unreachable\n"
	"	}\n";

/* With br_netfilter the frames that a bridge passes on come by here, too; they are none of our business. A bridge is the only
 * interface that they have on both sides. */
static const char closed_rules[] =
	"		meta iifkind \"bridge\" meta oifkind \"bridge\" accept\n"
	"		drop\n";

static void put_forwarding(Buf *buf, Subnet subnet, bool closed)
{
	char network[IPV4_TEXT_SIZE];

	ipv4_format(subnet.network, subnet.prefix, network);
	buf_printf(buf,
		"	chain forward {\n"
		"		type filter hook forward priority filter; policy accept;\n"
		"		iifname \"" NET_BRIDGE "\" oifname \"" NET_BRIDGE
		"\" reject with icmpx admin-prohibited\n"
		/* What answers at a link-local address (RFC 3927: nothing that a router forwards) answers the host: a cloud gives it keys there. A resolver is
		 * there, too, on some. */
		"		iifname \"" NET_BRIDGE
		"\" ip daddr 169.254.0.0/16 meta l4proto { tcp, udp } th dport 53 accept\n"
		"		iifname \"" NET_BRIDGE
		"\" ip daddr 169.254.0.0/16 reject with icmpx admin-prohibited\n"
		"		iifname \"" NET_BRIDGE "\" accept\n"
		"		oifname \"" NET_BRIDGE "\" ct state established,related accept\n"
		"		oifname \"" NET_BRIDGE "\" drop\n"
		"%s"
		"	}\n"
		"	chain postrouting {\n"
		"		type nat hook postrouting priority srcnat; policy accept;\n"
		"		ip saddr %s oifname != \"" NET_BRIDGE "\" masquerade\n"
		"	}\n",
		closed ? closed_rules : "", network);
}

int firewall_format(Subnet subnet, const Station *stations, size_t count, bool closed, bool unlabel,
	char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	buf_puts(&buf, sets);
	buf_puts(&buf, unlabel ? unlabel_chains : "");
	buf_puts(&buf, chains);
	put_forwarding(&buf, subnet, closed);
	buf_puts(&buf, "}\n");
	put_sets(&buf, stations, count);
	return buf_take(&buf, ret, ret_error);
}

static void put_frame(Exchange *exchange, uint16_t type)
{
	struct nlmsghdr *message =
		exchange_begin_silent(exchange, type, "change the nftables rules");
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = AF_UNSPEC;
	header->version = NFNETLINK_V0;
	header->res_id = htons(NFNL_SUBSYS_NFTABLES);
	exchange_end(exchange, message);
}

static struct nlmsghdr *begin_nft(
	Exchange *exchange, unsigned int type, uint16_t flags, int tolerated, const char *what)
{
	struct nlmsghdr *message = exchange_begin(exchange,
		(uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, tolerated, "%s", what);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = NFPROTO_INET;
	header->version = NFNETLINK_V0;
	return message;
}

/* The key's fields each begin at a multiple of four bytes. */
static void put_element(
	Exchange *exchange, unsigned int type, const char *set, const void *key, size_t size)
{
	bool add = type == NFT_MSG_NEWSETELEM;
	struct nlattr *elements, *element, *attribute;
	struct nlmsghdr *message;

	message = begin_nft(exchange, type, add ? NLM_F_CREATE : 0, add ? 0 : ENOENT,
		add ? "let the container's address in" : "forget the container's address");
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, FIREWALL_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	elements = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	attribute = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, size, key);
	mnl_attr_nest_end(message, attribute);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, elements);
	exchange_end(exchange, message);
}

static int change_elements(const Station *station, unsigned int type, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	uint32_t address = htonl(station->address);
	uint8_t pair[12] = { 0 };
	int r;

	memcpy(pair, station->mac, MAC_SIZE);
	memcpy(pair + 8, &address, sizeof(address));
	r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);
	if (r < 0)
		return r;
	put_frame(&exchange, NFNL_MSG_BATCH_BEGIN);
	put_element(&exchange, type, SET_STATIONS, pair, sizeof(pair));
	put_element(&exchange, type, SET_ADDRESSES, &address, sizeof(address));
	put_frame(&exchange, NFNL_MSG_BATCH_END);
	return exchange_commit(&exchange, NULL, NULL, ret_error);
}

int firewall_admit(const Station *station, Error **ret_error)
{
	return change_elements(station, NFT_MSG_NEWSETELEM, ret_error);
}

int firewall_forget(const Station *station, Error **ret_error)
{
	return change_elements(station, NFT_MSG_DELSETELEM, ret_error);
}

int firewall_remove(Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	struct nlmsghdr *message;
	int r;

	r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);
	if (r < 0)
		return r;
	put_frame(&exchange, NFNL_MSG_BATCH_BEGIN);
	message = begin_nft(&exchange, NFT_MSG_DELTABLE, 0, ENOENT,
		"delete the nftables table " FIREWALL_TABLE);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, FIREWALL_TABLE);
	exchange_end(&exchange, message);
	put_frame(&exchange, NFNL_MSG_BATCH_END);
	return exchange_commit(&exchange, NULL, NULL, ret_error);
}

/* What is left of an older table is removed here and not in the commands: there it would have to be made first, and waiting for the kernel
 * to destroy it takes longer than all the rest. */
int firewall_load(const char *commands, Error **ret_error)
{
	const void *loaded;
	const NftPlugin *plugin;
	int r;

	r = firewall_remove(ret_error);
	if (r == 0)
		r = plugin_load("net_nft", &loaded, ret_error);
	if (r < 0)
		return r;
	plugin = loaded;
	return plugin->run(commands, ret_error);
}
