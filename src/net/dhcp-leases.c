/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/dhcp-leases.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/macro.h"
#include "base/text.h"
#include "net/address.h"

enum { EXPIRY, MAC, ADDRESS, NAME, CLIENT, WORDS };

static bool split(const char *line, size_t size, char words[static WORDS][DHCP_LEASE_WORD_MAX + 1])
{
	size_t at = 0;

	for (int i = 0; i < WORDS; i++) {
		const char *end = memchr(line + at, ' ', size - at);
		size_t length = end && i + 1 < WORDS ? (size_t)(end - line) - at : size - at;

		if (length == 0 || length > DHCP_LEASE_WORD_MAX || (!end && i + 1 < WORDS))
			return false;
		memcpy(words[i], line + at, length);
		words[i][length] = '\0';
		for (char *c = words[i]; *c; c++)
			*c = *c > ' ' && *c < 127 ? *c : '?';
		at += length + (i + 1 < WORDS);
	}
	return true;
}

static void put_lease(const char *line, size_t size, Buf *buf)
{
	char words[WORDS][DHCP_LEASE_WORD_MAX + 1], mac_text[MAC_TEXT_SIZE],
		address[INET6_ADDRSTRLEN] = "";
	uint8_t mac[MAC_SIZE];
	uint64_t expiry;
	IpAddress ip;

	if (!split(line, size, words) || text_number(words[EXPIRY], UINT32_MAX, &expiry) < 0 ||
		mac_parse(words[MAC], mac) < 0 || ip_parse(words[ADDRESS], &ip) < 0)
		return;
	mac_format(mac, mac_text);
	(void)inet_ntop(ip.family, ip.bytes, address, sizeof(address)); /* it fits */
	buf_printf(buf, "%llu %s %s %s %s\n", (unsigned long long)expiry, mac_text, address,
		words[NAME], words[CLIENT]);
}

int dhcp_leases_read(const char *text, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	for (const char *line = text; *line;) {
		size_t size = strcspn(line, "\n");

		put_lease(line, size, &buf);
		line += size + (line[size] == '\n');
	}
	return buf_take(&buf, ret, ret_error);
}
