/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of reserved addresses as a value.
 */
#include "net/reservations.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/strv.h"

#define LINE_FIELDS_MAX 4
#define NETWORKS_MAX 100 /* of one container, as the ancestor had it */

void reservations_done(Reservations *reservations)
{
	for (size_t i = 0; i < reservations->count; i++)
		free(reservations->entries[i].container);
	free(reservations->entries);
	*reservations = (Reservations){ 0 };
}

Reservation *reservations_find(
	Reservations *reservations, const char *container, unsigned int index)
{
	for (size_t i = 0; i < reservations->count; i++) {
		Reservation *entry = &reservations->entries[i];

		if (entry->index == index && strcmp(entry->container, container) == 0)
			return entry;
	}
	return NULL;
}

const Reservation *reservations_find_address(const Reservations *reservations, uint32_t address)
{
	for (size_t i = 0; i < reservations->count; i++)
		if (reservations->entries[i].address == address)
			return &reservations->entries[i];
	return NULL;
}

const Reservation *reservations_find_mac(
	const Reservations *reservations, const uint8_t mac[static MAC_SIZE])
{
	for (size_t i = 0; i < reservations->count; i++)
		if (memcmp(reservations->entries[i].mac, mac, MAC_SIZE) == 0)
			return &reservations->entries[i];
	return NULL;
}

int reservations_free_address(const Reservations *reservations, uint32_t *ret, Error **ret_error)
{
	Subnet subnet = reservations->subnet;
	uint32_t first = subnet_first(subnet), count = subnet_last(subnet) - first + 1;
	_cleanup_free_ bool *taken = NULL;
	char text[IPV4_TEXT_SIZE];

	taken = calloc(count, sizeof(*taken));
	if (!taken)
		return error_oom(ret_error);
	for (size_t i = 0; i < reservations->count; i++) {
		uint32_t offset = reservations->entries[i].address - first;

		if (offset < count)
			taken[offset] = true;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!taken[i]) {
			*ret = first + i;
			return 0;
		}
	}
	ipv4_format(subnet.network, subnet.prefix, text);
	return error_set(ret_error, EADDRNOTAVAIL,
		"all %u addresses of the default network %s are reserved; delete a container",
		count, text);
}

int reservations_add(Reservations *reservations, const Reservation *reservation, Error **ret_error)
{
	char *container;

	if (reservations->count >= RESERVATIONS_MAX)
		return error_set(ret_error, EADDRNOTAVAIL,
			"there are %u reserved addresses already", RESERVATIONS_MAX);
	if (array_room(&reservations->entries, reservations->count,
		    sizeof(*reservations->entries)) < 0)
		return error_oom(ret_error);
	container = strdup(reservation->container);
	if (!container)
		return error_oom(ret_error);
	reservations->entries[reservations->count] = *reservation;
	reservations->entries[reservations->count++].container = container;
	return 0;
}

size_t reservations_remove(Reservations *reservations, const char *container)
{
	size_t kept = 0, removed;

	for (size_t i = 0; i < reservations->count; i++) {
		if (strcmp(reservations->entries[i].container, container) == 0)
			free(reservations->entries[i].container);
		else
			reservations->entries[kept++] = reservations->entries[i];
	}
	removed = reservations->count - kept;
	reservations->count = kept;
	return removed;
}

static int parse_subnet(const char *text, Subnet *ret)
{
	IpAddress ip;

	if (ip_parse(text, &ip) < 0 || ip.family != AF_INET || ip.prefix < SUBNET_PREFIX_MIN ||
		ip.prefix > SUBNET_PREFIX_MAX)
		return -EINVAL;
	*ret = subnet_of(&ip);
	return ret->network == ip_v4(&ip) ? 0 : -EINVAL;
}

static int parse_index(const char *text, unsigned int *ret)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)*text) || strlen(text) > 3)
		return -EINVAL;
	value = strtoul(text, &end, 10);
	if (*end != '\0' || value >= NETWORKS_MAX)
		return -EINVAL;
	*ret = (unsigned int)value;
	return 0;
}

/* An address is the whole subnet's, not one of its host part: the gateway and the broadcast address are nobody's. */
static int parse_address(const char *text, Subnet subnet, uint32_t *ret)
{
	IpAddress ip;
	uint32_t address;

	if (strcmp(text, "-") == 0) {
		*ret = 0;
		return 0;
	}
	if (strchr(text, '/') || ip_parse(text, &ip) < 0 || ip.family != AF_INET)
		return -EINVAL;
	address = ip_v4(&ip);
	if (address < subnet_first(subnet) || address > subnet_last(subnet))
		return -EINVAL;
	*ret = address;
	return 0;
}

static int parse_line(char **fields, Reservations *reservations, Error **ret_error)
{
	Reservation entry = { .container = fields[0] };

	if (strv_length(fields) == 2 && strcmp(fields[0], "subnet") == 0) {
		if (reservations->subnet.prefix != 0)
			return error_set(ret_error, EINVAL, "a second subnet");
		if (parse_subnet(fields[1], &reservations->subnet) < 0)
			return error_set(ret_error, EINVAL,
				"%s is not an IPv4 network with a prefix of %u to %u bits",
				fields[1], SUBNET_PREFIX_MIN, SUBNET_PREFIX_MAX);
		return 0;
	}
	if (reservations->subnet.prefix == 0)
		return error_set(ret_error, EINVAL, "the first line must be the subnet");
	if (strv_length(fields) != LINE_FIELDS_MAX || strlen(fields[0]) > NAME_MAX)
		return error_set(ret_error, EINVAL, "not \"NAME INDEX MAC ADDRESS\"");
	if (parse_index(fields[1], &entry.index) < 0)
		return error_set(ret_error, EINVAL, "%s is not the index of a network", fields[1]);
	if (mac_parse(fields[2], entry.mac) < 0)
		return error_set(ret_error, EINVAL, "%s is not a MAC address", fields[2]);
	if (parse_address(fields[3], reservations->subnet, &entry.address) < 0)
		return error_set(
			ret_error, EINVAL, "%s is not an address of the subnet", fields[3]);
	return reservations_add(reservations, &entry, ret_error);
}

int reservations_parse(const char *text, Reservations *ret, Error **ret_error)
{
	_cleanup_reservations_ Reservations reservations = { 0 };
	unsigned int number = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");
		_cleanup_strv_ char **fields = NULL;
		_cleanup_free_ char *line = NULL;
		int r;

		number++;
		line = strndup(text, length);
		if (!line || strv_split(&fields, line, " \t") < 0)
			return error_oom(ret_error);
		text += length;
		text += *text == '\n';
		if (!fields || !fields[0] || fields[0][0] == '#')
			continue;
		r = parse_line(fields, &reservations, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "line %u", number);
	}
	if (reservations.subnet.prefix == 0)
		return error_set(ret_error, EINVAL, "it has no line \"subnet ADDRESS/PREFIX\"");
	*ret = reservations;
	reservations = (Reservations){ 0 };
	return 0;
}

int reservations_format(const Reservations *reservations, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };
	char address[IPV4_TEXT_SIZE], mac[MAC_TEXT_SIZE];

	ipv4_format(reservations->subnet.network, reservations->subnet.prefix, address);
	buf_puts(&buf, "# Addresses of the default network, kept by virt-sandbox: NAME INDEX MAC "
		       "ADDRESS\n");
	buf_printf(&buf, "subnet %s\n", address);
	for (size_t i = 0; i < reservations->count; i++) {
		const Reservation *entry = &reservations->entries[i];

		mac_format(entry->mac, mac);
		ipv4_format(entry->address, 0, address);
		buf_printf(&buf, "%s %u %s %s\n", entry->container, entry->index, mac,
			entry->address ? address : "-");
	}
	return buf_take(&buf, ret, ret_error);
}
