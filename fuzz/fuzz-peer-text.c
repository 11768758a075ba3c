/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Configuration that may name services of the same machine, and the kernel's tables of sockets.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "host/host-listener.h"
#include "host/peer-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_host_listeners_ HostListeners listeners = { 0 };
	_cleanup_peer_text_ PeerText found = { 0 };
	_cleanup_free_ char *exact = malloc(size + !size), *text = calloc(1, size + 1),
			    *copy = calloc(1, size + 1);

	if (!exact || !text || !copy)
		return 0;
	memcpy(exact, data, size);
	memcpy(text, data, size);
	memcpy(copy, data, size);
	(void)peer_text_parse(exact, size, &found);
	for (size_t i = 0; i < found.n; i++)
		if (!found.mentions[i].name || found.mentions[i].port > UINT16_MAX)
			abort();
	(void)host_listeners_parse(text, false, &listeners);
	(void)host_listeners_parse_unix(copy, &listeners);
	return 0;
}
