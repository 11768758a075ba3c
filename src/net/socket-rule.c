/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/socket-rule.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/text.h"

static const struct {
	const char *key;
	SocketRuleKind kind;
	bool allow;
} keys[] = {
	{ "IPAddressAllow", SOCKET_RULE_ADDRESS, true },
	{ "IPAddressDeny", SOCKET_RULE_ADDRESS, false },
	{ "SocketBindAllow", SOCKET_RULE_BIND, true },
	{ "SocketBindDeny", SOCKET_RULE_BIND, false },
	{ "RestrictNetworkInterfaces", SOCKET_RULE_LOOPBACK, true },
};

static const struct {
	const char *word, *networks[2];
} address_words[] = {
	{ "any", { "0.0.0.0/0", "::/0" } },
	{ "localhost", { "127.0.0.0/8", "::1/128" } },
	{ "link-local", { "169.254.0.0/16", "fe80::/64" } },
	{ "multicast", { "224.0.0.0/4", "ff00::/8" } },
};

static int parse_address(const char *word, SocketRule *rule)
{
	rule->n_addresses = 1;
	for (size_t i = 0; i < ARRAY_SIZE(address_words); i++)
		if (strcmp(word, address_words[i].word) == 0) {
			rule->n_addresses = 2;
			(void)ip_parse(address_words[i].networks[0], &rule->addresses[0]);
			return ip_parse(address_words[i].networks[1], &rule->addresses[1]);
		}
	return ip_parse(word, &rule->addresses[0]);
}

/* Passes one of two words, alone or before a colon. */
static int take(const char **word, const char *const names[2])
{
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(names[i]);

		if (strncmp(*word, names[i], n) == 0 && ((*word)[n] == ':' || !(*word)[n])) {
			*word += n + ((*word)[n] == ':' && (*word)[n + 1]);
			return i;
		}
	}
	return -1;
}

/* [FAMILY:][PROTOCOL:][PORT[-PORT]], or "any" */
static int parse_bind(const char *word, SocketRule *rule)
{
	static const char *const families[2] = { "ipv4", "ipv6" }, *const protocols[2] = { "tcp",
		"udp" };
	int family = take(&word, families), protocol = take(&word, protocols);
	uint64_t first, last;

	rule->family = family < 0 ? 0 : family ? AF_INET6 : AF_INET;
	rule->protocol = protocol < 0 ? 0 : protocol ? IPPROTO_UDP : IPPROTO_TCP;
	rule->last = UINT16_MAX;
	if ((!*word && (family >= 0 || protocol >= 0)) ||
		(strcmp(word, "any") == 0 && family < 0 && protocol < 0))
		return 0;
	if (text_digits(&word, UINT16_MAX, &first) < 0 || first == 0)
		return -EINVAL;
	last = first;
	if (*word == '-' && (word++, text_digits(&word, UINT16_MAX, &last) < 0))
		return -EINVAL;
	rule->first = (uint16_t)first;
	rule->last = (uint16_t)last;
	return *word || last < first ? -EINVAL : 0;
}

static int parse_interface(const char *word, SocketRule *rule)
{
	rule->allow = *word != '~';
	return strcmp(word + !rule->allow, "lo") == 0 ? 0 : -EINVAL;
}

static int find(const char *text, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == length && strncmp(keys[i].key, text, length) == 0)
			return (int)i;
	return -1;
}

bool socket_rule_knows(const char *key)
{
	return find(key, strlen(key)) >= 0;
}

const char *socket_rule_word(const char *text, size_t *ret_length)
{
	*ret_length = *text == '/' ? strcspn(text, " ") : 0;
	return text + *ret_length + (*ret_length && text[*ret_length]);
}

/* As systemd has it below a container's own cgroup: "/system.slice/app.service". */
static bool is_cgroup(const char *text, size_t length)
{
	_cleanup_free_ char *path = strndup(text, length);

	return path && length > 1 && path_is_normal(path);
}

int socket_rule_parse(const char *text, SocketRule *ret, Error **ret_error)
{
	static int (*const parse[])(const char *word, SocketRule *rule) = {
		[SOCKET_RULE_ADDRESS] = parse_address,
		[SOCKET_RULE_BIND] = parse_bind,
		[SOCKET_RULE_LOOPBACK] = parse_interface,
	};
	size_t length, n;
	const char *word = socket_rule_word(text, &length);
	int row;
	SocketRule rule = { 0 };

	if (length && !is_cgroup(text, length))
		return error_set(ret_error, EINVAL,
			"socket rule \"%s\" does not begin with the path of a unit's cgroup", text);
	n = strcspn(word, "=");
	row = word[n] ? find(word, n) : -1;
	if (row < 0)
		return error_set(ret_error, EINVAL,
			"socket rule \"%s\" is none of IPAddressAllow=, IPAddressDeny=, SocketBindAllow=, SocketBindDeny= and RestrictNetworkInterfaces=",
			text);
	rule.kind = keys[row].kind;
	rule.allow = keys[row].allow;
	if (parse[rule.kind](word + n + 1, &rule) < 0)
		return error_set(ret_error, EINVAL, "socket rule \"%s\" %s", text,
			rule.kind == SOCKET_RULE_ADDRESS ? "has no address"
			: rule.kind == SOCKET_RULE_BIND
				? "is not [ipv4:|ipv6:][tcp:|udp:]PORT[-PORT]"
				: "names an interface other than lo");
	*ret = rule;
	return 0;
}
