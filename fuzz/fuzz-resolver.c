/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A resolv.conf of the host.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/resolver.h"
#include "base/strv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is composed stays as it is when it is composed again, and servers that are given are the only ones. */
static void check_composed(const char *text)
{
	char *given[] = { (char *)"nameserver 192.0.2.1", (char *)"search example.org", NULL };
	_cleanup_free_ char *once = resolver_compose(text, NULL, false),
			    *twice = once ? resolver_compose(once, NULL, false) : NULL,
			    *with = resolver_compose(text, given, false);
	_cleanup_strv_ char **servers = NULL;

	if (!once || !twice || !with || resolver_servers(with, &servers) < 0)
		return;
	if (strcmp(once, twice) != 0 || strv_length(servers) != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!strstr(text, "nameserver") && !resolver_is_local(text))
		abort();
	check_composed(text);
	return 0;
}
