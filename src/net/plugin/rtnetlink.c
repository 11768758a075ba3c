/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rtnetlink requests that we make.
 */
#include "net/plugin/rtnetlink.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>

/* Frames to 01:80:c2:00:00:00 to :0f (IEEE 802.1D) are for the bridge as a device: the kernel hands them to the host's protocols, IP among them, as received
 * by the port, so neither the lock nor any rule about the bridge would see them. With these bits they are frames as all others, and on a bridge with a wire the rules drop them. The one that is missing, of
 * pause frames, cannot be set: those are dropped. */
#define GROUP_FORWARD_ALL 0xfffdu

static struct ifinfomsg *put_link(struct nlmsghdr *request, int index)
{
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof(*link));

	link->ifi_family = AF_UNSPEC;
	link->ifi_index = index;
	return link;
}

static int read_port(const struct nlattr *attribute, void *data)
{
	LinkInfo *info = data;

	if (mnl_attr_get_payload_len(attribute) != sizeof(uint8_t))
		return MNL_CB_OK;
	if (mnl_attr_get_type(attribute) == IFLA_BRPORT_ISOLATED)
		info->isolated = mnl_attr_get_u8(attribute);
	else if (mnl_attr_get_type(attribute) == IFLA_BRPORT_LOCKED)
		info->locked = mnl_attr_get_u8(attribute);
	else if (mnl_attr_get_type(attribute) == IFLA_BRPORT_LEARNING)
		info->learning = mnl_attr_get_u8(attribute);
	else if (mnl_attr_get_type(attribute) == IFLA_BRPORT_UNICAST_FLOOD)
		info->flooded = mnl_attr_get_u8(attribute);
	return MNL_CB_OK;
}

static int read_kind(const struct nlattr *attribute, void *data)
{
	LinkInfo *info = data;

	if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND) {
		if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
			(void)strncpy(
				info->kind, mnl_attr_get_str(attribute), sizeof(info->kind) - 1);
	} else if (mnl_attr_get_type(attribute) == IFLA_INFO_SLAVE_DATA) {
		return mnl_attr_parse_nested(attribute, read_port, info);
	}
	return MNL_CB_OK;
}

static int read_attribute(const struct nlattr *attribute, void *data)
{
	LinkInfo *info = data;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_MTU:
		if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			info->mtu = mnl_attr_get_u32(attribute);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attribute) == MAC_SIZE)
			memcpy(info->mac, mnl_attr_get_payload(attribute), MAC_SIZE);
		break;
	case IFLA_IFNAME:
		if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
			(void)strncpy(
				info->name, mnl_attr_get_str(attribute), sizeof(info->name) - 1);
		break;
	case IFLA_LINK:
	case IFLA_MASTER:
		if (mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
			*(mnl_attr_get_type(attribute) == IFLA_LINK ? &info->lower
								    : &info->master) =
				(int)mnl_attr_get_u32(attribute);
		break;
	case IFLA_IFALIAS:
		if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
			(void)strncpy(
				info->alias, mnl_attr_get_str(attribute), sizeof(info->alias) - 1);
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(attribute, read_kind, info);
	default:
		break;
	}
	return MNL_CB_OK;
}

static void read_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	LinkInfo *info = data;

	if (message->nlmsg_type != RTM_NEWLINK ||
		mnl_nlmsg_get_payload_len(message) < sizeof(*link))
		return;
	info->index = link->ifi_index;
	(void)mnl_attr_parse(
		message, sizeof(*link), read_attribute, info); /* what is missing stays 0 */
}

static int get(Exchange *exchange, const char *name, int index, LinkInfo *ret, Error **ret_error)
{
	LinkInfo info = { 0 };
	struct nlmsghdr *request;
	int r;

	request = exchange_begin(exchange, RTM_GETLINK, 0, ENODEV, "look up the interface %s",
		name ? name : "below");
	(void)put_link(request, index);
	if (name)
		mnl_attr_put_strz(request, IFLA_IFNAME, name);
	exchange_end(exchange, request);
	r = exchange_commit(exchange, read_link, &info, ret_error);
	if (r == 0)
		*ret = info;
	return r;
}

int link_get(Exchange *exchange, const char *name, LinkInfo *ret, Error **ret_error)
{
	return get(exchange, name, 0, ret, ret_error);
}

int link_get_index(Exchange *exchange, int index, LinkInfo *ret, Error **ret_error)
{
	return get(exchange, NULL, index, ret, ret_error);
}

void link_add_bridge(Exchange *exchange, const char *name, const uint8_t mac[static MAC_SIZE])
{
	struct nlattr *info, *data;
	struct nlmsghdr *request = exchange_begin(
		exchange, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, "create the bridge %s", name);
	put_link(request, 0);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put(request, IFLA_ADDRESS, MAC_SIZE, mac);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u32(request, IFLA_BR_STP_STATE, 0);
	mnl_attr_put_u32(request, IFLA_BR_FORWARD_DELAY, 0);
	mnl_attr_put_u8(request, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	exchange_end(exchange, request);
}

void link_pin_mac(Exchange *exchange, int index, const uint8_t mac[static MAC_SIZE])
{
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_NEWLINK, 0, 0, "keep the MAC address of the bridge");

	put_link(request, index);
	mnl_attr_put(request, IFLA_ADDRESS, MAC_SIZE, mac);
	exchange_end(exchange, request);
}

void link_add_veth(Exchange *exchange, const VethSpec *spec)
{
	struct nlattr *info, *data, *peer;
	struct nlmsghdr *request;
	struct ifinfomsg *link;

	request = exchange_begin(exchange, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0,
		"create the interface %s", spec->name);
	put_link(request, 0);
	mnl_attr_put_strz(request, IFLA_IFNAME, spec->name);
	if (spec->bridge)
		mnl_attr_put_u32(request, IFLA_MASTER, (uint32_t)spec->bridge);
	mnl_attr_put_u32(request, IFLA_MTU, spec->mtu);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(request, VETH_INFO_PEER);
	link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(request, IFLA_IFNAME, spec->peer_name);
	mnl_attr_put(request, IFLA_ADDRESS, MAC_SIZE, spec->peer_mac);
	mnl_attr_put_u32(request, IFLA_MTU, spec->peer_mtu);
	mnl_attr_put_u32(request, IFLA_NET_NS_FD, (uint32_t)spec->peer_netns_fd);
	mnl_attr_nest_end(request, peer);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	exchange_end(exchange, request);
}

/* Everything but its data. */
static struct nlmsghdr *begin_upper(Exchange *exchange, const UpperSpec *spec, const char *kind,
	struct nlattr **ret_info, struct nlattr **ret_data)
{
	struct nlmsghdr *request = exchange_begin(exchange, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
		0, "create the %s %s", kind, spec->name);

	put_link(request, 0);
	mnl_attr_put_strz(request, IFLA_IFNAME, spec->name);
	mnl_attr_put_u32(request, IFLA_LINK, (uint32_t)spec->parent);
	mnl_attr_put(request, IFLA_ADDRESS, MAC_SIZE, spec->mac);
	if (spec->mtu)
		mnl_attr_put_u32(request, IFLA_MTU, spec->mtu);
	mnl_attr_put_u32(request, IFLA_NET_NS_FD, (uint32_t)spec->netns_fd);
	*ret_info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, kind);
	*ret_data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	return request;
}

void link_add_macvlan(Exchange *exchange, const UpperSpec *spec, uint32_t mode)
{
	struct nlattr *info, *data;
	struct nlmsghdr *request = begin_upper(exchange, spec, "macvlan", &info, &data);

	mnl_attr_put_u32(request, IFLA_MACVLAN_MODE, mode);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	exchange_end(exchange, request);
}

void link_add_vlan(Exchange *exchange, const UpperSpec *spec, unsigned int id)
{
	struct nlattr *info, *data;
	struct nlmsghdr *request = begin_upper(exchange, spec, "vlan", &info, &data);

	mnl_attr_put_u16(request, IFLA_VLAN_ID, (uint16_t)id);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	exchange_end(exchange, request);
}

void link_move(Exchange *exchange, int index, const char *new_name, int netns_fd)
{
	struct nlmsghdr *request = exchange_begin(
		exchange, RTM_NEWLINK, 0, 0, "move the interface to be %s", new_name);

	put_link(request, index);
	mnl_attr_put_strz(request, IFLA_IFNAME, new_name);
	mnl_attr_put_u32(request, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	exchange_end(exchange, request);
}

void link_set_mac(Exchange *exchange, int index, const uint8_t mac[static MAC_SIZE])
{
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_NEWLINK, 0, 0, "set the MAC address");

	put_link(request, index);
	mnl_attr_put(request, IFLA_ADDRESS, MAC_SIZE, mac);
	exchange_end(exchange, request);
}

void link_set_mtu(Exchange *exchange, int index, uint32_t mtu)
{
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_NEWLINK, 0, 0, "set the MTU to %u", mtu);

	put_link(request, index);
	mnl_attr_put_u32(request, IFLA_MTU, mtu);
	exchange_end(exchange, request);
}

void link_set_alias(Exchange *exchange, int index, const char *alias)
{
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_NEWLINK, 0, 0, "mark the interface as ours");

	put_link(request, index);
	mnl_attr_put(request, IFLA_IFALIAS, strlen(alias), alias);
	exchange_end(exchange, request);
}

void link_lock_port(Exchange *exchange, int index, bool isolated)
{
	struct nlattr *info, *data;
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_NEWLINK, 0, 0, "lock the bridge port");
	put_link(request, index);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(request, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(request, IFLA_BRPORT_LEARNING, 0);
	mnl_attr_put_u8(request, IFLA_BRPORT_ISOLATED, isolated);
	mnl_attr_put_u8(request, IFLA_BRPORT_LOCKED, 1);
	/* The one station is known. What is for another that has gone is for nobody here. */
	mnl_attr_put_u8(request, IFLA_BRPORT_UNICAST_FLOOD, 0);
	if (isolated) {
		mnl_attr_put_u8(request, IFLA_BRPORT_MCAST_FLOOD, 0);
		mnl_attr_put_u8(request, IFLA_BRPORT_BCAST_FLOOD, 0);
	}
	mnl_attr_put_u16(request, IFLA_BRPORT_GROUP_FWD_MASK, GROUP_FORWARD_ALL);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	exchange_end(exchange, request);
}

static struct ndmsg *put_neighbour(struct nlmsghdr *request, int family, int index)
{
	struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(request, sizeof(*neighbour));

	neighbour->ndm_family = (uint8_t)family;
	neighbour->ndm_ifindex = index;
	return neighbour;
}

void link_add_station(Exchange *exchange, int index, const uint8_t mac[static MAC_SIZE])
{
	struct ndmsg *neighbour;
	struct nlmsghdr *request;

	/* EXCL: the bridge itself or another station may have it, and would be cut off. */
	request = exchange_begin(exchange, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, 0,
		"bind the MAC address, which the bridge must not know from elsewhere, to the port");
	neighbour = put_neighbour(request, AF_BRIDGE, index);
	neighbour->ndm_state =
		NUD_NOARP; /* static; NUD_PERMANENT would be an address of the bridge itself */
	neighbour->ndm_flags = NTF_MASTER;
	mnl_attr_put(request, NDA_LLADDR, MAC_SIZE, mac);
	exchange_end(exchange, request);
}

static void set_flag_up(Exchange *exchange, int index, const char *what, bool up, const char *name)
{
	struct ifinfomsg *link;
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_NEWLINK, 0, 0, "%s the interface %s", what, name);

	link = put_link(request, index);
	link->ifi_flags = up ? IFF_UP : 0;
	link->ifi_change = IFF_UP;
	exchange_end(exchange, request);
}

void link_set_up(Exchange *exchange, int index, const char *name)
{
	set_flag_up(exchange, index, "bring up", true, name);
}

void link_set_down(Exchange *exchange, int index, const char *name)
{
	set_flag_up(exchange, index, "take down", false, name);
}

void link_set_master(Exchange *exchange, int index, int master)
{
	struct nlmsghdr *request = exchange_begin(
		exchange, RTM_NEWLINK, 0, 0, "make the interface a port of its bridge");

	put_link(request, index);
	mnl_attr_put_u32(request, IFLA_MASTER, (uint32_t)master);
	exchange_end(exchange, request);
}

void link_settle(Exchange *exchange, const char *name)
{
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_GETLINK, 0, 0, "settle the interface %s", name);
	put_link(request, 0);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	exchange_end(exchange, request);
}

void link_rename(Exchange *exchange, int index, const char *name)
{
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_NEWLINK, 0, 0, "name the interface %s", name);
	put_link(request, index);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	exchange_end(exchange, request);
}

void link_no_ipv6_autoconf(Exchange *exchange, int index)
{
	struct nlattr *families, *inet6;
	struct nlmsghdr *request = exchange_begin(
		exchange, RTM_NEWLINK, 0, EAFNOSUPPORT, "switch off IPv6 autoconfiguration");
	put_link(request, index);
	families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(request, AF_INET6);
	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(request, inet6);
	mnl_attr_nest_end(request, families);
	exchange_end(exchange, request);
}

void link_delete(Exchange *exchange, const char *name)
{
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_DELLINK, 0, ENODEV, "delete the interface %s", name);
	put_link(request, 0);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	exchange_end(exchange, request);
}

static void add_address(Exchange *exchange, int index, const IpAddress *address,
	const IpAddress *peer, uint32_t flags)
{
	struct ifaddrmsg *header;
	struct nlmsghdr *request;
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(
		address->family, address->bytes, text, sizeof(text)); /* only for the error */
	request = exchange_begin(exchange, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, EEXIST,
		"set the address %s", text);
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->ifa_family = (uint8_t)address->family;
	header->ifa_prefixlen = (uint8_t)address->prefix;
	header->ifa_index = (uint32_t)index;
	/* The address is reserved or given by the administrator: nobody has to be asked whether it is free. */
	flags |= address->family == AF_INET6 ? IFA_F_NODAD : 0;
	mnl_attr_put_u32(request, IFA_FLAGS, flags);
	mnl_attr_put(request, IFA_LOCAL, ip_size(address), address->bytes);
	mnl_attr_put(request, IFA_ADDRESS, ip_size(peer), peer->bytes);
	if (address->family == AF_INET && address->prefix < 31) {
		Subnet subnet = subnet_of(address);

		mnl_attr_put_u32(
			request, IFA_BROADCAST, htonl(subnet.network | ~subnet_mask(subnet)));
	}
	exchange_end(exchange, request);
}

void address_add(Exchange *exchange, int index, const IpAddress *address)
{
	add_address(exchange, index, address, address, 0);
}

void address_add_alone(Exchange *exchange, int index, const IpAddress *address)
{
	add_address(exchange, index, address, address, IFA_F_NOPREFIXROUTE);
}

void address_add_peer(
	Exchange *exchange, int index, const IpAddress *address, const IpAddress *peer)
{
	add_address(exchange, index, address, peer, 0);
}

static struct nlmsghdr *begin_route(Exchange *exchange, int index, const IpAddress *target,
	uint8_t scope, const IpAddress *named)
{
	struct nlmsghdr *request;
	struct rtmsg *route;
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(named->family, named->bytes, text, sizeof(text)); /* only for the error */
	/* It may be there, by a link of the same network that came before. */
	request = exchange_begin(exchange, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, EEXIST,
		"set a route through %s", text);
	route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	route->rtm_family = (uint8_t)named->family;
	route->rtm_dst_len = target ? (uint8_t)target->prefix : 0;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = scope;
	route->rtm_type = RTN_UNICAST;
	if (target && target->prefix > 0)
		mnl_attr_put(request, RTA_DST, ip_size(target), target->bytes);
	mnl_attr_put_u32(request, RTA_OIF, (uint32_t)index);
	return request;
}

void route_add(Exchange *exchange, int index, const IpAddress *target, const IpAddress *gateway)
{
	struct nlmsghdr *request = begin_route(exchange, index, target, RT_SCOPE_UNIVERSE, gateway);
	struct rtmsg *route = mnl_nlmsg_get_payload(request);

	route->rtm_flags = target ? 0 : RTNH_F_ONLINK; /* as below */
	mnl_attr_put(request, RTA_GATEWAY, ip_size(gateway), gateway->bytes);
	exchange_end(exchange, request);
}

void route_add_network(
	Exchange *exchange, int index, const IpAddress *network, const IpAddress *gateway)
{
	IpAddress alone = *gateway;
	struct nlmsghdr *request;
	struct rtmsg *route;

	alone.prefix = 8 * (unsigned int)ip_size(gateway);
	exchange_end(exchange, begin_route(exchange, index, &alone, RT_SCOPE_LINK, gateway));
	request = begin_route(exchange, index, network, RT_SCOPE_UNIVERSE, gateway);
	route = mnl_nlmsg_get_payload(request);
	route->rtm_flags = RTNH_F_ONLINK; /* its way there may be that of an earlier link */
	mnl_attr_put(request, RTA_GATEWAY, ip_size(gateway), gateway->bytes);
	exchange_end(exchange, request);
}

void neighbour_add(
	Exchange *exchange, int index, const IpAddress *address, const uint8_t mac[static MAC_SIZE])
{
	struct ndmsg *neighbour;
	struct nlmsghdr *request = exchange_begin(exchange, RTM_NEWNEIGH,
		NLM_F_CREATE | NLM_F_REPLACE, 0, "bind the IP address to the MAC address");
	neighbour = put_neighbour(request, address->family, index);
	neighbour->ndm_state = NUD_PERMANENT;
	mnl_attr_put(request, NDA_DST, ip_size(address), address->bytes);
	mnl_attr_put(request, NDA_LLADDR, MAC_SIZE, mac);
	exchange_end(exchange, request);
}

void neighbour_delete(Exchange *exchange, int index, const IpAddress *address)
{
	struct nlmsghdr *request =
		exchange_begin(exchange, RTM_DELNEIGH, 0, ENOENT, "forget the neighbour");
	put_neighbour(request, address->family, index);
	mnl_attr_put(request, NDA_DST, ip_size(address), address->bytes);
	exchange_end(exchange, request);
}

/* Before those that administrators and their programs add, behind the host's own addresses (0). */
enum { PRIORITY_MARKED = 52, PRIORITY_OTHERS };

static struct fib_rule_hdr *begin_rule(Exchange *exchange, uint16_t type, int family,
	const char *interface, uint32_t priority, struct nlmsghdr **ret)
{
	bool add = type == RTM_NEWRULE;
	struct nlmsghdr *request = exchange_begin(exchange, type,
		add ? NLM_F_CREATE | NLM_F_EXCL : 0, add ? EEXIST : ENOENT,
		"say what is routed between containers of %s", interface);
	struct fib_rule_hdr *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	header->family = (uint8_t)family;
	mnl_attr_put_strz(request, FRA_IIFNAME, interface);
	mnl_attr_put_u32(request, FRA_PRIORITY, priority);
	*ret = request;
	return header;
}

static void add_rule(Exchange *exchange, const char *interface, const IpAddress *network,
	uint32_t mark, uint32_t priority)
{
	struct nlmsghdr *request;
	struct fib_rule_hdr *header =
		begin_rule(exchange, RTM_NEWRULE, network->family, interface, priority, &request);

	header->dst_len = (uint8_t)network->prefix;
	header->action = mark ? FR_ACT_TO_TBL : FR_ACT_PROHIBIT;
	header->table = mark ? RT_TABLE_MAIN : RT_TABLE_UNSPEC;
	mnl_attr_put(request, FRA_DST, ip_size(network), network->bytes);
	if (mark) {
		mnl_attr_put_u32(request, FRA_FWMARK, mark);
		mnl_attr_put_u32(request, FRA_FWMASK, UINT32_MAX);
	}
	exchange_end(exchange, request);
}

void rules_add_marked(
	Exchange *exchange, const char *interface, const IpAddress *network, uint32_t mark)
{
	add_rule(exchange, interface, network, mark, PRIORITY_MARKED);
	add_rule(exchange, interface, network, 0, PRIORITY_OTHERS);
}

void rules_delete_marked(Exchange *exchange, const char *interface, int family)
{
	for (uint32_t priority = PRIORITY_MARKED; priority <= PRIORITY_OTHERS; priority++) {
		struct nlmsghdr *request;

		(void)begin_rule(exchange, RTM_DELRULE, family, interface, priority, &request);
		exchange_end(exchange, request);
	}
}
