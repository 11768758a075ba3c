/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Confirming reservations. All of it costs a few system calls when nothing has changed.
 */
#include "identity/confirm.h"

#include <string.h>

#include "base/layout.h"
#include "base/reservation.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "identity/ids.h"
#include "identity/wishes.h"
#include "net/address-reservation.h"
#include "net/given.h"
#include "net/net.h"

static char *uuid_path(const char *uuid)
{
	return layout_pathf(LAYOUT_RESERVATIONS, "uuids/%s", uuid);
}

static int reserve_uuid(const char *uuid, const char *container, Error **ret_error)
{
	_cleanup_free_ char *path = uuid_path(uuid);
	char holder[RESERVATION_OWNER_MAX];
	int r;

	if (!path)
		return error_oom(ret_error);
	r = reservation_take(path, container, holder, ret_error);
	if (r == 0)
		return error_set(ret_error, EADDRINUSE,
			"uuid %s belongs to container %s; make a copy with `virt-sandbox-service "
			"clone`, or give another `uuid=` and the same in its etc/machine-id",
			uuid, *holder ? holder : "that was just deleted");
	return r < 0 ? r : 0;
}

static int release_uuid(const char *uuid, const char *container, Error **ret_error)
{
	_cleanup_free_ char *path = uuid_path(uuid);

	return path ? reservation_release(path, container, ret_error) : error_oom(ret_error);
}

static int replace_text(char **field, const char *text, Error **ret_error)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return error_oom(ret_error);
	free(*field);
	*field = copy;
	return 0;
}

/* There is one way to each network, and a network of ours brings the default route. */
static int check_target(const Desc *desc, const DescRoute *route, Error **ret_error)
{
	bool taken = false;

	for (size_t i = 0; i < desc->n_networks; i++) {
		const DescNetwork *network = &desc->networks[i];

		/* Another network's default route goes before that of a network of ours, but in its own it would be there twice. */
		taken = taken || (desc_network_is_ours(network->type) && route >= network->routes &&
					 route < network->routes + network->n_routes &&
					 strcmp(route->target, "0.0.0.0/0") == 0);
		for (size_t j = 0; j < network->n_routes; j++)
			taken = taken ||
				(&network->routes[j] != route &&
					strcmp(network->routes[j].target, route->target) == 0);
	}
	return taken ? error_set(ret_error, EINVAL,
			       "route=%s%%%s: there is another route to this network; give one",
			       route->target, route->gateway)
		     : 0;
}

/* Whom a peer= has at the other end. */
static bool is_peer(char *const *peers, const char *gateway)
{
	STRV_FOREACH (peer, peers)
		if (strcmp(strchr(*peer, ' ') + 1, gateway) == 0)
			return true;
	return false;
}

/* With the address that was reserved for it, where none was given. */
static int check_routes(
	const Desc *desc, const LinkWishes *wishes, const NetReserved *reserved, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; i < wishes->n; i++) {
		const DescNetwork *network = &desc->networks[i];
		char *own[] = { (char *)reserved[i].address, NULL };
		char *const *addresses = *own[0] ? own : wishes->links[i].addresses;

		for (size_t j = 0; r == 0 && j < network->n_routes; j++) {
			const DescRoute *route = &network->routes[j];

			r = is_peer(network->peers, route->gateway)
				    ? 0
				    : given_check_route(
					      addresses, route->target, route->gateway, ret_error);
			if (r == 0)
				r = check_target(desc, route, ret_error);
		}
	}
	return r;
}

int identity_reserve_links(const Desc *desc, Identity *identity, Error **ret_error)
{
	return identity_reserve_more_links(desc, identity, 0, ret_error);
}

int identity_reserve_more_links(
	const Desc *desc, Identity *identity, size_t from, Error **ret_error)
{
	NetReserved reserved[DESC_NETWORK_MAX];
	LinkWishes wishes;
	int r;

	wish_links(desc, identity, &wishes);
	r = net_check_sources(wishes.links + from, wishes.n - from, ret_error);
	if (r == 0)
		r = net_reserve(
			desc->name, identity->uuid, wishes.links, wishes.n, reserved, ret_error);
	if (r == 0)
		r = check_routes(desc, &wishes, reserved, ret_error);
	if (r < 0)
		return r;
	identity_forget_links(identity);
	for (size_t i = 0; r == 0 && i < wishes.n; i++)
		r = identity_set_link(identity, i, *reserved[i].mac ? reserved[i].mac : NULL,
			*reserved[i].address ? reserved[i].address : NULL, ret_error);
	return r;
}

int identity_reserve_label(const Desc *desc, Identity *identity, Label **ret, Error **ret_error)
{
	const LabelWish wish = wish_label(desc);
	_cleanup_label_ Label *label = NULL;
	int r = label_reserve(&wish, &label, ret_error);

	if (r == 0)
		r = replace_text(
			&identity->label, wish.fixed ? NULL : label_process(label), ret_error);
	if (r == 0)
		r = replace_text(&identity->imagelabel, label_file(label), ret_error);
	if (r < 0)
		return r;
	identity->model = desc_model_from_name(label_model(label));
	*ret = TAKE_PTR(label);
	return 0;
}

int identity_open_label(const Desc *desc, const Identity *identity, Label **ret, Error **ret_error)
{
	Labels labels = wish_labels(desc, identity);

	if (!labels.model)
		labels.model = (char *)label_model_of_host();
	return label_take_up(desc->name, &labels, ret, ret_error);
}

static int reserve_ids(const char *container, Identity *identity, Error **ret_error)
{
	_cleanup_host_ids_ HostIds host = {};
	int r;

	if (identity->id_base != 0) /* the host's own were looked at when they were chosen */
		return ids_reserve(&identity->id_base, container, NULL, ret_error);
	r = host_ids_load("/etc", &host, ret_error);
	return r < 0 ? r : ids_reserve(&identity->id_base, container, &host, ret_error);
}

int identity_reserve(const Desc *desc, Identity *identity, Error **ret_error)
{
	int r = reserve_uuid(identity->uuid, desc->name, ret_error);

	if (r == 0)
		r = reserve_ids(desc->name, identity, ret_error);
	return r < 0 ? r : identity_reserve_links(desc, identity, ret_error);
}

int identity_reserve_without_ids(const Desc *desc, Identity *identity, Error **ret_error)
{
	int r = reserve_uuid(identity->uuid, desc->name, ret_error);

	return r < 0 ? r : identity_reserve_links(desc, identity, ret_error);
}

/* All that was reserved for its links; NULL: that is not written down for each. */
static int list_links(const Desc *desc, const Identity *identity, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **known = NULL;

	if (identity->n_links != desc->n_networks)
		return 0;
	for (size_t i = 0; i < desc->n_networks; i++) {
		const IdentityLink *link = identity_link(identity, i);
		const char *address = link->address ? link->address : "";

		if (!link->mac || (desc_network_is_ours(desc->networks[i].type) && !*address))
			return 0;
		if (strv_append(&known, link->mac) < 0 ||
			(*address && strv_appendf(&known, "%.*s", (int)strcspn(address, "/"),
					     address) < 0))
			return error_oom(ret_error);
	}
	*ret = TAKE_PTR(known);
	return 0;
}

int identity_release_link(const Desc *desc, Identity *identity, size_t index, Error **ret_error)
{
	const IdentityLink *link = identity_link(identity, index);
	_cleanup_free_ char *address =
		link->address ? strndup(link->address, strcspn(link->address, "/")) : NULL;
	char *known[] = { link->mac ? link->mac : address, link->mac ? address : NULL, NULL };
	int r = *known ? net_release(desc->name, known, ret_error) : 0;

	if (r == 0)
		identity_drop_link(identity, index);
	return r;
}

int identity_release(const Desc *desc, const Identity *identity, Error **ret_error)
{
	_cleanup_strv_ char **known = NULL;
	int r = list_links(desc, identity, &known, ret_error);

	if (r == 0)
		r = net_release(desc->name, known, ret_error);

	if (r == 0 && identity->uuid)
		r = release_uuid(identity->uuid, desc->name, ret_error);
	return r < 0 ? r : ids_release(identity->id_base, desc->name, ret_error);
}

int identity_confirm(const Desc *desc, Identity *identity, bool *ret_changed, Error **ret_error)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	int r;

	if (!identity->uuid)
		return error_set(ret_error, EINVAL,
			"its description has no `uuid=`; it is what is in its etc/machine-id");
	r = keyfile_format(desc, identity, NULL, &before, ret_error);
	if (r == 0)
		r = identity_reserve(desc, identity, ret_error);
	if (r == 0)
		r = keyfile_format(desc, identity, NULL, &after, ret_error);
	if (r < 0)
		return r;
	*ret_changed = strcmp(before, after) != 0;
	return 0;
}
