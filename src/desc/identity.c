/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An identity: what is in it, and what earlier releases knew of it.
 */
#include "desc/identity.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/strv.h"

static const IdentityLink no_link;

Identity *identity_new(void)
{
	return calloc(1, sizeof(Identity));
}

static void link_done(IdentityLink *link)
{
	free(link->mac);
	free(link->address);
	*link = (IdentityLink){};
}

void identity_forget_links(Identity *identity)
{
	while (identity->n_links > 0)
		link_done(&identity->links[--identity->n_links]);
	free(identity->links);
	identity->links = NULL;
}

void identity_drop_link(Identity *identity, size_t index)
{
	if (index >= identity->n_links)
		return;
	link_done(&identity->links[index]);
	identity->n_links--;
	memmove(identity->links + index, identity->links + index + 1,
		(identity->n_links - index) * sizeof(*identity->links));
}

static int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

const IdentityLink *identity_link(const Identity *identity, size_t index)
{
	return index < identity->n_links ? &identity->links[index] : &no_link;
}

int identity_set_link(
	Identity *identity, size_t index, const char *mac, const char *address, Error **ret_error)
{
	IdentityLink link = {};

	if (index >= DESC_NETWORK_MAX)
		return error_set(ret_error, EINVAL, "network %zu: the highest index is %u", index,
			DESC_NETWORK_MAX - 1);
	if (index >= identity->n_links) {
		IdentityLink *grown =
			reallocarray(identity->links, index + 1, sizeof(*identity->links));

		if (!grown)
			return error_oom(ret_error);
		memset(grown + identity->n_links, 0,
			(index + 1 - identity->n_links) * sizeof(*grown));
		identity->links = grown;
		identity->n_links = index + 1;
	}
	if (copy_text(&link.mac, mac) < 0 || copy_text(&link.address, address) < 0) {
		link_done(&link);
		return error_oom(ret_error);
	}
	link_done(&identity->links[index]);
	identity->links[index] = link;
	return 0;
}

/* Of a network of ours all was chosen, of others the MAC address. Whoever asked for it has it reserved now. */
static int take_former_links(Identity *identity, Desc *desc, Error **ret_error)
{
	for (size_t i = 0; i < desc->n_networks; i++) {
		DescNetwork *network = &desc->networks[i];
		bool ours = desc_network_is_ours(network->type) && network->addresses;
		int r;

		if (!network->mac)
			continue;
		r = identity_set_link(
			identity, i, network->mac, ours ? network->addresses[0] : NULL, ret_error);
		if (r < 0)
			return r;
		free(TAKE_PTR(network->mac));
		if (ours)
			network->addresses = strv_free(network->addresses);
	}
	return 0;
}

int identity_take_former(Identity *identity, Desc *desc, Error **ret_error)
{
	identity->model = desc->security.model;
	if (desc->security.labeling == DESC_LABEL_DYNAMIC && desc->security.label) {
		free(identity->label);
		identity->label = TAKE_PTR(desc->security.label);
	}
	return take_former_links(identity, desc, ret_error);
}

int identity_make_uuid(char **uuid, Error **ret_error)
{
	unsigned char bytes[16];
	char text[33];

	if (*uuid)
		return 0;
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return error_errno(ret_error, errno, "cannot create a random machine id");
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]); /* always fits */
	*uuid = strdup(text);
	return *uuid ? 0 : error_oom(ret_error);
}
