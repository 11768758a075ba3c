/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a description asks of label/ and net/, which know no description.
 */
#pragma once

#include "desc/identity.h"
#include "label/choose.h"
#include "net/attachment.h"

/* All texts are borrowed, and are there as long as description and identity are. */
LabelWish wish_label(const Desc *desc);
Labels wish_labels(const Desc *desc, const Identity *identity); /* that were chosen before */

/* _INVALID for a network without a link. */
AttachmentKind wish_link_kind(DescNetworkType type);
typedef struct LinkWishes {
	Attachment links[DESC_NETWORK_MAX]; /* without names; index as the description's networks */
	char *reserved[DESC_NETWORK_MAX][2]; /* lists of addresses that were chosen */
	size_t n;
} LinkWishes;
/* What the description gives, and else what was chosen before. The result is not to be moved: it points into itself. */
void wish_links(const Desc *desc, const Identity *identity, LinkWishes *ret);
