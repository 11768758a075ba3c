/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is said about who may reach whom, as elements of sets. Pure.
 */
#pragma once

#include "base/buf.h"
#include "net/plugin/reach-record.h"

#define REACH_HELD "held" /* containers with a list of where they may go */
#define REACH_GUARDED "guarded" /* containers with a list of who outside may come */
#define REACH_EGRESS "egress" /* where they may go: all of it, ... */
#define REACH_EGRESS_PORT "egress_port" /* ... one port of it */
#define REACH_METADATA "metadata" /* containers that may go to metadata services */
#define REACH_ALLOW "allow" /* who outside may come */
#define REACH_ALLOW_PORT "allow_port"
#define REACH_TO_HOST "to_host" /* containers that may go to services of the host */
#define REACH_RESOLVER                                                                             \
	"resolver" /* containers that may ask a name server which is the host's own */
#define REACH_SIBLING "sibling" /* from container to container */

typedef enum ReachPart {
	REACH_FROM = 1 << 0,
	REACH_TO = 1 << 1,
	REACH_SERVICE = 1 << 2,
	REACH_INTERVAL = 1 << 3, /* of any part */
} ReachPart;

typedef struct ReachSet {
	const char *name; /* of IPv6 with a 6 behind it */
	ReachPart parts;
} ReachSet;
extern const ReachSet reach_sets[];
#define REACH_SETS 10u

/* The sets' declarations, as nft writes them. */
void reach_format_sets(Buf *buf);

typedef struct ReachElement {
	const ReachSet *set;
	int family;
	IpAddress from, to; /* as the set's parts say; with a prefix where it is an interval */
	uint8_t protocol; /* 0: all, and all ports */
	uint16_t port;
} ReachElement;

typedef struct ReachElements {
	ReachElement *list;
	size_t n;
} ReachElements;

void reach_elements_done(ReachElements *elements);
#define _cleanup_reach_elements_ _cleanup_(reach_elements_done)

/* One side: who it is and what it says. */
typedef struct ReachSide {
	const char *container;
	IpAddress address, address6; /* family 0: none */
	const ReachSaid *said;
} ReachSide;

/* Appends what holds whoever else runs. */
int reach_elements_own(const ReachSide *side, ReachElements *elements);
/* Appends what the first may reach of the second: both must have said so, but who has no list of where it may go says yes. */
int reach_elements_pair(const ReachSide *from, const ReachSide *to, ReachElements *elements);

bool reach_elements_have(const ReachElements *elements, const ReachElement *element);

#define REACH_KEY_MAX 40u /* bytes: two IPv6 addresses, protocol and port */
/* The key in the kernel, from and up to; its size. */
size_t reach_element_key(const ReachElement *element, uint8_t first[static REACH_KEY_MAX],
	uint8_t last[static REACH_KEY_MAX]);
/* As nft writes it. */
void reach_element_text(const ReachElement *element, Buf *buf);
/* "egress", "egress6" */
#define REACH_SET_NAME_SIZE 16u
void reach_element_set(const ReachElement *element, char ret[static REACH_SET_NAME_SIZE]);
