/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file "addresses": the default network. Releases before 0.1.1 kept its containers' reservations in it as well.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "net/address.h"

#define SUBNET_PREFIX_MIN 16u /* the default network has at most 65,533 containers ... */
#define SUBNET_PREFIX_MAX 29u /* ... and room for at least 5 */

typedef struct AddressFile {
	Subnet subnet;
	IpAddress prefix6; /* family 0: none */
	bool says_ipv6; /* a prefix or that there is none */
	char **former; /* pairs: an address or a MAC address, and the container that has it */
} AddressFile;

void address_file_done(AddressFile *file);
#define _cleanup_address_file_ _cleanup_(address_file_done)

/* A line "subnet 10.209.0.0/16", perhaps "ipv6 fd00::/64" or "ipv6 none", and perhaps "NAME INDEX MAC ADDRESS" for each reservation, ADDRESS "-" for none; # begins a comment
 * line. Anything else is -EINVAL with the line's number. */
int address_file_parse(const char *text, AddressFile *ret, Error **ret_error);
/* Subnet and prefix alone. */
int address_file_format(const AddressFile *file, char **ret, Error **ret_error);
