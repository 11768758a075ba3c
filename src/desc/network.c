/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The language of -N and [network] interface=: one network of a container on one line.
 */
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "base/array.h"
#include "desc/option-value.h"
#include "desc/value.h"

#define DEFAULT_ROUTE "default"
#define VLAN_MAX 4094u /* IEEE 802.1Q */
#define MTU_MIN 576u /* bytes; IPv4 hosts must take so much (RFC 791) */
#define RATE_MIN 64u /* kbit/s */
#define RATE_MAX 100000000u
#define MTU_MAX 65535u

/* A network being read. The type stays _INVALID until a word or the source says it. */
typedef struct Reading {
	Desc *desc;
	DescNetwork *network;
	const char *text; /* the whole option, for messages */
} Reading;

static int set_once(char **field, char *value, const Reading *reading, Error **ret_error)
{
	if (*field) {
		free(value);
		return error_set(
			ret_error, EINVAL, "network \"%s\" gives a field twice", reading->text);
	}
	*field = value;
	return 0;
}

static int read_source(Reading *reading, const char *value, Error **ret_error)
{
	int r;
	char *copy;

	r = reading->network->type == DESC_NETWORK_NAMED ||
			    reading->network->type == DESC_NETWORK_CONTAINER
		    ? desc_check_name(value, ret_error)
		    : value_check_interface(value, ret_error);
	if (r < 0)
		return r;
	copy = strdup(value);
	if (!copy)
		return error_oom(ret_error);
	return set_once(&reading->network->source, copy, reading, ret_error);
}

static int read_mac(Reading *reading, const char *value, Error **ret_error)
{
	char *mac = NULL;
	int r = value_mac(value, &mac, ret_error);

	return r < 0 ? r : set_once(&reading->network->mac, mac, reading, ret_error);
}

static int read_address(Reading *reading, const char *value, Error **ret_error)
{
	_cleanup_free_ char *address = NULL;
	int r;

	if (strchr(value, '%'))
		return error_set(ret_error, EINVAL,
			"address \"%s\": a broadcast address is not supported; it follows from the prefix length",
			value);
	if (strv_length(reading->network->addresses) >= DESC_LIST_MAX)
		return error_set(
			ret_error, E2BIG, "network has more than %u addresses", DESC_LIST_MAX);
	r = value_address(value, &address, ret_error);
	if (r < 0)
		return r;
	return strv_append(&reading->network->addresses, address) < 0 ? error_oom(ret_error) : 0;
}

static int read_route(Reading *reading, const char *value, Error **ret_error)
{
	_cleanup_free_ char *text = strdup(value), *target = NULL, *gateway = NULL;
	DescNetwork *network = reading->network;
	char *percent;
	int r;

	if (!text)
		return error_oom(ret_error);
	if (network->n_routes >= DESC_LIST_MAX)
		return error_set(
			ret_error, E2BIG, "network has more than %u routes", DESC_LIST_MAX);
	percent = strchr(text, '%');
	if (!percent || !percent[1])
		return error_set(ret_error, EINVAL,
			"Missing gateway in route \"%s\", which is written NETWORK%%GATEWAY",
			value);
	*percent = '\0';
	r = value_ip(percent + 1, &gateway, ret_error);
	if (r < 0)
		return r;
	if (strcmp(text, DEFAULT_ROUTE) == 0)
		r = value_subnet(strchr(gateway, ':') ? "::/0" : "0.0.0.0/0", &target, ret_error);
	else
		r = value_subnet(text, &target, ret_error);
	if (r < 0)
		return r;
	if (!value_same_family(target, gateway))
		return error_set(ret_error, EINVAL, "route \"%s\" mixes IPv4 and IPv6", value);
	if (array_room(&network->routes, network->n_routes, sizeof(*network->routes)) < 0)
		return error_oom(ret_error);
	network->routes[network->n_routes++] =
		(DescRoute){ .target = TAKE_PTR(target), .gateway = TAKE_PTR(gateway) };
	return 0;
}

static int read_mode(Reading *reading, const char *value, Error **ret_error)
{
	static const char *const modes[] = { "private", "vepa", "bridge", "passthrough" };
	char *copy;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strcmp(value, modes[i]) != 0)
			continue;
		copy = strdup(value);
		return copy ? set_once(&reading->network->mode, copy, reading, ret_error)
			    : error_oom(ret_error);
	}
	return error_set(ret_error, EINVAL,
		"mode \"%s\" is none of private, vepa, bridge and passthrough", value);
}

/* "10.1.2.3%10.1.2.1": as route= has it. */
static int read_peer(Reading *reading, const char *value, Error **ret_error)
{
	_cleanup_free_ char *text = strdup(value), *address = NULL, *peer = NULL;
	char *percent = text ? strchr(text, '%') : NULL;
	int r;

	if (!text)
		return error_oom(ret_error);
	if (!percent || !percent[1] || strchr(text, '/'))
		return error_set(ret_error, EINVAL,
			"peer \"%s\" is not written ADDRESS%%PEER, without prefix lengths", value);
	if (strv_length(reading->network->peers) >= DESC_LIST_MAX)
		return error_set(ret_error, E2BIG, "network has more than %u peers", DESC_LIST_MAX);
	*percent = '\0';
	r = value_ip(text, &address, ret_error);
	if (r == 0)
		r = value_ip(percent + 1, &peer, ret_error);
	if (r < 0)
		return r;
	if (!value_same_family(address, peer))
		return error_set(ret_error, EINVAL, "peer \"%s\" mixes IPv4 and IPv6", value);
	return strv_appendf(&reading->network->peers, "%s %s", address, peer) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int read_count(unsigned int *field, const char *what, const char *value, unsigned int min,
	unsigned int max, Error **ret_error)
{
	unsigned int number = 0;
	size_t i = 0;

	for (; value[i] >= '0' && value[i] <= '9' && i < 6; i++)
		number = number * 10 + (unsigned int)(value[i] - '0');
	if (i == 0 || value[i] || number < min || number > max)
		return error_set(ret_error, EINVAL, "%s \"%s\" is not a number from %u to %u", what,
			value, min, max);
	*field = number;
	return 0;
}

static int read_vlan(Reading *reading, const char *value, Error **ret_error)
{
	return read_count(&reading->network->vlan, "id", value, 1, VLAN_MAX, ret_error);
}

static int read_mtu(Reading *reading, const char *value, Error **ret_error)
{
	return read_count(&reading->network->mtu, "mtu", value, MTU_MIN, MTU_MAX, ret_error);
}

/* "10M" */
static int read_rate(const char *text, unsigned int *ret, Error **ret_error)
{
	static const struct {
		const char *suffix;
		uint64_t kbits;
	} units[] = { { "K", 1 }, { "M", 1000 }, { "G", 1000000 } };
	uint64_t number = 0;
	size_t i = 0;

	if (strcmp(text, "max") == 0) {
		*ret = 0;
		return 0;
	}
	for (; text[i] >= '0' && text[i] <= '9' && i < 9; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	for (size_t u = 0; i > 0 && u < ARRAY_SIZE(units); u++)
		if (strcmp(text + i, units[u].suffix) == 0 && number * units[u].kbits >= RATE_MIN &&
			number * units[u].kbits <= RATE_MAX) {
			*ret = (unsigned int)(number * units[u].kbits);
			return 0;
		}
	return error_set(ret_error, EINVAL,
		"bandwidth \"%s\" is not a number of bits per second with the suffix K, M or G, from 64K to 100G, or max",
		text);
}

/* Both ways, or to the container and from it: "100M/20M". */
static int read_bandwidth(Reading *reading, const char *value, Error **ret_error)
{
	_cleanup_free_ char *in = strndup(value, strcspn(value, "/"));
	const char *out = strchr(value, '/');
	int r = in ? read_rate(in, &reading->network->rate_in, ret_error) : error_oom(ret_error);

	return r < 0 ? r : read_rate(out ? out + 1 : in, &reading->network->rate_out, ret_error);
}

static void put_rate(Buf *buf, unsigned int kbits)
{
	unsigned int unit = kbits % 1000000 == 0 ? 1000000 : kbits % 1000 == 0 ? 1000 : 1;

	if (kbits == 0)
		buf_puts(buf, "max");
	else
		buf_printf(buf, "%u%c", kbits / unit, unit == 1 ? 'K' : unit == 1000 ? 'M' : 'G');
}

static void put_bandwidth(Buf *buf, const DescNetwork *network)
{
	if (!network->rate_in && !network->rate_out)
		return;
	buf_puts(buf, ",bandwidth=");
	put_rate(buf, network->rate_in);
	if (network->rate_in == network->rate_out)
		return;
	buf_puts(buf, "/");
	put_rate(buf, network->rate_out);
}

static int read_container(Reading *reading, const char *value, Error **ret_error)
{
	if (reading->network->type >= 0)
		return error_set(ret_error, EINVAL, "network \"%s\" has two types", reading->text);
	reading->network->type = DESC_NETWORK_CONTAINER;
	return read_source(reading, value, ret_error);
}

static const struct NetworkField {
	const char *name;
	int (*read)(Reading *reading, const char *value, Error **ret_error);
} fields[] = {
	{ "source=", read_source },
	{ "mac=", read_mac },
	{ "address=", read_address },
	{ "route=", read_route },
	{ "mode=", read_mode },
	{ "peer=", read_peer },
	{ "id=", read_vlan },
	{ "mtu=", read_mtu },
	{ "bandwidth=", read_bandwidth },
	{ "container=", read_container },
};

/* As net/ has it; whether there is such a network is seen when it is used. */
static bool is_name(const char *word)
{
	return desc_check_name(word, NULL) == 0 && strncmp(word, "filter", 6) != 0;
}

static int read_field(Reading *reading, const char *field, Error **ret_error)
{
	DescNetworkType type = desc_network_type_from_name(field);

	if (type >= 0) {
		if (reading->network->type >= 0)
			return error_set(
				ret_error, EINVAL, "network \"%s\" has two types", reading->text);
		reading->network->type = type;
		return 0;
	}
	if (strcmp(field, "dhcp") == 0) {
		reading->network->dhcp = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strncmp(field, fields[i].name, strlen(fields[i].name)) == 0)
			return fields[i].read(reading, field + strlen(fields[i].name), ret_error);
	if (reading->network->type < 0 && is_name(field)) {
		reading->network->type = DESC_NETWORK_NAMED;
		return read_source(reading, field, ret_error);
	}
	if (strncmp(field, "filter", 6) == 0)
		return error_set(ret_error, EOPNOTSUPP,
			"network \"%s\": network filters (\"%s\") are not supported", reading->text,
			field);
	return error_set(ret_error, EINVAL,
		"Unknown parameter \"%s\" in network \"%s\"; known are none, host, default, "
		"bridge, macvlan, vlan, ethernet, hostdev, container=, the name of a network, "
		"source=, mac=, address=, dhcp, peer=, route=, mode=, id=, mtu= and bandwidth=",
		field, reading->text);
}

int option_parse_network(Desc *desc, const char *text, Error **ret_error)
{
	_cleanup_strv_ char **words = NULL;
	Reading reading = { .desc = desc, .text = text };
	DescNetwork *network;
	int r = 0;

	if (strv_split(&words, text, ",") < 0)
		return error_oom(ret_error);
	if (!words)
		return error_set(ret_error, EINVAL, "network \"%s\" is empty", text);
	if (desc->n_networks >= DESC_NETWORK_MAX)
		return error_set(ret_error, E2BIG, "more than %u networks", DESC_NETWORK_MAX);
	network = reading.network = desc_add_network(desc);
	if (!network)
		return error_oom(ret_error);
	network->type = _DESC_NETWORK_TYPE_INVALID;
	STRV_FOREACH (word, words) {
		r = read_field(&reading, *word, ret_error);
		if (r < 0)
			break;
	}
	if (r < 0) {
		option_network_done(network);
		desc->n_networks--;
		return r;
	}
	if (network->type == DESC_NETWORK_NAMED && network->source &&
		strcmp(network->source, "default") == 0)
		network->type = DESC_NETWORK_DEFAULT;
	/* A source alone names a bridge, as it named a network of libvirt; there "default" was
	 * the one with NAT. */
	if (network->type < 0)
		network->type = network->source && strcmp(network->source, "default") != 0
					? DESC_NETWORK_BRIDGE
					: DESC_NETWORK_DEFAULT;
	if (network->type == DESC_NETWORK_DEFAULT && network->source &&
		strcmp(network->source, "default") == 0) {
		free(network->source);
		network->source = NULL;
	}
	return 0;
}

char *option_format_network(const DescNetwork *network)
{
	_cleanup_buf_ Buf buf = {};
	char *text = NULL;

	buf_puts(&buf, desc_network_type_name(network->type));
	if (network->type == DESC_NETWORK_CONTAINER)
		buf_printf(&buf, "=%s", network->source);
	else if (network->source)
		buf_printf(&buf, ",source=%s", network->source);
	if (network->mac)
		buf_printf(&buf, ",mac=%s", network->mac);
	if (network->dhcp)
		buf_puts(&buf, ",dhcp");
	if (network->mode)
		buf_printf(&buf, ",mode=%s", network->mode);
	if (network->vlan)
		buf_printf(&buf, ",id=%u", network->vlan);
	if (network->mtu)
		buf_printf(&buf, ",mtu=%u", network->mtu);
	put_bandwidth(&buf, network);
	STRV_FOREACH (peer, network->peers)
		buf_printf(&buf, ",peer=%.*s%%%s", (int)strcspn(*peer, " "), *peer,
			strchr(*peer, ' ') + 1);
	STRV_FOREACH (address, network->addresses)
		buf_printf(&buf, ",address=%s", *address);
	for (size_t i = 0; i < network->n_routes; i++)
		buf_printf(&buf, ",route=%s%%%s", network->routes[i].target,
			network->routes[i].gateway);
	return buf_take(&buf, &text, NULL) < 0 ? NULL : text;
}

void option_network_done(DescNetwork *network)
{
	free(network->source);
	free(network->mac);
	free(network->mode);
	strv_free(network->peers);
	strv_free(network->addresses);
	for (size_t i = 0; i < network->n_routes; i++) {
		free(network->routes[i].target);
		free(network->routes[i].gateway);
	}
	free(network->routes);
	*network = (DescNetwork){};
}
