/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/plugin/server-rules.h"

#include "base/macro.h"

/* RFC 2131, in bits behind the UDP header of 64: op, htype and hlen; giaddr; chaddr. */
#define DHCP_REQUEST "@th,64,24 0x010106"
#define DHCP_RELAY "@th,256,32"
#define DHCP_CLIENT "@th,288,48"

/* The host's address, of the containers' packets as they arrive. */
static void put(Buf *buf, const Network *network, const char *before, const char *after)
{
	char gateway[IPV4_TEXT_SIZE];

	ipv4_format(subnet_gateway(network->subnet), 0, gateway);
	buf_printf(buf, "%s%s%s", before, gateway, after);
}

/* Asking for an address is the one thing that is said without one. */
void server_rules_prerouting(const Network *network, Buf *buf)
{
	if (!network->dhcp)
		return;
	buf_printf(buf,
		"		ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 udp dport set %u accept\n",
		NETWORK_DHCP_PORT);
	put(buf, network,
		"		ether saddr . ip saddr @stations ip daddr { 255.255.255.255, ",
		" } udp sport 68 udp dport 67 ");
	buf_printf(buf, "udp dport set %u accept\n", NETWORK_DHCP_PORT);
}

/* The server believes the message, so the message must be about who sends it: else a container could decline or release the address of a sibling. No relay speaks
 * here, to which the answer would go. Everything that reaches the server passes here, also what was sent to its own port directly.
 * Who has a list of where it may go names the host's port 53 there. */
void server_rules_input(const Network *network, Buf *buf)
{
	static const char *const who[] = { "ip saddr != @held",
		"ip saddr . meta l4proto . ct original proto-dst @to_host" };

	if (network->dhcp)
		buf_printf(buf,
			"		udp sport 68 udp dport %u " DHCP_REQUEST " " DHCP_RELAY
			" 0 ether saddr . " DHCP_CLIENT " @" SET_CLIENTS " accept\n"
			"		udp dport %u drop\n", /* of what is established, too */
			NETWORK_DHCP_PORT, NETWORK_DHCP_PORT);
	for (size_t i = 0; network->dns && i < ARRAY_SIZE(who); i++) {
		put(buf, network, "		ip daddr ", " meta l4proto { tcp, udp } ");
		buf_printf(buf, "th dport %u %s accept\n", NETWORK_DNS_PORT, who[i]);
	}
}

void server_rules_chains(const Network *network, Buf *buf)
{
	static const char *const protocols[] = { "udp", "tcp" };

	if (network->dhcp) {
		put(buf, network,
			"	chain answer {\n"
			"		type filter hook postrouting priority 300; policy accept;\n"
			"		oifname $own_bridge ip saddr ",
			" ");
		buf_printf(buf, "udp sport %u udp sport set 67\n	}\n", NETWORK_DHCP_PORT);
	}
	if (!network->dns)
		return;
	buf_puts(buf,
		"	chain ask {\n		type nat hook prerouting priority dstnat; policy accept;\n");
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		put(buf, network, "		iifname $own_bridge ip daddr ", " ");
		buf_printf(buf, "%s dport 53 redirect to :%u\n", protocols[i], NETWORK_DNS_PORT);
	}
	buf_puts(buf, "	}\n");
}
