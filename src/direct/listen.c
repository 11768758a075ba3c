/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sockets of a .socket unit: made before the service, kept over its restarts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/strv.h"
#include "base/text.h"
#include "direct/service.h"

typedef union Address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
} Address;

/* "80" is every address, "1.2.3.4:80" and "[::1]:80" are one, "/path" and "@name" are local. 0: it is none. */
static socklen_t parse_address(const char *text, Address *ret)
{
	const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : text;
	char host[64] = "::";
	uint64_t port;
	size_t n = strlen(text);

	*ret = (Address){ 0 };
	if (*text == '/' || *text == '@') {
		ret->local.sun_family = AF_UNIX;
		if (n >= sizeof(ret->local.sun_path))
			return 0;
		memcpy(ret->local.sun_path, text, n);
		if (*text == '@')
			ret->local.sun_path[0] = '\0';
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (*text == '/'));
	}
	if (text_number(digits, 65535, &port) < 0 || port == 0)
		return 0;
	if (colon) {
		bool bracket = *text == '[' && colon[-1] == ']';

		n = (size_t)(colon - text) - (bracket ? 2 : 0);
		if (n >= sizeof(host))
			return 0;
		memcpy(host, text + bracket, n);
		host[n] = '\0';
	}
	if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		return sizeof(ret->v4);
	}
	if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) != 1)
		return 0;
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)port);
	return sizeof(ret->v6);
}

static int open_socket(int type, int backlog, mode_t mode, const char *text)
{
	const int on = 1;
	Address address;
	socklen_t size = parse_address(text, &address);
	int fd, r;

	if (size == 0) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(address.any.sa_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (*text == '/')
		(void)unlink(text);
	else if (*text != '@')
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	r = bind(fd, &address.any, size);
	if (r == 0 && *text == '/')
		r = chmod(text, mode);
	if (r == 0 && type != SOCK_DGRAM)
		r = listen(fd, backlog);
	if (r == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static int open_line(const char *line)
{
	static const struct {
		const char *name;
		int type;
	} kinds[] = { { "stream", SOCK_STREAM }, { "datagram", SOCK_DGRAM },
		{ "seqpacket", SOCK_SEQPACKET } };
	_cleanup_strv_ char **words = NULL;

	errno = EINVAL;
	if (steps_words_parse(line, &words) < 0 || strv_length(words) != 4)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, words[0]) == 0)
			return open_socket(kinds[i].type, (int)strtol(words[2], NULL, 10),
				(mode_t)strtoul(words[1], NULL, 8), words[3]);
	return -1;
}

int listen_begin(Service *s)
{
	size_t n = strv_length(s->steps.listen);

	s->sockets = calloc(n + 1, sizeof(*s->sockets));
	if (!s->sockets)
		return -1;
	for (size_t i = 0; i < n; i++) {
		s->sockets[i] = open_line(s->steps.listen[i]);
		if (s->sockets[i] < 0) {
			pump_say(s, "cannot listen at %s: %s", strrchr(s->steps.listen[i], ' ') + 1,
				strerror(errno));
			return -1;
		}
		s->n_sockets++;
	}
	return 0;
}
