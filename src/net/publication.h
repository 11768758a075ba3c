/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A port of the host that leads into a container, "[ADDRESS:]8080:80[/udp]". Pure.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include "base/error.h"
#include "net/address.h"

#define PUBLICATION_MAX 64u /* of one container */
#define PUBLICATION_SIZE (INET6_ADDRSTRLEN + sizeof("[]:65535:65535/udp"))

typedef struct Publication {
	bool any; /* every address of the host's; else this one */
	IpAddress address;
	uint16_t outer, inner; /* the host's port and the container's */
	bool udp;
} Publication;

/* -EINVAL; the sentence quotes the text. */
int publication_parse(const char *text, Publication *ret, Error **ret_error);
/* Where ports may be ranges of the same length, "8000-8010:9000-9010": *ret is the first, and *ret_count how many there are, each with the next numbers. */
int publication_parse_range(
	const char *text, Publication *ret, unsigned int *ret_count, Error **ret_error);
/* What publication_parse() reads as the same. */
void publication_format(const Publication *publication, char ret[static PUBLICATION_SIZE]);
/* "port 8080/tcp", "port 8080/udp of 192.0.2.1", for sentences. */
void publication_describe(const Publication *publication, char ret[static PUBLICATION_SIZE]);

/* The same on the host's side: one socket serves both. */
bool publication_same_place(const Publication *a, const Publication *b);
bool publication_equal(const Publication *a, const Publication *b);
/* Would both get one packet? */
bool publication_overlaps(const Publication *a, const Publication *b);
/* Only who is on the host reaches it: its loopback interface. */
bool publication_is_local(const Publication *publication);
