/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Elements of sets and maps of our tables in family inet: batches of changes, all or nothing each.
 */
#pragma once

#include <linux/netfilter/nf_tables.h>

#include "net/plugin/exchange.h"

#define FIREWALL_TABLE                                                                             \
	"virt_sandbox" /* of families inet and bridge; of a named network with _BRIDGE behind it */
#define FIREWALL_TABLE_SIZE 48 /* bytes of a table's name */

/* Of the network with this bridge. */
void firewall_table(const char *bridge, char ret[static FIREWALL_TABLE_SIZE]);

/* The fields of a key, or of a value, each begin at a multiple of four bytes. */
typedef struct SetElement {
	const char *set;
	const void *key, *key_end; /* key_end: of an interval; NULL: one key */
	size_t key_size;
	const void *data; /* of a map; NULL: a set */
	size_t data_size;
} SetElement;

/* Opens the exchange and begins a batch. */
int elements_open(Exchange *exchange, Error **ret_error);
/* type: NFT_MSG_NEWSETELEM, for which one that is there already is success, or NFT_MSG_DELSETELEM, for which a missing one is. what: for the sentence of
 * a failure. */
void elements_put(Exchange *exchange, const char *table, unsigned int type,
	const SetElement *element, const char *what);
void elements_clear(Exchange *exchange, const char *table, const char *set, const char *what);
int elements_commit(Exchange *exchange, Error **ret_error);

/* A message to nftables in a batch or alone, for what is no element. */
struct nlmsghdr *elements_message(Exchange *exchange, uint8_t family, unsigned int type,
	uint16_t flags, int tolerated, const char *what);
