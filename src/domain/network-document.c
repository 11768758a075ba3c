/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libvirt's <network> document as settings of a network of ours. What those cannot hold is refused by line: a network that only seems to be what was asked for
 * would be found out by its users.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "domain/node.h"
#include "domain/xml.h"

typedef struct NetworkDocument {
	const char *name;
	char **settings;
} NetworkDocument;

static int refuse(const DomainNode *node, Error **ret_error)
{
	return error_set(ret_error, EOPNOTSUPP,
		"unsupported configuration: line %u: <%s> cannot be kept of a network", node->line,
		node->name);
}

static int take(NetworkDocument *d, const char *key, const char *value, Error **ret_error)
{
	return strv_append(&d->settings, key) < 0 || strv_append(&d->settings, value) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int take_forward(NetworkDocument *d, const DomainNode *node, Error **ret_error)
{
	const char *mode = node_attribute(node, "mode");

	if (mode && strcmp(mode, "nat") != 0 && strcmp(mode, "route") != 0)
		return error_set(ret_error, EOPNOTSUPP,
			"unsupported configuration: line %u: forward mode '%s'; nat, route, or no "
			"<forward> are",
			node->line, mode);
	for (size_t i = 0; i < node->n_children; i++)
		if (strcmp(node->children[i]->name, "nat") != 0 ||
			node->children[i]->n_children > 0)
			return refuse(node->children[i], ret_error);
	return take(d, "mode", mode && strcmp(mode, "route") == 0 ? "routed" : "nat", ret_error);
}

/* Bits of "255.255.255.0"; 0: it is no mask. */
static unsigned int bits_of(const char *netmask)
{
	struct in_addr mask;
	uint32_t bits;

	if (inet_pton(AF_INET, netmask, &mask) != 1)
		return 0;
	bits = ntohl(mask.s_addr);
	return (bits & (~bits >> 1)) == 0 && (~bits & (~bits + 1)) == 0
		       ? (unsigned int)__builtin_popcount(bits)
		       : 0;
}

static int take_range(NetworkDocument *d, const DomainNode *range, Error **ret_error)
{
	const char *start = node_attribute(range, "start"), *end = node_attribute(range, "end");
	char text[2 * INET_ADDRSTRLEN + 1];

	if (strv_contains(d->settings, "dhcp"))
		return error_set(ret_error, EOPNOTSUPP,
			"unsupported configuration: line %u: a network can have only one <range>",
			range->line);
	if (!start || !end ||
		snprintf(text, sizeof(text), "%s-%s", start, end) >= (int)sizeof(text))
		return error_set(ret_error, EINVAL,
			"XML error: line %u: <range> needs start= and end=, both IPv4 addresses",
			range->line);
	return take(d, "dhcp", text, ret_error);
}

/* As libvirt's, a network with DHCP has a DNS server, too. */
static int take_dhcp(NetworkDocument *d, const DomainNode *ip, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ip->n_children; i++) {
		const DomainNode *dhcp = ip->children[i];

		if (strcmp(dhcp->name, "dhcp") != 0)
			return refuse(dhcp, ret_error);
		for (size_t j = 0; r == 0 && j < dhcp->n_children; j++)
			r = strcmp(dhcp->children[j]->name, "range") == 0
				    ? take_range(d, dhcp->children[j], ret_error)
				    : refuse(dhcp->children[j], ret_error);
	}
	return r < 0 || !strv_contains(d->settings, "dhcp") ? r : take(d, "dns", "yes", ret_error);
}

static int take_ip(NetworkDocument *d, const DomainNode *node, Error **ret_error)
{
	const char *address = node_attribute(node, "address"),
		   *prefix = node_attribute(node, "prefix"),
		   *netmask = node_attribute(node, "netmask"),
		   *family = node_attribute(node, "family");
	unsigned int bits = netmask ? bits_of(netmask) : 0;
	char text[INET_ADDRSTRLEN + 8];
	struct in_addr ip;
	int r = take_dhcp(d, node, ret_error);

	if (r < 0)
		return r;
	if (family && strcmp(family, "ipv4") != 0)
		return error_set(ret_error, EOPNOTSUPP,
			"unsupported configuration: line %u: <ip family='%s'>; give the network an "
			"IPv6 prefix with `virt-sandbox-service network create --ipv6`",
			node->line, family);
	if (prefix)
		(void)sscanf(prefix, "%2u", &bits);
	if (!address || inet_pton(AF_INET, address, &ip) != 1 || bits < 16 || bits > 29)
		return error_set(ret_error, EINVAL,
			"XML error: line %u: <ip> needs an IPv4 address and a prefix of 16 to 29 "
			"bits",
			node->line);
	if ((ntohl(ip.s_addr) & ((1u << (32 - bits)) - 1)) != 1)
		return error_set(ret_error, EOPNOTSUPP,
			"unsupported configuration: line %u: the host's address of a network is "
			"its "
			"first, not %s",
			node->line, address);
	ip.s_addr &= htonl(~((1u << (32 - bits)) - 1));
	(void)snprintf(text, sizeof(text), "%s/%u", inet_ntoa(ip), bits);
	return take(d, "subnet", text, ret_error);
}

static int take_element(NetworkDocument *d, const DomainNode *node, Error **ret_error)
{
	static const char *const plain[] = { "uuid", "mac",
		"bridge" }; /* chosen for each network */

	if (strcmp(node->name, "name") == 0) {
		d->name = node->text;
		return 0;
	}
	if (strcmp(node->name, "forward") == 0)
		return take_forward(d, node, ret_error);
	if (strcmp(node->name, "ip") == 0)
		return take_ip(d, node, ret_error);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strcmp(node->name, plain[i]) == 0)
			return 0;
	return refuse(node, ret_error);
}

int domain_network_settings(
	const char *xml, size_t size, char **ret_name, char ***ret_settings, Error **ret_error)
{
	_cleanup_node_ DomainNode *root = NULL;
	NetworkDocument d = { 0 };
	int r = xml_read(xml, size, "(network_definition)", &root, ret_error);

	if (r == 0 && strcmp(root->name, "network") != 0)
		r = error_set(ret_error, EINVAL,
			"XML error: unexpected root element <%s>, expecting <network>", root->name);
	for (size_t i = 0; r == 0 && i < root->n_children; i++)
		r = take_element(&d, root->children[i], ret_error);
	if (r == 0 && !node_child(root, "forward"))
		r = take(&d, "mode", "isolated", ret_error);
	if (r == 0) /* as libvirt's networks let their domains */
		r = take(&d, "by-hand", "yes", ret_error);
	if (r == 0 && (!d.name || !*d.name))
		r = error_set(ret_error, EINVAL, "XML error: missing name information");
	if (r == 0) {
		*ret_name = strdup(d.name);
		r = *ret_name ? 0 : error_oom(ret_error);
	}
	if (r == 0)
		*ret_settings = TAKE_PTR(d.settings);
	strv_free(d.settings);
	return r;
}
