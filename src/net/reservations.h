/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of reserved addresses as a value: its text form, look-ups and changes. Knows no files and takes no locks; address-reservation.c does.
 */
#pragma once

#include "base/error.h"
#include "net/address.h"

#define SUBNET_PREFIX_MIN 16u /* the default network has at most 65,533 containers ... */
#define SUBNET_PREFIX_MAX 29u /* ... and room for at least 5 */
#define RESERVATIONS_MAX 65536u

typedef struct Reservation {
	char *container;
	unsigned int index; /* of the network in the container's description */
	uint8_t mac[MAC_SIZE];
	uint32_t address; /* host byte order; 0: only the MAC address is reserved */
} Reservation;

typedef struct Reservations {
	Subnet subnet; /* of the default network */
	Reservation *entries;
	size_t count;
} Reservations;

void reservations_done(Reservations *reservations);
#define _cleanup_reservations_ _cleanup_(reservations_done)

/* Text form: a line "subnet 10.209.0.0/16", then "NAME INDEX MAC ADDRESS" for each, ADDRESS "-" for none; # begins a comment
 * line. Anything else is -EINVAL with the line's number. */
int reservations_parse(const char *text, Reservations *ret, Error **ret_error);
int reservations_format(const Reservations *reservations, char **ret, Error **ret_error);

Reservation *reservations_find(
	Reservations *reservations, const char *container, unsigned int index);
const Reservation *reservations_find_address(const Reservations *reservations, uint32_t address);
const Reservation *reservations_find_mac(
	const Reservations *reservations, const uint8_t mac[static MAC_SIZE]);

/* The lowest address that nobody has, or -EADDRNOTAVAIL. */
int reservations_free_address(const Reservations *reservations, uint32_t *ret, Error **ret_error);

/* Appends; the container's name is copied. 0, -ENOMEM, -EADDRNOTAVAIL above RESERVATIONS_MAX. */
int reservations_add(Reservations *reservations, const Reservation *reservation, Error **ret_error);

/* Forgets all of a container; returns how many there were. */
size_t reservations_remove(Reservations *reservations, const char *container);
