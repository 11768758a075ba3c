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
#include "base/strv.h"
#include "net/kinds.h"
#include "net/metadata.h" /* made of rules.d */

#define SET_STATIONS "stations" /* MAC . IPv4 address of each running container */
#define SET_ADDRESSES "running" /* the IPv4 addresses alone */
#define SET_OPENED "opened" /* names of the interfaces that forward because of us */
#define SET_BRIDGED                                                                                \
	"bridged" /* name . name of each of these: what br_netfilter shows of a bridge */

#define PORTS                                                                                      \
	"\"vsb*\"" /* of containers, whatever bridge they are on; and the bridge of the default network */
#define BRIDGE "\"" NET_BRIDGE "\""

static void put_sets(Buf *buf, const Station *stations, size_t count, char *const *opened)
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
	STRV_FOREACH (name, opened) {
		buf_printf(buf, "add element inet " FIREWALL_TABLE " " SET_OPENED " { \"%s\" }\n",
			*name);
		buf_printf(buf,
			"add element inet " FIREWALL_TABLE " " SET_BRIDGED " { \"%s\" . \"%s\" }\n",
			*name, *name);
	}
}

static const char sets[] = "table inet " FIREWALL_TABLE " {\n"
			   "	comment \"virt-sandbox: containers of the default network\"\n"
			   "	set " SET_STATIONS " { type ether_addr . ipv4_addr; }\n"
			   "	set " SET_ADDRESSES " { type ipv4_addr; }\n"
			   "	set " SET_OPENED " { type ifname; }\n"
			   "	set " SET_BRIDGED " { type ifname . ifname; }\n";

/* A connection has no label unless a rule of the host gives it one; a packet gets none with it. After conntrack, and after the kernel has labelled what leaves. */
static const char unlabel_chains[] =
	"	chain unlabel_prerouting {\n"
	"		type filter hook prerouting priority mangle; policy accept;\n"
	"		iifname " BRIDGE " meta secmark set ct secmark\n"
	"	}\n"
	"	chain unlabel_output {\n"
	"		type filter hook output priority filter; policy accept;\n"
	"		oifname " BRIDGE " meta secmark set ct secmark\n"
	"	}\n";

/* Each chain is one question; the order of the lines is their meaning. Established says only that the pair of addresses and ports is known: who sends it is
 * asked in prerouting, who gets it where it leaves. Related is said of an ICMP error about any connection of the host: only the container that the connection
 * is with may send one. */
static const char chains[] =
	/* Root in a container can choose any address: only the reserved one gets in, and no IPv6 at all. This is before -400, where fragments wait for the
	 * rest in memory that all share, so there are none; options could lead a packet elsewhere than its address says. What comes from a port and not
	 * from its bridge went around the bridge. */
	"	chain prerouting {\n"
	"		type filter hook prerouting priority -450; policy accept;\n"
	"		iifname != " PORTS " return\n"
	"		iifname != " BRIDGE " drop\n"
	"		ip frag-off & 0x3fff != 0 drop\n"
	"		ip hdrlength != 5 drop\n"
	"		ether saddr . ip saddr @" SET_STATIONS " accept\n"
	"		drop\n"
	"	}\n"
	/* To the host: answers, and ping. */
	"	chain input {\n"
	"		type filter hook input priority filter; policy accept;\n"
	"		iifname != " BRIDGE " return\n"
	"		ct state established accept\n"
	"		ct state related meta l4proto icmp ether saddr . ct original ip daddr "
	"@" SET_STATIONS " accept\n"
	"		ct state new icmp type echo-request accept\n"
	"		drop\n"
	"	}\n"
	/* From the host: running containers only, so that nobody can take the place of a stopped one. */
	"	chain output {\n"
	"		type filter hook output priority filter; policy accept;\n"
	"		oifname != " BRIDGE " return\n"
	"		ip daddr @" SET_ADDRESSES " accept\n"
	"		reject with icmpx host-unreachable\n"
	"	}\n"
	/* Through the host. Invalid packets would leave with the address that they have inside. What is neither from a container nor for one is none of our
	 * business, but for new connections through an interface that forwards because of us. */
	"	chain forward {\n"
	"		type filter hook forward priority filter; policy accept;\n"
	"		iifname " BRIDGE " oifname " BRIDGE " reject with icmpx admin-prohibited\n"
	"		iifname " BRIDGE " ct original ip daddr { " METADATA_IPV4
	" } meta l4proto { tcp, udp } ct original proto-dst 53 accept\n"
	"		iifname " BRIDGE " ct original ip daddr { " METADATA_IPV4
	" } reject with icmpx admin-prohibited\n"
	"		iifname " BRIDGE " ct state new,established accept\n"
	"		iifname " BRIDGE
	" ct state related meta l4proto icmp ether saddr . ct original ip saddr @" SET_STATIONS
	" accept\n"
	"		iifname " BRIDGE " drop\n"
	"		oifname " BRIDGE " ip daddr @" SET_ADDRESSES
	" ct state established,related accept\n"
	"		oifname " BRIDGE " drop\n"
	"		iifname . oifname @" SET_BRIDGED " return\n"
	"		iifname != @" SET_OPENED " return\n"
	"		ct status dnat return\n"
	"		ct state new,untracked,invalid drop\n"
	"	}\n";

/* On a bridge of the host the frames of its containers are its neighbours' and the host's own business, but for these: frames that no bridge passes on (IEEE
 * 802.1D: 01:80:c2:00:00:0X; the port's mask brings them here), or with tags that nobody has looked behind; fragments, which the host would collect (and
 * all of them with br_netfilter); and what is for where the host gets its keys. */
static const char bridge_table[] =
	"table bridge " FIREWALL_TABLE " {\n"
	"	comment \"virt-sandbox: containers on bridges of the host\"\n"
	"	chain prerouting {\n"
	"		type filter hook prerouting priority -450; policy accept;\n"
	"		iifname != " PORTS " return\n"
	"		ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop\n"
	"		ether type { 8021q, 8021ad } drop\n"
	"		ip frag-off & 0x3fff != 0 drop\n"
	"		exthdr frag exists drop\n"
	"		ip daddr { " METADATA_IPV4
	" } meta l4proto { tcp, udp } th dport 53 accept\n"
	"		ip daddr { " METADATA_IPV4 " } drop\n"
	"		ip6 daddr { " METADATA_IPV6
	" } meta l4proto { tcp, udp } th dport 53 accept\n"
	"		ip6 daddr { " METADATA_IPV6 " } drop\n"
	"	}\n"
	"}\n";

int firewall_format(Subnet subnet, const Station *stations, size_t count, char *const *opened,
	bool unlabel, char **ret, Error **ret_error)
{
	char network[IPV4_TEXT_SIZE];
	_cleanup_buf_ Buf buf = { 0 };

	ipv4_format(subnet.network, subnet.prefix, network);
	buf_puts(&buf, sets);
	buf_puts(&buf, unlabel ? unlabel_chains : "");
	buf_puts(&buf, chains);
	buf_printf(&buf,
		"	chain postrouting {\n"
		"		type nat hook postrouting priority srcnat; policy accept;\n"
		"		ip saddr %s oifname != " BRIDGE " masquerade\n"
		"	}\n"
		"}\n",
		network);
	put_sets(&buf, stations, count, opened);
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

static struct nlmsghdr *begin_nft(Exchange *exchange, uint8_t family, unsigned int type,
	uint16_t flags, int tolerated, const char *what)
{
	struct nlmsghdr *message = exchange_begin(exchange,
		(uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, tolerated, "%s", what);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = family;
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

	message = begin_nft(exchange, NFPROTO_INET, type, add ? NLM_F_CREATE : 0, add ? 0 : ENOENT,
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

static void put_interface(Exchange *exchange, const char *name)
{
	char pair[2][NET_LINK_SIZE] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++)
		(void)strncpy(pair[i], name, NET_LINK_SIZE - 1);
	put_element(exchange, NFT_MSG_NEWSETELEM, SET_OPENED, pair[0], sizeof(pair[0]));
	put_element(exchange, NFT_MSG_NEWSETELEM, SET_BRIDGED, pair, sizeof(pair));
}

/* Without elements: all of the set. */
static void empty_set(Exchange *exchange, const char *set)
{
	struct nlmsghdr *message = begin_nft(exchange, NFPROTO_INET, NFT_MSG_DELSETELEM, 0, ENOENT,
		"forget the interfaces that forward for containers");

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, FIREWALL_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	exchange_end(exchange, message);
}

int firewall_open(char *const *names, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	int r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);

	if (r < 0)
		return r;
	put_frame(&exchange, NFNL_MSG_BATCH_BEGIN);
	empty_set(&exchange, SET_OPENED);
	empty_set(&exchange, SET_BRIDGED);
	STRV_FOREACH (name, names)
		put_interface(&exchange, *name);
	put_frame(&exchange, NFNL_MSG_BATCH_END);
	return exchange_commit(&exchange, NULL, NULL, ret_error);
}

static int remove_table(uint8_t family, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	struct nlmsghdr *message;
	int r;

	r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);
	if (r < 0)
		return r;
	put_frame(&exchange, NFNL_MSG_BATCH_BEGIN);
	message = begin_nft(&exchange, family, NFT_MSG_DELTABLE, 0, ENOENT,
		"delete the nftables table " FIREWALL_TABLE);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, FIREWALL_TABLE);
	exchange_end(&exchange, message);
	put_frame(&exchange, NFNL_MSG_BATCH_END);
	return exchange_commit(&exchange, NULL, NULL, ret_error);
}

int firewall_remove(Error **ret_error)
{
	return remove_table(NFPROTO_INET, ret_error);
}

static int run(const char *commands, Error **ret_error)
{
	const NftPlugin *plugin;
	const void *loaded;
	int r = plugin_load("net_nft", &loaded, ret_error);

	if (r < 0)
		return r;
	plugin = loaded;
	return plugin->run(commands, ret_error);
}

/* What is left of an older table is removed here and not in the commands: there it would have to be made first, and waiting for the kernel
 * to destroy it takes longer than all the rest. */
int firewall_load(const char *commands, Error **ret_error)
{
	int r = firewall_remove(ret_error);

	return r < 0 ? r : run(commands, ret_error);
}

static int bridges_are_guarded(Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	struct nlmsghdr *message;
	int r;

	r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);
	if (r < 0)
		return r;
	message = begin_nft(&exchange, NFPROTO_BRIDGE, NFT_MSG_GETTABLE, 0, 0,
		"look for the nftables table " FIREWALL_TABLE);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, FIREWALL_TABLE);
	exchange_end(&exchange, message);
	return exchange_commit(&exchange, NULL, NULL, NULL) == 0;
}

int firewall_guard_bridges(Error **ret_error)
{
	int r = bridges_are_guarded(ret_error);

	if (r != 0)
		return r < 0 ? r : 0;
	r = run(bridge_table, ret_error);
	return r < 0 ? error_wrap(ret_error, "a container on a bridge needs nftables for bridges "
					     "(NF_TABLES_BRIDGE)")
		     : 0;
}

int firewall_unguard_bridges(Error **ret_error)
{
	return remove_table(NFPROTO_BRIDGE, ret_error);
}
