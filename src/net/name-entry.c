/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/name-entry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

int name_entry_parse(const char *text, NameAddress ret[static NAME_ENTRY_MAX])
{
	unsigned int n = 0;

	for (const char *at = text;; at++) {
		char word[INET6_ADDRSTRLEN];
		size_t size = strcspn(at, ",");

		if (n == NAME_ENTRY_MAX || size >= sizeof(word))
			return -EINVAL;
		memcpy(word, at, size);
		word[size] = '\0';
		ret[n] = (NameAddress){ .family = strchr(word, ':') ? AF_INET6 : AF_INET };
		if (inet_pton(ret[n].family, word, ret[n].bytes) != 1)
			return -EINVAL;
		n++;
		at += size;
		if (*at == '\0')
			return (int)n;
	}
}

size_t name_entry_asked(const char *host)
{
	const size_t suffix = strlen(NAME_SUFFIX);
	size_t size = strnlen(host, NAME_LENGTH_MAX + suffix + 2);

	if (size > 0 && host[size - 1] == '.')
		size--;
	if (size <= suffix || size - suffix > NAME_LENGTH_MAX ||
		strncasecmp(host + size - suffix, NAME_SUFFIX, suffix) != 0)
		return 0;
	size -= suffix;
	/* A name of the directory itself, and no path. */
	return host[0] == '.' || memchr(host, '/', size) ? 0 : size;
}
