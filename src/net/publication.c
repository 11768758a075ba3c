/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A port of the host that leads into a container.
 */
#include "net/publication.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define FORM "write [ADDRESS:]PORT:PORT[/udp], as in 8080:80: the host's port, then the container's"

static int parse_port(
	const char *text, size_t size, const char *whole, uint16_t *ret, Error **ret_error)
{
	unsigned int port = 0;

	if (size == 0 || size > 5)
		return error_set(ret_error, EINVAL, "\"%s\" is not a published port; " FORM, whole);
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return error_set(
				ret_error, EINVAL, "\"%s\" is not a published port; " FORM, whole);
		port = 10 * port + (unsigned int)(text[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return error_set(ret_error, EINVAL, "\"%s\": a port is between 1 and 65535", whole);
	*ret = (uint16_t)port;
	return 0;
}

/* A port, or the first and the last of a range. */
static int parse_ports(const char *text, size_t size, const char *whole, uint16_t *ret,
	unsigned int *ret_count, Error **ret_error)
{
	const char *dash = memchr(text, '-', size);
	size_t first_size = dash ? (size_t)(dash - text) : size;
	uint16_t last = 0;
	int r = parse_port(text, first_size, whole, ret, ret_error);

	*ret_count = 1;
	if (r < 0 || !dash)
		return r;
	r = parse_port(dash + 1, size - first_size - 1, whole, &last, ret_error);
	if (r == 0 && last < *ret)
		r = error_set(
			ret_error, EINVAL, "\"%s\": a range begins with the lower port", whole);
	if (r == 0)
		*ret_count = (unsigned int)(last - *ret) + 1;
	return r;
}

/* One that packets can be sent to: none of a group, none that stands for many; 0.0.0.0 and :: are all of the host's. */
static int check_address(Publication *p, const char *whole, Error **ret_error)
{
	const uint8_t *b = p->address.bytes;
	static const uint8_t zero[16];

	if (memcmp(b, zero, ip_size(&p->address)) == 0) {
		p->any = true;
		return 0;
	}
	if (p->address.family == AF_INET ? b[0] >= 224 || b[0] == 0 : b[0] == 0xff)
		return error_set(ret_error, EINVAL,
			"\"%s\": that is not the address of an interface", whole);
	if (p->address.family == AF_INET6 && b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
		return error_set(ret_error, EINVAL,
			"\"%s\": a link-local address cannot be published on", whole);
	return 0;
}

static int parse_address(
	const char *text, size_t size, Publication *p, const char *whole, Error **ret_error)
{
	char address[INET6_ADDRSTRLEN];
	bool brackets = size >= 2 && text[0] == '[' && text[size - 1] == ']';
	int family = brackets ? AF_INET6 : AF_INET;

	if (brackets) {
		text++;
		size -= 2;
	}
	if (size == 0 || size >= sizeof(address))
		return error_set(ret_error, EINVAL, "\"%s\" is not a published port; " FORM, whole);
	memcpy(address, text, size);
	address[size] = '\0';
	if (inet_pton(family, address, p->address.bytes) != 1)
		return error_set(ret_error, EINVAL, "\"%s\": \"%s\" is not an %s address%s", whole,
			address, brackets ? "IPv6" : "IPv4",
			strchr(address, ':') && !brackets ? "; IPv6 stands in brackets" : "");
	p->address.family = family;
	p->address.prefix = family == AF_INET ? 32 : 128;
	return check_address(p, whole, ret_error);
}

/* From the end: an address may hold colons of its own. */
int publication_parse_range(
	const char *text, Publication *ret, unsigned int *ret_count, Error **ret_error)
{
	const char *end = strrchr(text, '/'), *inner, *outer;
	unsigned int count = 0, outer_count = 0;
	Publication p = { 0 };
	int r;

	if (!end)
		end = text + strlen(text);
	else if (strcmp(end, "/udp") == 0)
		p.udp = true;
	else if (strcmp(end, "/tcp") != 0)
		return error_set(
			ret_error, EINVAL, "\"%s\": only /tcp and /udp can be published", text);
	inner = memrchr(text, ':', (size_t)(end - text));
	outer = inner ? memrchr(text, ':', (size_t)(inner - text)) : NULL;
	if (!inner)
		return error_set(ret_error, EINVAL, "\"%s\" is not a published port; " FORM, text);
	r = parse_ports(inner + 1, (size_t)(end - inner - 1), text, &p.inner, &count, ret_error);
	if (r == 0) {
		const char *begin = outer ? outer + 1 : text;

		r = parse_ports(
			begin, (size_t)(inner - begin), text, &p.outer, &outer_count, ret_error);
	}
	if (r == 0 && count != outer_count)
		r = error_set(ret_error, EINVAL,
			"\"%s\": both ranges must have the same number of ports, as in 8000-8010:9000-9010",
			text);
	if (r == 0 && outer)
		r = parse_address(text, (size_t)(outer - text), &p, text, ret_error);
	p.any = p.any || !outer;
	if (r == 0) {
		*ret = p;
		*ret_count = count;
	}
	return r;
}

int publication_parse(const char *text, Publication *ret, Error **ret_error)
{
	unsigned int count;
	Publication p;
	int r = publication_parse_range(text, &p, &count, ret_error);

	if (r == 0 && count != 1)
		r = error_set(ret_error, EINVAL, "\"%s\" is a range of ports, not one", text);
	if (r == 0)
		*ret = p;
	return r;
}

static void format_address(const Publication *p, char ret[static INET6_ADDRSTRLEN])
{
	if (!inet_ntop(p->address.family, p->address.bytes, ret, INET6_ADDRSTRLEN))
		ret[0] = '\0'; /* has room for every address */
}

void publication_format(const Publication *p, char ret[static PUBLICATION_SIZE])
{
	const char *protocol = p->udp ? "/udp" : "";
	char address[INET6_ADDRSTRLEN];
	bool six = p->address.family == AF_INET6;

	if (p->any) {
		(void)snprintf(ret, PUBLICATION_SIZE, "%u:%u%s", p->outer, p->inner, protocol);
		return;
	}
	format_address(p, address);
	(void)snprintf(ret, PUBLICATION_SIZE, "%s%s%s:%u:%u%s", six ? "[" : "", address,
		six ? "]" : "", p->outer, p->inner, protocol);
}

void publication_describe(const Publication *p, char ret[static PUBLICATION_SIZE])
{
	const char *protocol = p->udp ? "udp" : "tcp";
	char address[INET6_ADDRSTRLEN];

	if (p->any) {
		(void)snprintf(ret, PUBLICATION_SIZE, "port %u/%s", p->outer, protocol);
		return;
	}
	format_address(p, address);
	(void)snprintf(ret, PUBLICATION_SIZE, "port %u/%s of %s", p->outer, protocol, address);
}

static bool same_address(const Publication *a, const Publication *b)
{
	return a->address.family == b->address.family &&
	       memcmp(a->address.bytes, b->address.bytes, ip_size(&a->address)) == 0;
}

bool publication_overlaps(const Publication *a, const Publication *b)
{
	return a->udp == b->udp && a->outer == b->outer && (a->any || b->any || same_address(a, b));
}

bool publication_same_place(const Publication *a, const Publication *b)
{
	return publication_overlaps(a, b) && a->any == b->any;
}

bool publication_equal(const Publication *a, const Publication *b)
{
	return publication_same_place(a, b) && a->inner == b->inner;
}

bool publication_is_local(const Publication *p)
{
	static const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;

	if (p->any)
		return false;
	return p->address.family == AF_INET
		       ? p->address.bytes[0] == 127
		       : memcmp(p->address.bytes, &loopback, sizeof(loopback)) == 0;
}
