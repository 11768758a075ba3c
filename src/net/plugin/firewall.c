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
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/plugin.h"
#include "base/strv.h"
#include "net/kinds.h"
#include "net/metadata.h" /* made of rules.d */
#include "net/plugin/elements.h"
#include "net/plugin/publish.h"
#include "net/plugin/reach-elements.h"
#include "net/plugin/server-rules.h"

#define SET_STATIONS "stations" /* MAC . IPv4 address of each running container */
#define SET_ADDRESSES "running" /* the IPv4 addresses alone */
#define SET_STATIONS6 "stations6" /* the same of IPv6 */
#define SET_ADDRESSES6 "running6"
#define SET_OPENED6 "opened6"
#define SET_BRIDGED6 "bridged6"
#define SET_HELD "taken" /* MAC . IPv4 address that a container has taken by hand */
#define SET_HOLDINGS "taken_addresses" /* the addresses alone */
#define SET_OPENED "opened" /* names of the interfaces that forward because of us */
#define SET_BRIDGED                                                                                \
	"bridged" /* name . name of each of these: what br_netfilter shows of a bridge */

#define PORTS                                                                                      \
	"\"vsb*\"" /* of containers, whatever bridge they are on; and the bridge of the default network */
#define BRIDGE "$own_bridge" /* of this network: a variable of nft's */
#define MARK "0x76730000" /* FIREWALL_MARK */
#define DEFAULT_BRIDGE "\"" NET_BRIDGE "\""
#define NAMED_BRIDGES "\"vsn*\""

static void put_element_text(Buf *buf, const char *table, const char *set, const char *element)
{
	buf_printf(buf, "add element inet %s %s { %s }\n", table, set, element);
}

static void put_station(Buf *buf, const char *table, const Station *station)
{
	char mac[MAC_TEXT_SIZE], address[INET6_ADDRSTRLEN],
		pair[MAC_TEXT_SIZE + sizeof(address) + 3];

	mac_format(station->mac, mac);
	ipv4_format(station->address, 0, address);
	(void)snprintf(pair, sizeof(pair), "%s . %s", mac, address);
	put_element_text(buf, table, SET_STATIONS, pair);
	put_element_text(buf, table, SET_ADDRESSES, address);
	(void)snprintf(pair, sizeof(pair), "%s . 0x%02x%02x%02x%02x%02x%02x", mac, station->mac[0],
		station->mac[1], station->mac[2], station->mac[3], station->mac[4],
		station->mac[5]);
	put_element_text(buf, table, SET_CLIENTS, pair);
	if (station->address6.family != AF_INET6 ||
		!inet_ntop(AF_INET6, station->address6.bytes, address, sizeof(address)))
		return;
	(void)snprintf(pair, sizeof(pair), "%s . %s", mac, address);
	put_element_text(buf, table, SET_STATIONS6, pair);
	put_element_text(buf, table, SET_ADDRESSES6, address);
}

static void put_sets(
	Buf *buf, const char *table, const Station *stations, size_t count, char *const *opened)
{
	for (size_t i = 0; i < count; i++)
		put_station(buf, table, &stations[i]);
	STRV_FOREACH (name, opened) {
		int size = (int)strcspn(*name, "/");
		bool ipv6 = (*name)[size];

		buf_printf(buf, "add element inet %s %s { \"%.*s\" }\n", table,
			ipv6 ? SET_OPENED6 : SET_OPENED, size, *name);
		buf_printf(buf, "add element inet %s %s { \"%.*s\" . \"%.*s\" }\n", table,
			ipv6 ? SET_BRIDGED6 : SET_BRIDGED, size, *name, size, *name);
	}
}

static const char sets[] = "	set " SET_STATIONS " { type ether_addr . ipv4_addr; }\n"
			   "	set " SET_ADDRESSES " { type ipv4_addr; }\n"
			   "	set " SET_CLIENTS " { typeof ether saddr . @th,288,48; }\n"
			   "	set " SET_STATIONS6 " { type ether_addr . ipv6_addr; }\n"
			   "	set " SET_ADDRESSES6 " { type ipv6_addr; }\n"
			   "	set " SET_OPENED " { type ifname; }\n"
			   "	set " SET_BRIDGED " { type ifname . ifname; }\n"
			   "	set " SET_OPENED6 " { type ifname; }\n"
			   "	set " SET_BRIDGED6 " { type ifname . ifname; }\n";

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

/* Addresses that containers have taken by hand. */
static const char holding_sets[] =
	"	set " SET_HELD " { type ether_addr . ipv4_addr; size 1024; flags "
	"dynamic,timeout; timeout 10m; }\n"
	"	set " SET_HOLDINGS " { type ipv4_addr; size 1024; flags dynamic,timeout; "
	"timeout 10m; }\n";

static const char prerouting_begin[] =
	/* Root in a container can choose any address: only the reserved ones get in, so no link-local one of IPv6. This is before -400, where fragments wait
	 * for the rest in memory that all share, so there are none; options could lead a packet elsewhere than its address says, redirects those of others. What comes from a port and
	 * not from its bridge went around the bridge. Of neighbour discovery a container may ask; what it would answer is known. */
	"	chain prerouting {\n"
	"		type filter hook prerouting priority -450; policy accept;\n"
	"		iifname != " BRIDGE " iifname != " DEFAULT_BRIDGE " iifname " PORTS
	" drop\n"
	"		iifname != " BRIDGE " return\n"
	"		ip frag-off & 0x3fff != 0 drop\n"
	"		ip hdrlength != 5 drop\n"
	"		icmp type { source-quench, redirect, router-advertisement } drop\n";

static const char stations_prerouting[] =
	"		ether saddr . ip saddr @" SET_STATIONS " accept\n";

static const char chains[] =
	"		ip6 nexthdr { 0, 43, 44, 51, 60, 135, 139, 140 } drop\n"
	"		icmpv6 type { 130-134, nd-neighbor-advert, nd-redirect, 138-255 } drop\n"
	"		ether saddr . ip6 saddr @" SET_STATIONS6 " accept\n"
	"		drop\n"
	"	}\n"
	/* To the host: answers, and ping; and what --egress names. */
	"	chain input {\n"
	"		type filter hook input priority filter; policy accept;\n"
	"		iifname != " BRIDGE " return\n";

static const char input_end[] =
	"		ct state established accept\n"
	"		ct state related meta l4proto icmp ether saddr . ct original ip daddr "
	"@" SET_STATIONS " accept\n"
	"		ct state related meta l4proto 58 ether saddr . ct original ip6 "
	"daddr "
	"@" SET_STATIONS6 " accept\n"
	"		ct state new ip saddr . meta l4proto . th dport @" REACH_TO_HOST " accept\n"
	"		ct state new ip6 saddr . meta l4proto . th dport @" REACH_TO_HOST
	"6 accept\n"
	"		ct state new ip saddr . ip daddr . meta l4proto . th dport @" REACH_RESOLVER
	" accept\n"
	"		ct state new ip6 saddr . ip6 daddr . meta l4proto . th dport @" REACH_RESOLVER
	"6 accept\n"
	"		ct state new ip saddr != @" REACH_HELD " icmp type echo-request accept\n"
	"		ct state new ip6 saddr != @" REACH_HELD
	"6 icmpv6 type echo-request ip6 daddr != ff00::/8 accept\n"
	"		icmpv6 type nd-neighbor-solicit ip6 hoplimit 255 accept\n"
	"		drop\n"
	"	}\n"
	/* From the host: running containers only, so that nobody can take the place of a stopped one. No redirects: siblings reach each other through the host alone. */
	"	chain output {\n"
	"		type filter hook output priority filter; policy accept;\n"
	"		oifname != " BRIDGE " return\n"
	"		icmp type redirect drop\n"
	"		icmpv6 type nd-redirect drop\n"
	"		ip daddr @" SET_ADDRESSES " accept\n"
	"		ip6 daddr @" SET_ADDRESSES6 " accept\n";

static const char output_end[] = "		ip6 daddr ff00::/8 drop\n"
				 "		reject with icmpx host-unreachable\n"
				 "	}\n";

/* Who may reach whom, see reach.h. What a container dials counts, wherever somebody else's translation leads; between siblings, where it arrives. */
static const char reach_chains[] =
	"	chain mark_siblings {\n"
	"		type filter hook prerouting priority mangle; policy accept;\n"
	"		iifname " BRIDGE " ip daddr @" SET_ADDRESSES " meta mark set " MARK "\n"
	"		iifname " BRIDGE " ip6 daddr @" SET_ADDRESSES6 " meta mark set " MARK "\n"
	"	}\n"
	"	chain siblings {\n"
	"		ct state established accept\n"
	"		ct state related meta l4proto icmp ether saddr . ct original ip saddr @" SET_STATIONS
	" accept\n"
	"		ct state related meta l4proto icmp ether saddr . ct original ip daddr @" SET_STATIONS
	" accept\n"
	"		ct state related meta l4proto 58 ether saddr . ct original ip6 saddr @" SET_STATIONS6
	" accept\n"
	"		ct state related meta l4proto 58 ether saddr . ct original ip6 daddr @" SET_STATIONS6
	" accept\n"
	"		ct state new ip saddr . ip daddr . meta l4proto . th dport @" REACH_SIBLING
	" accept\n"
	"		ct state new ip6 saddr . ip6 daddr . meta l4proto . th dport @" REACH_SIBLING
	"6 accept\n"
	"		reject with icmpx admin-prohibited\n"
	"	}\n"
	"	chain metadata {\n"
	"		ip saddr . ct original ip daddr @" REACH_METADATA " return\n"
	"		ip6 saddr . ct original ip6 daddr @" REACH_METADATA "6 return\n"
	"		reject with icmpx admin-prohibited\n"
	"	}\n"
	"	chain outgoing {\n"
	"		ip saddr . ct original ip daddr @" REACH_EGRESS " return\n"
	"		meta l4proto { tcp, udp } ip saddr . ct original ip daddr . meta l4proto . ct original proto-dst @" REACH_EGRESS_PORT
	" return\n"
	"		ip6 saddr . ct original ip6 daddr @" REACH_EGRESS "6 return\n"
	"		meta l4proto { tcp, udp } ip6 saddr . ct original ip6 daddr . meta l4proto . ct original proto-dst @" REACH_EGRESS_PORT
	"6 return\n"
	"		reject with icmpx admin-prohibited\n"
	"	}\n"
	"	chain incoming {\n"
	"		ip saddr . ip daddr @" REACH_ALLOW " accept\n"
	"		ip saddr . ip daddr . meta l4proto . th dport @" REACH_ALLOW_PORT
	" accept\n"
	"		ip6 saddr . ip6 daddr @" REACH_ALLOW "6 accept\n"
	"		ip6 saddr . ip6 daddr . meta l4proto . th dport @" REACH_ALLOW_PORT
	"6 accept\n"
	"		ip daddr @" REACH_GUARDED " drop\n"
	"		ip6 daddr @" REACH_GUARDED "6 drop\n"
	"	}\n";

/* Through the host. Invalid packets would leave with the address that they have inside. What is neither from a container nor for one is none of our
 * business, but for new connections through an interface that forwards because of us. The other networks of ours decide for themselves. */
static const char forward_begin[] =
	"	chain forward {\n"
	"		type filter hook forward priority filter; policy accept;\n"
	"		iifname " BRIDGE " oifname " BRIDGE " goto siblings\n"
	"		iifname " BRIDGE " ct state new ip saddr @" REACH_HELD " jump outgoing\n"
	"		iifname " BRIDGE " ct state new ip6 saddr @" REACH_HELD "6 jump outgoing\n"
	"		iifname " BRIDGE " ct original ip daddr { " METADATA_IPV4
	" } meta l4proto { tcp, udp } ct original proto-dst 53 accept\n"
	"		iifname " BRIDGE " ct original ip daddr { " METADATA_IPV4
	" } jump metadata\n"
	"		iifname " BRIDGE " ct original ip6 daddr { " METADATA_IPV6
	" } jump metadata\n";

static const char forward_incoming[] = "		oifname " BRIDGE " iifname != { " PORTS
				       ", " NAMED_BRIDGES " } ct state new jump incoming\n";

static const char forward_isolated[] =
	"		iifname " BRIDGE " reject with icmpx admin-prohibited\n";

static const char forward_routed[] =
	"		oifname " BRIDGE " iifname " DEFAULT_BRIDGE " drop\n"
	"		oifname " BRIDGE " iifname " NAMED_BRIDGES " drop\n"
	"		oifname " BRIDGE " ip daddr @" SET_ADDRESSES " ct state new accept\n"
	"		oifname " BRIDGE " ip6 daddr @" SET_ADDRESSES6 " ct state new accept\n";

static const char forward_end[] =
	"		iifname " BRIDGE " ct state new,established accept\n"
	"		iifname " BRIDGE
	" ct state related meta l4proto icmp ether saddr . ct original ip saddr @" SET_STATIONS
	" accept\n"
	"		iifname " BRIDGE " ct state related meta l4proto 58 ether saddr . "
	"ct original ip6 saddr @" SET_STATIONS6 " accept\n"
	"		iifname " BRIDGE " drop\n"
	"		oifname " BRIDGE " ip daddr @" SET_ADDRESSES
	" ct state established,related accept\n"
	"		oifname " BRIDGE " ip6 daddr @" SET_ADDRESSES6
	" ct state established,related accept\n"
	"		oifname " BRIDGE " ip daddr @" SET_ADDRESSES " " PUBLISH_MATCH " accept\n"
	"		oifname " BRIDGE " ip6 daddr @" SET_ADDRESSES6 " " PUBLISH_MATCH6
	" accept\n"
	"		oifname " BRIDGE " drop\n"
	"		oifname " DEFAULT_BRIDGE " return\n"
	"		oifname " NAMED_BRIDGES " return\n"
	"		meta nfproto ipv4 iifname . oifname @" SET_BRIDGED " return\n"
	"		meta nfproto ipv4 iifname != @" SET_OPENED " return\n"
	"		meta nfproto ipv6 iifname . oifname @" SET_BRIDGED6 " return\n"
	"		meta nfproto ipv6 iifname != @" SET_OPENED6 " return\n"
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

/* Whoever comes first has a free address, as long as it speaks; the one that is reserved for a container that runs is never free. */
static void put_holding(Buf *buf, const Network *network)
{
	char first[IPV4_TEXT_SIZE], last[IPV4_TEXT_SIZE];

	ipv4_format(subnet_first(network->subnet), 0, first);
	ipv4_format(subnet_last(network->subnet), 0, last);
	buf_printf(buf,
		"		ip saddr @" SET_ADDRESSES " drop\n"
		"		ether saddr . ip saddr @" SET_HELD " update @" SET_HELD
		" { ether saddr . ip saddr } update @" SET_HOLDINGS " { ip saddr } accept\n"
		"		ip saddr @" SET_HOLDINGS " drop\n"
		"		ip saddr %s-%s add @" SET_HELD
		" { ether saddr . ip saddr } add @" SET_HOLDINGS " { ip saddr } accept\n",
		first, last);
}

static void put_masquerade(Buf *buf, const Network *network)
{
	char text[INET6_ADDRSTRLEN] = "";

	buf_puts(buf, "	chain postrouting {\n"
		      "		type nat hook postrouting priority srcnat; policy accept;\n");
	ipv4_format(network->subnet.network, network->subnet.prefix, text);
	buf_printf(buf, "		ip saddr %s oifname != " BRIDGE " masquerade\n", text);
	if (network->prefix6.family == AF_INET6 &&
		inet_ntop(AF_INET6, network->prefix6.bytes, text, sizeof(text)))
		buf_printf(buf, "		ip6 saddr %s/%u oifname != " BRIDGE " masquerade\n",
			text, network->prefix6.prefix);
	buf_puts(buf, "	}\n");
}

int firewall_format(const Network *network, const Station *stations, size_t count,
	char *const *opened, bool unlabel, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };
	char table[FIREWALL_TABLE_SIZE], subnet[IPV4_TEXT_SIZE];
	bool by_hand = network->by_hand;

	firewall_table(network->bridge, table);
	ipv4_format(network->subnet.network, network->subnet.prefix, subnet);
	buf_printf(&buf,
		"define own_bridge = \"%s\"\n"
		"table inet %s {\n"
		"	comment \"virt-sandbox: containers of the network %s\"\n",
		network->bridge, table, network->name);
	buf_puts(&buf, sets);
	buf_puts(&buf, by_hand ? holding_sets : "");
	buf_puts(&buf, unlabel ? unlabel_chains : "");
	buf_puts(&buf, publish_sets);
	reach_format_sets(&buf);
	buf_puts(&buf, prerouting_begin);
	server_rules_prerouting(network, &buf);
	buf_puts(&buf, stations_prerouting);
	if (by_hand)
		put_holding(&buf, network);
	buf_puts(&buf, chains);
	server_rules_input(network, &buf);
	buf_puts(&buf, input_end);
	if (by_hand)
		buf_printf(&buf, "		ip daddr %s accept\n", subnet);
	buf_puts(&buf, output_end);
	buf_puts(&buf, reach_chains);
	buf_puts(&buf, publish_chains);
	buf_puts(&buf, forward_begin);
	buf_puts(&buf, forward_incoming);
	buf_puts(&buf, network->mode == NETWORK_ISOLATED ? forward_isolated
		       : network->mode == NETWORK_ROUTED ? forward_routed
							 : "");
	if (by_hand)
		buf_printf(&buf,
			"		oifname " BRIDGE
			" ip daddr %s ct state established,related accept\n",
			subnet);
	buf_puts(&buf, forward_end);
	server_rules_chains(network, &buf);
	if (network->mode == NETWORK_NAT)
		put_masquerade(&buf, network);
	buf_puts(&buf, "}\n");
	put_sets(&buf, table, stations, count, opened);
	return buf_take(&buf, ret, ret_error);
}

static void put_key(Exchange *exchange, const char *table, unsigned int type, const char *set,
	const void *key, size_t size)
{
	elements_put(exchange, table, type,
		&(SetElement){ .set = set, .key = key, .key_size = size },
		type == NFT_MSG_NEWSETELEM ? "admit the container's address"
					   : "remove the container's address");
}

static void put_station6(
	Exchange *exchange, const char *table, unsigned int type, const Station *station)
{
	uint8_t pair[24] = { 0 };

	memcpy(pair, station->mac, MAC_SIZE);
	memcpy(pair + 8, station->address6.bytes, 16);
	put_key(exchange, table, type, SET_STATIONS6, pair, sizeof(pair));
	put_key(exchange, table, type, SET_ADDRESSES6, pair + 8, 16);
}

static int change_elements(
	const char *bridge, const Station *station, unsigned int type, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	uint32_t address = htonl(station->address);
	char table[FIREWALL_TABLE_SIZE];
	uint8_t pair[12] = { 0 }, client[16] = { 0 };
	int r;

	firewall_table(bridge, table);
	memcpy(pair, station->mac, MAC_SIZE);
	memcpy(pair + 8, &address, sizeof(address));
	r = elements_open(&exchange, ret_error);
	if (r < 0)
		return r;
	put_key(&exchange, table, type, SET_STATIONS, pair, sizeof(pair));
	put_key(&exchange, table, type, SET_ADDRESSES, &address, sizeof(address));
	memcpy(client, station->mac, MAC_SIZE);
	memcpy(client + 8, station->mac, MAC_SIZE);
	put_key(&exchange, table, type, SET_CLIENTS, client, sizeof(client));
	if (station->address6.family == AF_INET6)
		put_station6(&exchange, table, type, station);
	return elements_commit(&exchange, ret_error);
}

int firewall_admit(const char *bridge, const Station *station, Error **ret_error)
{
	return change_elements(bridge, station, NFT_MSG_NEWSETELEM, ret_error);
}

int firewall_forget(const char *bridge, const Station *station, Error **ret_error)
{
	return change_elements(bridge, station, NFT_MSG_DELSETELEM, ret_error);
}

static void put_interface(Exchange *exchange, const char *table, const char *name)
{
	char pair[2][NET_LINK_SIZE] = { 0 };
	bool ipv6 = strchr(name, '/');

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++)
		(void)snprintf(pair[i], NET_LINK_SIZE, "%.*s", (int)strcspn(name, "/"), name);
	put_key(exchange, table, NFT_MSG_NEWSETELEM, ipv6 ? SET_OPENED6 : SET_OPENED, pair[0],
		sizeof(pair[0]));
	put_key(exchange, table, NFT_MSG_NEWSETELEM, ipv6 ? SET_BRIDGED6 : SET_BRIDGED, pair,
		sizeof(pair));
}

int firewall_open(const char *bridge, char *const *names, Error **ret_error)
{
	static const char *const all[] = { SET_OPENED, SET_BRIDGED, SET_OPENED6, SET_BRIDGED6 };
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	char table[FIREWALL_TABLE_SIZE];
	int r;

	firewall_table(bridge, table);
	r = elements_open(&exchange, ret_error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		elements_clear(&exchange, table, all[i],
			"forget the interfaces that forward for containers");
	STRV_FOREACH (name, names)
		put_interface(&exchange, table, *name);
	return elements_commit(&exchange, ret_error);
}

static int remove_table(uint8_t family, const char *table, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	struct nlmsghdr *message;
	int r = elements_open(&exchange, ret_error);
	if (r < 0)
		return r;
	message = elements_message(
		&exchange, family, NFT_MSG_DELTABLE, 0, ENOENT, "delete our nftables table");
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
	exchange_end(&exchange, message);
	return elements_commit(&exchange, ret_error);
}

int firewall_remove(const char *bridge, Error **ret_error)
{
	char table[FIREWALL_TABLE_SIZE];

	firewall_table(bridge, table);
	return remove_table(NFPROTO_INET, table, ret_error);
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
int firewall_load(const Network *network, const char *commands, Error **ret_error)
{
	int r = firewall_remove(network->bridge, ret_error);

	return r < 0 ? r : run(commands, ret_error);
}

int firewall_guard_bridges(Error **ret_error)
{
	int r = firewall_bridges_are_whole(ret_error);

	if (r == 0)
		r = firewall_unguard_bridges(ret_error);
	if (r != 0)
		return r < 0 ? r : 0;
	r = run(bridge_table, ret_error);
	return r < 0 ? error_wrap(ret_error, "a container on a bridge needs nftables for bridges "
					     "(NF_TABLES_BRIDGE)")
		     : 0;
}

int firewall_unguard_bridges(Error **ret_error)
{
	return remove_table(NFPROTO_BRIDGE, FIREWALL_TABLE, ret_error);
}

/* Of the text of a table: the lines of its chains, but for the first of each that is at a hook. */
static size_t count_lines(const char *text)
{
	bool in_chain = false;
	size_t count = 0;

	for (; *text; text += strcspn(text, "\n") + 1) {
		if (strncmp(text, "\tchain ", 7) == 0)
			in_chain = true;
		else if (strncmp(text, "\t}", 2) == 0)
			in_chain = false;
		else if (in_chain && strncmp(text, "\t\ttype ", 7) != 0)
			count++;
	}
	return count;
}

static void count_rule(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		++*(size_t *)data;
}

/* A table that is not there has no rules. */
static int has_rules(uint8_t family, const char *table, size_t wanted, Error **ret_error)
{
	_cleanup_exchange_ Exchange exchange = EXCHANGE_NULL;
	struct nlmsghdr *message;
	size_t count = 0;
	int r = exchange_open(&exchange, -1, NETLINK_NETFILTER, ret_error);

	if (r < 0)
		return r;
	message = elements_message(&exchange, family, NFT_MSG_GETRULE, NLM_F_DUMP, ENOENT,
		"count the rules of our nftables table");
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
	exchange_end(&exchange, message);
	r = exchange_commit(&exchange, count_rule, &count, ret_error);
	return r < 0 ? r : count == wanted;
}

int firewall_bridges_are_whole(Error **ret_error)
{
	return has_rules(NFPROTO_BRIDGE, FIREWALL_TABLE, count_lines(bridge_table), ret_error);
}

int firewall_is_whole(const Network *network, bool unlabel, Error **ret_error)
{
	_cleanup_free_ char *commands = NULL;
	char table[FIREWALL_TABLE_SIZE];
	int r = firewall_format(network, NULL, 0, NULL, unlabel, &commands, ret_error);

	firewall_table(network->bridge, table);
	return r < 0 ? r : has_rules(NFPROTO_INET, table, count_lines(commands), ret_error);
}
