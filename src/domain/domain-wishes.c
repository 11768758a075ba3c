/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a domain needs reserved, in the words of our own description.
 */
#include <string.h>

#include "base/strv.h"
#include "domain/domain.h"

#define KBIT 8u /* in libvirt's kilobyte, of 1,000 bytes */

static int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int wish_security(const Domain *domain, DescSecurity *security, Error **ret_error)
{
	const DomainSeclabel *label = &domain->seclabel;

	if (label->type == DOMAIN_SECLABEL_NONE) {
		security->model = DESC_MODEL_NONE;
		return 0;
	}
	if (label->model) {
		security->model = desc_model_from_name(label->model);
		if (security->model == _DESC_MODEL_INVALID)
			return error_set(ret_error, EINVAL,
				"line %u: there is no security model '%s'", label->line,
				label->model);
	}
	security->labeling =
		label->type == DOMAIN_SECLABEL_STATIC ? DESC_LABEL_STATIC : DESC_LABEL_DYNAMIC;
	security->relabel = label->type == DOMAIN_SECLABEL_ABSENT || label->relabel;
	if (copy_text(&security->label, label->label) < 0 ||
		copy_text(&security->baselabel, label->baselabel) < 0)
		return error_oom(ret_error);
	return 0;
}

static int wish_route(DescNetwork *network, const char *route, Error **ret_error)
{
	const char *space = strchr(route, ' ');
	DescRoute *grown = reallocarray(network->routes, network->n_routes + 1, sizeof(*grown));

	if (!grown)
		return error_oom(ret_error);
	network->routes = grown;
	grown[network->n_routes] = (DescRoute){ .target = strndup(route, (size_t)(space - route)),
		.gateway = strdup(space + 1) };
	network->n_routes++;
	return grown[network->n_routes - 1].target && grown[network->n_routes - 1].gateway
		       ? 0
		       : error_oom(ret_error);
}

static int wish_network(const DomainInterface *interface, DescNetwork *network, Error **ret_error)
{
	static const DescNetworkType types[_DOMAIN_INTERFACE_TYPE_MAX] = {
		[DOMAIN_INTERFACE_NETWORK] = DESC_NETWORK_NAMED,
		[DOMAIN_INTERFACE_BRIDGE] = DESC_NETWORK_BRIDGE,
		[DOMAIN_INTERFACE_DIRECT] = DESC_NETWORK_MACVLAN,
		[DOMAIN_INTERFACE_ETHERNET] = DESC_NETWORK_ETHERNET,
		[DOMAIN_INTERFACE_HOSTDEV] = DESC_NETWORK_HOSTDEV,
	};
	const char *source = interface->source;
	int r = 0;

	network->type = types[interface->type];
	if (interface->type == DOMAIN_INTERFACE_NETWORK && strcmp(source, "default") == 0)
		source = DOMAIN_NETWORK_STORED;
	network->mtu = interface->mtu;
	network->rate_in = interface->inbound * KBIT;
	network->rate_out = interface->outbound * KBIT;
	if (interface->type == DOMAIN_INTERFACE_DIRECT &&
		copy_text(&network->mode, interface->mode) < 0)
		return error_oom(ret_error);
	if (copy_text(&network->source, source) < 0 ||
		copy_text(&network->mac, interface->mac) < 0 ||
		strv_copy(&network->addresses, interface->addresses) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (peer, interface->peers) /* our words have no prefix length there */
		if (strv_appendf(&network->peers, "%.*s%s", (int)strcspn(*peer, "/"), *peer,
			    strchr(*peer, ' ')) < 0)
			return error_oom(ret_error);
	STRV_FOREACH (route, interface->routes)
		if (r == 0)
			r = wish_route(network, *route, ret_error);
	return r;
}

/* Of the host where nothing asks for one of its own: libvirt's rule. */
static DescNetworkType without_interfaces(const Domain *domain)
{
	return domain->privnet ? DESC_NETWORK_NONE : DESC_NETWORK_HOST;
}

int domain_wishes(const Domain *domain, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = desc_new();
	int r;

	if (!desc || copy_text(&desc->name, domain->name) < 0)
		return error_oom(ret_error);
	/* In a root of its own a service manager may be what runs. */
	desc->kind = domain->root_kind == DOMAIN_ROOT_HOST ? DESC_COMMAND : DESC_SERVICE;
	r = wish_security(domain, &desc->security, ret_error);
	for (size_t i = 0; r == 0 && i < domain->n_interfaces; i++) {
		DescNetwork *network = desc_add_network(desc);

		r = network ? wish_network(&domain->interfaces[i], network, ret_error)
			    : error_set(ret_error, EINVAL, "more than %d interfaces",
				      DESC_NETWORK_MAX);
	}
	if (r == 0 && domain->n_interfaces == 0) {
		DescNetwork *network = desc_add_network(desc);

		if (!network)
			return error_oom(ret_error);
		network->type = without_interfaces(domain);
	}
	if (r == 0)
		*ret = TAKE_PTR(desc);
	return r;
}
