/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From the words of a description to those of the modules below.
 */
#include "identity/wishes.h"

static const char *name_of_model(DescModel model)
{
	return model == DESC_MODEL_AUTO ? NULL : desc_model_name(model);
}

LabelWish wish_label(const Desc *desc)
{
	const DescSecurity *security = &desc->security;

	return (LabelWish){ .container = desc->name,
		.model = name_of_model(security->model),
		.fixed = security->labeling == DESC_LABEL_STATIC,
		.label = security->label,
		.baselabel = security->baselabel,
		.level = security->level,
		.relabel = security->relabel,
		.custom_type = security->custom_type,
		.manager = desc_has_manager(desc) };
}

Labels wish_labels(const Desc *desc, const Identity *identity)
{
	const DescSecurity *security = &desc->security;
	bool fixed = security->labeling == DESC_LABEL_STATIC;

	return (Labels){ .model = (char *)name_of_model(security->model != DESC_MODEL_AUTO
								? security->model
								: identity->model),
		.process = fixed ? security->label : identity->label,
		.file = identity->imagelabel,
		.fixed = fixed,
		.relabel = !fixed || security->relabel,
		.custom_type = security->custom_type,
		.manager = desc_has_manager(desc) };
}

AttachmentKind wish_link_kind(DescNetworkType type)
{
	static const AttachmentKind kinds[_DESC_NETWORK_TYPE_MAX] = {
		[DESC_NETWORK_NONE] = _ATTACHMENT_KIND_INVALID,
		[DESC_NETWORK_HOST] = _ATTACHMENT_KIND_INVALID,
		[DESC_NETWORK_DEFAULT] = ATTACHMENT_SHARED,
		[DESC_NETWORK_BRIDGE] = ATTACHMENT_BRIDGE,
		[DESC_NETWORK_VLAN] = ATTACHMENT_VLAN,
		[DESC_NETWORK_ETHERNET] = ATTACHMENT_ETHERNET,
		[DESC_NETWORK_HOSTDEV] = ATTACHMENT_HOSTDEV,
		[DESC_NETWORK_CONTAINER] = _ATTACHMENT_KIND_INVALID,
		[DESC_NETWORK_NAMED] = ATTACHMENT_SHARED,
		[DESC_NETWORK_MACVLAN] = ATTACHMENT_MACVLAN,
	};

	return kinds[type];
}

/* Networks without a link stand alone, so that a link has the index of its network. */
void wish_links(const Desc *desc, const Identity *identity, LinkWishes *ret)
{
	*ret = (LinkWishes){};
	for (size_t i = 0; i < desc->n_networks; i++) {
		const IdentityLink *chosen = identity_link(identity, i);
		const DescNetwork *network = &desc->networks[i];
		AttachmentKind kind = wish_link_kind(network->type);

		if (kind == _ATTACHMENT_KIND_INVALID)
			continue;
		ret->reserved[i][0] = kind == ATTACHMENT_SHARED ? chosen->address : NULL;
		ret->links[ret->n++] = (Attachment){ .kind = kind,
			.source = network->source,
			.mac = network->mac ? network->mac : chosen->mac,
			.mode = network->mode,
			.peers = network->peers,
			.vlan = network->vlan,
			.mtu = network->mtu,
			.lease = (desc->kind == DESC_COMMAND || desc_is_direct(desc)) &&
				 desc_network_asks(network),
			.rate_in = network->rate_in,
			.rate_out = network->rate_out,
			.addresses = network->addresses ? network->addresses : ret->reserved[i] };
	}
}
