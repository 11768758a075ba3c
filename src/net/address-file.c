/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of the file "addresses". Pure.
 */
#include "net/address-file.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/strv.h"

#define LINE_FIELDS_MAX 4

void address_file_done(AddressFile *file)
{
	strv_free(file->former);
	*file = (AddressFile){ 0 };
}

static int parse_subnet(const char *text, AddressFile *file, Error **ret_error)
{
	IpAddress ip;

	if (file->subnet.prefix != 0)
		return error_set(ret_error, EINVAL, "a second subnet");
	if (ip_parse(text, &ip) < 0 || ip.family != AF_INET || ip.prefix < SUBNET_PREFIX_MIN ||
		ip.prefix > SUBNET_PREFIX_MAX || subnet_of(&ip).network != ip_v4(&ip))
		return error_set(ret_error, EINVAL,
			"%s is not an IPv4 network with a prefix of %u to %u bits", text,
			SUBNET_PREFIX_MIN, SUBNET_PREFIX_MAX);
	file->subnet = subnet_of(&ip);
	return 0;
}

/* Gateway and broadcast address are nobody's. */
static bool is_station(const char *text, Subnet subnet)
{
	IpAddress ip;

	return !strchr(text, '/') && ip_parse(text, &ip) == 0 && ip.family == AF_INET &&
	       ip_v4(&ip) >= subnet_first(subnet) && ip_v4(&ip) <= subnet_last(subnet);
}

static int add_former(AddressFile *file, const char *thing, const char *container)
{
	int r = strv_append(&file->former, thing);

	return r < 0 ? r : strv_append(&file->former, container);
}

static int parse_former(char **fields, AddressFile *file, Error **ret_error)
{
	char mac_text[MAC_TEXT_SIZE];
	uint8_t mac[MAC_SIZE];
	int r;

	if (file->subnet.prefix == 0)
		return error_set(ret_error, EINVAL, "the first line must be the subnet");
	if (strv_length(fields) != LINE_FIELDS_MAX || strlen(fields[0]) > NAME_MAX ||
		strchr(fields[0], '/'))
		return error_set(ret_error, EINVAL, "not \"NAME INDEX MAC ADDRESS\"");
	if (mac_parse(fields[2], mac) < 0)
		return error_set(ret_error, EINVAL, "%s is not a MAC address", fields[2]);
	mac_format(mac, mac_text);
	r = add_former(file, mac_text, fields[0]);
	if (r == 0 && strcmp(fields[3], "-") != 0) {
		if (!is_station(fields[3], file->subnet))
			return error_set(
				ret_error, EINVAL, "%s is not an address of the subnet", fields[3]);
		r = add_former(file, fields[3], fields[0]);
	}
	return r < 0 ? error_oom(ret_error) : 0;
}

static int parse_ipv6(const char *text, AddressFile *file, Error **ret_error)
{
	static const uint8_t zero[8] = { 0 };
	IpAddress ip = { 0 };

	if (file->says_ipv6)
		return error_set(ret_error, EINVAL, "a second IPv6 prefix");
	if (strcmp(text, "none") != 0 &&
		(ip_parse(text, &ip) < 0 || ip.family != AF_INET6 || ip.prefix != 64 ||
			memcmp(ip.bytes + 8, zero, sizeof(zero)) != 0))
		return error_set(
			ret_error, EINVAL, "%s is not an IPv6 prefix of 64 bits, or none", text);
	file->prefix6 = ip;
	file->says_ipv6 = true;
	return 0;
}

static int parse_fields(char **fields, AddressFile *file, Error **ret_error)
{
	if (strv_length(fields) == 2 && strcmp(fields[0], "subnet") == 0)
		return parse_subnet(fields[1], file, ret_error);
	if (strv_length(fields) == 2 && strcmp(fields[0], "ipv6") == 0)
		return parse_ipv6(fields[1], file, ret_error);
	return parse_former(fields, file, ret_error);
}

int address_file_parse(const char *text, AddressFile *ret, Error **ret_error)
{
	_cleanup_address_file_ AddressFile file = { 0 };

	for (unsigned int number = 1; *text; number++) {
		size_t length = strcspn(text, "\n");
		_cleanup_strv_ char **fields = NULL;
		_cleanup_free_ char *line = strndup(text, length);
		int r;

		if (!line || strv_split(&fields, line, " \t") < 0)
			return error_oom(ret_error);
		text += length;
		text += *text == '\n';
		if (!fields || !fields[0] || fields[0][0] == '#')
			continue;
		r = parse_fields(fields, &file, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "line %u", number);
	}
	if (file.subnet.prefix == 0)
		return error_set(ret_error, EINVAL, "it has no line \"subnet ADDRESS/PREFIX\"");
	*ret = file;
	file = (AddressFile){ 0 };
	return 0;
}

int address_file_format(const AddressFile *file, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };
	char text[INET6_ADDRSTRLEN] = "none";

	ipv4_format(file->subnet.network, file->subnet.prefix, text);
	buf_printf(&buf,
		"# The default network; who has which address is in the directory stations.\n"
		"subnet %s\n",
		text);
	if (file->prefix6.family != AF_INET6)
		buf_puts(&buf, file->says_ipv6 ? "ipv6 none\n" : "");
	else if (inet_ntop(AF_INET6, file->prefix6.bytes, text, sizeof(text)))
		buf_printf(&buf, "ipv6 %s/%u\n", text, file->prefix6.prefix);
	return buf_take(&buf, ret, ret_error);
}
