/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Identity: what was chosen for one container and belongs to no other. The description says what is asked for, and is const once it
 * is resolved; the identity says what was given. It is reserved at create (at start, for what has no create), kept in the keyfile's
 * section [identity], confirmed against the reservations at every start, and released at delete. Pure data.
 */
#pragma once

#include <stdint.h>

#include "desc/desc.h"

/* Of the network with the same index in the description. */
typedef struct IdentityLink {
	char *mac; /* "52:54:00:xx:xx:xx"; NULL: none reserved */
	char *address; /* "10.209.0.2/16", in the default network; NULL: none reserved */
} IdentityLink;

typedef struct Identity {
	char *uuid; /* 32 lower-case hex digits: machine-id inside */
	uint32_t id_base; /* first host id of DESC_ID_COUNT; 0: none reserved */
	DescModel
		model; /* what the host enforced when the label was made; AUTO: none was made yet */
	char *label; /* dynamic, of processes; NULL: none */
	char *imagelabel; /* of files; NULL: none */
	IdentityLink *
		links; /* indexed as the description's networks; those beyond n_links have nothing */
	size_t n_links;
} Identity;

Identity *identity_new(void); /* NULL without memory; nothing chosen */
Identity *identity_free(Identity *identity);
DEFINE_CLEANUP(Identity *, identity_free)
#define _cleanup_identity_ _cleanup_(identity_freep)

int identity_copy(const Identity *identity, Identity **ret, Error **ret_error);

/* Replaces what is known of one network's link; mac and address are copied and may be NULL. -EINVAL: no such network is possible. */
int identity_set_link(
	Identity *identity, size_t index, const char *mac, const char *address, Error **ret_error);
/* What a network has; never NULL. Without a reservation all members are NULL. */
const IdentityLink *identity_link(const Identity *identity, size_t index);
/* Nothing about one is known any more: those behind it move up. */
void identity_drop_link(Identity *identity, size_t index);
/* Nothing about links is known any more. */
void identity_forget_links(Identity *identity);

/* Moves what earlier releases wrote into the description beside what was asked for. */
int identity_take_former(Identity *identity, Desc *desc, Error **ret_error);

/* A random (version 4) UUID as 32 hex digits, the form of machine-id(5), unless *uuid is one already. */
int identity_make_uuid(char **uuid, Error **ret_error);
