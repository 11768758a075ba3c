/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a description asks of label/ and net/, which know no description.
 */
#pragma once

#include "desc/desc.h"
#include "label/choose.h"
#include "net/attachment.h"

/* All texts are borrowed from the description, and are there as long as it is. */
LabelWish wish_label(const Desc *desc);
Labels wish_labels(const Desc *desc); /* that were chosen before */

/* _INVALID for a network without a link. */
AttachmentKind wish_link_kind(DescNetworkType type);
typedef struct LinkWishes {
	Attachment links[DESC_NETWORK_MAX]; /* without names */
	size_t n;
} LinkWishes;
/* -EOPNOTSUPP: can be described, but not done. */
int wish_links(const Desc *desc, LinkWishes *ret, Error **ret_error);
