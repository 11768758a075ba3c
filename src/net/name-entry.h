/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a link in the directory of names says: the addresses of a container that runs, "10.209.0.2,fd00::2". Read by the NSS module in programs of all kinds, so it
 * calls nothing of ours. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define NAME_ENTRY_MAX 32u /* addresses */
#define NAME_ENTRY_SIZE 2048u /* bytes of its text, with the final zero: those addresses fit */
#define NAME_SUFFIX ".sandbox" /* of the host name of a container */
#define NAME_LENGTH_MAX 64u /* HOST_NAME_MAX */

typedef struct NameAddress {
	int family; /* AF_INET or AF_INET6 */
	uint8_t bytes[16];
} NameAddress;

/* Returns how many there are, or -EINVAL for anything but 1 to NAME_ENTRY_MAX addresses with commas between them. */
int name_entry_parse(const char *text, NameAddress ret[static NAME_ENTRY_MAX]);
/* How long the name of the container is that a host name asks for, "web1" of "web1.sandbox" or "Web1.Sandbox."; 0: it asks for none. */
size_t name_entry_asked(const char *host);
