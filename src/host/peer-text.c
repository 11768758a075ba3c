/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An address is a word of its own; the word before it, or the first one of its line, says what it is for. Of a host without a port the port is looked for
 * under the name that belongs to it: DB_HOST and DB_PORT, --host and --port.
 */
#include "host/peer-text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/path.h"
#include "base/strv.h"

#define NEAR 4 /* lines between "host: localhost" and its "port: 5432" */
#define KEY_MAX 64

typedef struct Line {
	const char *text; /* of n bytes, without leading blanks */
	size_t n;
	unsigned int number;
} Line;

void peer_mention_done(PeerMention *mention)
{
	free(mention->key);
	free(mention->scheme);
	free(mention->path);
	free(mention->name);
	*mention = (PeerMention){ 0 };
}

void peer_text_done(PeerText *text)
{
	for (size_t i = 0; i < text->n; i++)
		peer_mention_done(&text->mentions[i]);
	free(text->mentions);
	free(text->ports);
	*text = (PeerText){ 0 };
}

bool peer_text_has_port(const PeerText *text, unsigned int port)
{
	for (size_t i = 0; i < text->n_ports; i++)
		if (text->ports[i] == port)
			return true;
	return false;
}

static bool is_key_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static bool ends_number(const Line *line, size_t at)
{
	return at >= line->n || !is_key_byte(line->text[at]) ||
	       (line->text[at] == '.' &&
		       (at + 1 >= line->n || !isdigit((unsigned char)line->text[at + 1])));
}

/* The port that the digits at this place are, and where they end; 0: none. */
static unsigned int port_at(const Line *line, size_t at, size_t *ret_end)
{
	unsigned int port = 0;
	size_t end = at;

	while (end < line->n && isdigit((unsigned char)line->text[end]) && end - at < 6)
		port = port * 10 + (unsigned int)(line->text[end++] - '0');
	*ret_end = end;
	return end > at && port <= UINT16_MAX && ends_number(line, end) ? port : 0;
}

static bool begins(const Line *line, size_t at, const char *word)
{
	return line->n - at >= strlen(word) &&
	       strncasecmp(line->text + at, word, strlen(word)) == 0;
}

static char before(const Line *line, size_t at)
{
	return at > 0 ? line->text[at - 1] : ' ';
}

/* The length of an address of the loopback interface at this place; 0: none. "127.0.0.0/8" is a network. */
static size_t loopback_at(const Line *line, size_t at)
{
	static const char *const words[] = { "localhost", "[::1]", "::1" };
	char address[INET_ADDRSTRLEN] = "";
	struct in_addr four;
	size_t n = 0;
	char next;

	if (is_key_byte(before(line, at)) || (line->text[at] == ':' && before(line, at) == ':'))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words) && n == 0; i++)
		if (begins(line, at, words[i]))
			n = strlen(words[i]);
	if (begins(line, at, "127.")) {
		while (at + n < line->n && n < sizeof(address) - 1 && line->text[at + n] &&
			strchr("0123456789.", line->text[at + n])) {
			address[n] = line->text[at + n];
			n++;
		}
		if (inet_pton(AF_INET, address, &four) != 1)
			return 0;
	}
	next = at + n < line->n ? line->text[at + n] : ' ';
	if (is_key_byte(next) || (line->text[at] == ':' && next == ':') ||
		(next == '/' && at + n + 1 < line->n &&
			isdigit((unsigned char)line->text[at + n + 1])))
		return 0;
	return n;
}

/* "localhost:80", "127.0.0.1 6379", ("localhost", 5432), inet:8891@localhost; where it ends is given back, too. */
static unsigned int port_of(const Line *line, size_t host, size_t *end)
{
	size_t at = *end, digits = host;
	unsigned int port;

	if (at < line->n && line->text[at] == ':')
		return port_at(line, at + 1, end);
	while (digits > 1 && line->text[host - 1] == '@' &&
		isdigit((unsigned char)line->text[digits - 2]))
		digits--;
	if (digits > 1 && digits < host && line->text[digits - 2] == ':')
		return port_at(line, digits - 1, &at);
	while (at < line->n && line->text[at] && strchr("\"', \t", line->text[at]))
		at++;
	if (at == *end)
		return 0;
	port = port_at(line, at, &at);
	if (port < 10)
		return 0;
	*end = at;
	return port;
}

/* Where the value begins that has an address in it: before "scheme://user:password@". */
static size_t value_begins(const Line *line, size_t at)
{
	while (at > 0 && line->text[at - 1] && !strchr(" \t\"'`,;=(|<>{}", line->text[at - 1]))
		at--;
	return at;
}

/* Of "scheme+driver" the service: how the program speaks to it is its own affair. */
static char *scheme_of(const Line *line, size_t begin, size_t host)
{
	const char *mark = memmem(line->text + begin, host - begin, "://", 3);
	size_t end = mark ? (size_t)(mark - line->text) : begin, at = end;

	while (at > begin && (is_key_byte(line->text[at - 1]) || line->text[at - 1] == '+'))
		at--;
	mark = memchr(line->text + at, '+', end - at);
	return strndup(line->text + at, mark ? (size_t)(mark - line->text) - at : end - at);
}

/* The name in front of a value: NAME=value, NAME: "value", --name value, 'NAME' => 'value'. */
static char *key_before(const Line *line, size_t at)
{
	size_t end;

	while (at > 0 && line->text[at - 1] && strchr(" \t\"'`=:>(,[{", line->text[at - 1]))
		at--;
	end = at;
	while (at > 0 && is_key_byte(line->text[at - 1]) && end - at < KEY_MAX)
		at--;
	return strndup(line->text + at, end - at);
}

static char *first_word(const Line *line)
{
	size_t n = 0;

	while (n < line->n && is_key_byte(line->text[n]))
		n++;
	return strndup(line->text, n);
}

static bool has_any(const char *key, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(key, words[i]))
			return true;
	return false;
}

static PeerRole role_of_word(const char *key)
{
	static const char *const listens[] = { "listen", "bind" }, *const connects[] = { "_pass",
		"amqp", "backend", "broker", "cache", "connect", "database", "db_", "_db", "db-",
		"db.", "dsn", "forward", "jdbc", "ldap", "mail", "master", "primary", "proxy",
		"queue", "relay", "remote", "replicaof", "slaveof", "smtp", "sql", "store",
		"target", "upstream" };
	const char *bare = key + strspn(key, "-");

	if (has_any(key, listens, ARRAY_SIZE(listens)))
		return PEER_LISTENS;
	return has_any(key, connects, ARRAY_SIZE(connects)) || strcasecmp(bare, "server") == 0 ||
			       strcasecmp(bare, "servers") == 0 || strcasecmp(bare, "peer") == 0
		       ? PEER_CONNECTS
		       : PEER_UNKNOWN;
}

/* An address of the Web may be the program's own: APP_URL, ROOT_URL, ASPNETCORE_URLS. */
static PeerRole role_of_scheme(const char *scheme, const char *key)
{
	static const char *const others[] = { "url", "uri", "endpoint", "api", "service" },
				 *const own[] = { "urls", "app_", "app.", "base", "root", "public",
					 "site", "self", "origin", "external", "home", "callback",
					 "redirect", "frontend", "advertise", "allowed" };

	if (!*scheme || strcasecmp(scheme, "tcp") == 0 || strcasecmp(scheme, "udp") == 0)
		return PEER_UNKNOWN;
	if (strncasecmp(scheme, "http", 4) != 0 && strncasecmp(scheme, "ws", 2) != 0)
		return PEER_CONNECTS;
	return has_any(key, others, ARRAY_SIZE(others)) && !has_any(key, own, ARRAY_SIZE(own))
		       ? PEER_CONNECTS
		       : PEER_UNKNOWN;
}

static PeerRole role_of(const Line *line, const char *key, const char *scheme)
{
	_cleanup_free_ char *first = first_word(line);
	PeerRole role = role_of_word(key);

	if (role == PEER_UNKNOWN)
		role = role_of_scheme(scheme, key);
	/* One line may be a whole command. */
	if (role == PEER_UNKNOWN && first && key[0] != '-')
		role = role_of_word(first);
	return role;
}

static int add_port(PeerText *text, unsigned int port)
{
	if (port == 0 || text->n_ports >= PEERS_MAX || peer_text_has_port(text, port))
		return 0;
	if (array_room(&text->ports, text->n_ports, sizeof(*text->ports)) < 0)
		return -ENOMEM;
	text->ports[text->n_ports++] = port;
	return 0;
}

static int add_mention(PeerText *text, PeerMention *mention)
{
	if (!mention->key || !mention->scheme || !mention->name)
		return -ENOMEM;
	if (text->n >= PEERS_MAX)
		return 0;
	if (array_room(&text->mentions, text->n, sizeof(*text->mentions)) < 0)
		return -ENOMEM;
	text->mentions[text->n++] = *mention;
	*mention = (PeerMention){ 0 };
	return 0;
}

/* "root@localhost", without port and path: nobody connects to it. "user:password@localhost" is of an address. */
static bool is_mail(const Line *line, size_t begin, size_t at, size_t end)
{
	if (begins(line, begin, "mailto:"))
		begin += strlen("mailto:");
	return begin + 1 < at && line->text[at - 1] == '@' &&
	       !memchr(line->text + begin, ':', at - begin) &&
	       (end >= line->n || line->text[end] != '/');
}

static int read_address(PeerText *text, const Line *line, size_t at, size_t *end)
{
	size_t begin = value_begins(line, at), host_end = *end;
	_cleanup_(peer_mention_done) PeerMention mention = {
		.line = line->number,
		.port = port_of(line, at, end),
		.key = key_before(line, begin),
		.scheme = scheme_of(line, begin, at),
	};

	if (!mention.port && is_mail(line, begin, at, host_end))
		return 0;
	if (mention.key && mention.scheme)
		mention.role = role_of(line, mention.key, mention.scheme);
	if (mention.port) {
		if (asprintf(&mention.name, "%.*s:%u", (int)(host_end - at), line->text + at,
			    mention.port) < 0)
			mention.name = NULL;
	} else {
		mention.name = strndup(line->text + at, host_end - at);
	}
	if (mention.role == PEER_LISTENS && add_port(text, mention.port) < 0)
		return -ENOMEM;
	return add_mention(text, &mention);
}

static bool is_path_byte(char c)
{
	return is_key_byte(c) || (c && strchr("/@+:", c));
}

/* "unix:/run/app/app.sock", "socket=/run/app/sock". */
static int read_path(PeerText *text, const Line *line, size_t at, size_t *end)
{
	static const char *const places[] = { "/run/", "/var/run/", "/tmp/" };
	_cleanup_(peer_mention_done) PeerMention mention = { .line = line->number };
	_cleanup_free_ char *path = NULL;
	const char *colon;
	bool named = false;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		named = named || begins(line, at, places[i]);
	while (*end < line->n && is_path_byte(line->text[*end]))
		(*end)++;
	colon = memchr(line->text + at, ':', *end - at); /* unix:/run/app.sock:/path */
	path = strndup(line->text + at, colon ? (size_t)(colon - line->text) - at : *end - at);
	if (!path)
		return -ENOMEM;
	if (!named && !strstr(path, ".sock"))
		return 0;
	mention.path = path_normalize(path);
	if (!mention.path)
		return errno == ENOMEM ? -ENOMEM : 0;
	mention.name = strdup(mention.path);
	mention.key = key_before(line, value_begins(line, at));
	mention.scheme = scheme_of(line, value_begins(line, at), at);
	if (mention.key && mention.scheme)
		mention.role = role_of(line, mention.key, mention.scheme);
	return add_mention(text, &mention);
}

/* "port 6379", "--port=80", "listen 80", "PORT: 80"; ":80" and "0.0.0.0:80". */
static int read_number(PeerText *text, const Line *line, size_t at, size_t *end)
{
	unsigned int port = port_at(line, at, end);
	_cleanup_free_ char *key = key_before(line, at);

	if (!key)
		return -ENOMEM;
	return strcasestr(key, "port") || strcasestr(key, "listen") || strcasestr(key, "bind") ||
			       strcmp(key, "-p") == 0 || strcmp(key, "0.0.0.0") == 0 ||
			       (at > 0 && line->text[at - 1] == ':' &&
				       strchr(" =*]\"'\t", before(line, at - 1)))
		       ? add_port(text, port)
		       : 0;
}

static int parse_line(PeerText *text, const Line *line)
{
	int r = 0;

	for (size_t at = 0; at < line->n && r == 0;) {
		char c = line->text[at], previous = before(line, at);
		size_t end = at + loopback_at(line, at);

		if (end > at)
			r = read_address(text, line, at, &end);
		else if (c == '/' && !is_path_byte(previous))
			r = read_path(text, line, at, &end);
		else if (c == '/' && previous == ':' && !begins(line, at, "//"))
			r = read_path(text, line, at, &end);
		else if (isdigit((unsigned char)c) && !is_key_byte(previous))
			r = read_number(text, line, at, &end);
		at = end > at ? end : at + 1;
	}
	return r;
}

/* DB_HOST=localhost: what the name of the port begins with, or how much of it; -1: the key is that of no host. */
static int stem_of(const char *key)
{
	static const char *const ends[] = { "host", "hostname", "server", "address", "addr", "-h" };
	size_t n = strlen(key);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (n >= strlen(ends[i]) && strcasecmp(key + n - strlen(ends[i]), ends[i]) == 0)
			return (int)(n - strlen(ends[i]));
	return -1;
}

typedef struct PortSearch {
	PeerMention *mention;
	const char *stem;
	size_t n_stem;
	unsigned int distance; /* of the best one, in lines */
} PortSearch;

static void search_line(PortSearch *search, const Line *line)
{
	unsigned int number = search->mention->line, distance = line->number > number
									? line->number - number
									: number - line->number;

	if (distance >= search->distance)
		return;
	for (size_t at = 0, end; at < line->n; at++) {
		_cleanup_free_ char *key = NULL;
		unsigned int port;

		if (!isdigit((unsigned char)line->text[at]) || is_key_byte(before(line, at)))
			continue;
		port = port_at(line, at, &end);
		key = port ? key_before(line, at) : NULL;
		if (!key || strncasecmp(key, search->stem, search->n_stem) != 0 ||
			(strcasecmp(key + search->n_stem, "port") != 0 &&
				strcmp(key + search->n_stem, "-p") != 0))
			continue;
		search->mention->port = port;
		search->distance = distance;
	}
}

static bool next_line(const char **text, const char *end, Line *line)
{
	const char *newline;

	while (*text < end) {
		newline = memchr(*text, '\n', (size_t)(end - *text));
		line->text = *text;
		line->n = (size_t)((newline ? newline : end) - *text);
		line->number++;
		*text += line->n + 1;
		while (line->n > 0 && (line->text[0] == ' ' || line->text[0] == '\t')) {
			line->text++;
			line->n--;
		}
		if (line->n > 0 && !strchr("#;", line->text[0]) &&
			!(line->n > 1 && line->text[0] == '/' && line->text[1] == '/'))
			return true;
	}
	return false;
}

/* A host and its port stand under two names. */
static int pair_ports(const char *text, size_t size, PeerText *found)
{
	for (size_t i = 0; i < found->n; i++) {
		PeerMention *mention = &found->mentions[i];
		int n = mention->path || mention->port ? -1 : stem_of(mention->key);
		PortSearch search = { mention, mention->key, (size_t)n, 0 };
		const char *rest = text;
		Line line = { 0 };
		char *name;

		if (n < 0 || *mention->scheme)
			continue;
		search.distance = strspn(mention->key, "-") == (size_t)n ? NEAR + 1 : UINT32_MAX;
		while (next_line(&rest, text + size, &line))
			search_line(&search, &line);
		if (!mention->port)
			continue;
		if (asprintf(&name, "%s:%u", mention->name, mention->port) < 0)
			return -ENOMEM;
		free(mention->name);
		mention->name = name;
		for (size_t j = 0; j < found->n_ports; j++)
			if (found->ports[j] == mention->port && mention->role == PEER_CONNECTS)
				found->ports[j] = 0;
	}
	return 0;
}

int peer_text_parse(const char *text, size_t size, PeerText *ret)
{
	const char *rest = text;
	Line line = { 0 };
	int r = 0;

	while (r == 0 && next_line(&rest, text + size, &line))
		r = parse_line(ret, &line);
	return r == 0 ? pair_ports(text, size, ret) : r;
}
