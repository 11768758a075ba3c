/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A description: the names of its enums, and questions to it.
 */
#include "desc/desc.h"

#include <string.h>

#include "base/strv.h"
#include "base/array.h"

static const char *const model_names[_DESC_MODEL_MAX] = {
	[DESC_MODEL_AUTO] = "auto",
	[DESC_MODEL_SELINUX] = "selinux",
	[DESC_MODEL_SMACK] = "smack",
	[DESC_MODEL_APPARMOR] = "apparmor",
	[DESC_MODEL_NONE] = "none",
};

static const char *const labeling_names[_DESC_LABELING_MAX] = {
	[DESC_LABEL_DYNAMIC] = "dynamic",
	[DESC_LABEL_STATIC] = "static",
};

static const char *const network_type_names[_DESC_NETWORK_TYPE_MAX] = {
	[DESC_NETWORK_NONE] = "none",
	[DESC_NETWORK_DEFAULT] = "default",
	[DESC_NETWORK_HOST] = "host",
	[DESC_NETWORK_BRIDGE] = "bridge",
	[DESC_NETWORK_MACVLAN] = "macvlan",
	[DESC_NETWORK_VLAN] = "vlan",
	[DESC_NETWORK_ETHERNET] = "ethernet",
	[DESC_NETWORK_HOSTDEV] = "hostdev",
	[DESC_NETWORK_CONTAINER] = "container",
	[DESC_NETWORK_NAMED] = "network",
};

static const char *const mount_type_names[_DESC_MOUNT_TYPE_MAX] = {
	[DESC_MOUNT_HOST_BIND] = "host-bind",
	[DESC_MOUNT_GUEST_BIND] = "guest-bind",
	[DESC_MOUNT_HOST_IMAGE] = "host-image",
	[DESC_MOUNT_RAM] = "ram",
};

static int name_index(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -EINVAL;
}

#define DEFINE_NAMES(stem, Type, names)                                                            \
	const char *stem##_name(Type value)                                                        \
	{                                                                                          \
		return value >= 0 && (size_t)value < ARRAY_SIZE(names) ? names[value] : NULL;      \
	}                                                                                          \
	Type stem##_from_name(const char *name)                                                    \
	{                                                                                          \
		return (Type)name_index(names, ARRAY_SIZE(names), name);                           \
	}

DEFINE_NAMES(desc_model, DescModel, model_names)
DEFINE_NAMES(desc_labeling, DescLabeling, labeling_names)
DEFINE_NAMES(desc_network_type, DescNetworkType, network_type_names)
DEFINE_NAMES(desc_mount_type, DescMountType, mount_type_names)

bool desc_has_private_net(const Desc *desc)
{
	for (size_t i = 0; i < desc->n_networks; i++)
		if (desc->networks[i].type == DESC_NETWORK_HOST ||
			desc->networks[i].type == DESC_NETWORK_CONTAINER)
			return false;
	return true;
}

bool desc_network_asks(const DescNetwork *network)
{
	return network->dhcp && !desc_network_is_ours(network->type);
}

bool desc_runs_networkd(const Desc *desc)
{
	bool systemd = desc->kind != DESC_COMMAND && !desc_is_direct(desc);

	for (size_t i = 0; systemd && i < desc->n_networks; i++)
		if (desc_network_asks(&desc->networks[i]))
			return true;
	return false;
}

/* Who asks for an address sets it. */
bool desc_is_net_admin(const Desc *desc)
{
	return desc_has_private_net(desc) &&
	       (strv_contains(desc->capabilities, "CAP_NET_ADMIN") || desc_runs_networkd(desc));
}

bool desc_has_network(const Desc *desc)
{
	for (size_t i = 0; i < desc->n_networks; i++)
		if (desc->networks[i].type != DESC_NETWORK_NONE)
			return true;
	return desc->n_networks == 0; /* the default one */
}

bool desc_has_links(const Desc *desc)
{
	for (size_t i = 0; i < desc->n_networks; i++)
		if (desc->networks[i].type != DESC_NETWORK_NONE &&
			desc->networks[i].type != DESC_NETWORK_HOST &&
			desc->networks[i].type != DESC_NETWORK_CONTAINER)
			return true;
	return false;
}

bool desc_network_is_ours(DescNetworkType type)
{
	return type == DESC_NETWORK_DEFAULT || type == DESC_NETWORK_NAMED;
}

int desc_published_network(const Desc *desc)
{
	for (size_t i = 0; i < desc->n_networks; i++)
		if (desc_network_is_ours(desc->networks[i].type))
			return (int)i;
	return -ENOENT;
}

bool desc_has_own_root(const Desc *desc)
{
	return desc->kind == DESC_SYSTEM || desc->root;
}

bool desc_is_i386(const Desc *desc)
{
#ifdef __x86_64__
	return desc->arch && strcmp(desc->arch, "i386") == 0;
#else
	(void)desc;
	return false;
#endif
}

bool desc_has_host_root(const Desc *desc)
{
	return desc->root && strcmp(desc->root, DESC_ROOT_HOST) == 0;
}

bool desc_writes_root(const Desc *desc)
{
	return desc->root && !desc->root_readonly && !desc_has_host_root(desc);
}

bool desc_init_is_systemd(const Desc *desc)
{
	return desc->init && strcmp(desc->init, "systemd") == 0;
}

const char *const desc_init_paths[5] = { "/sbin/init", "/usr/lib/systemd/systemd",
	"/lib/systemd/systemd", "/init", "/bin/init" };

bool desc_is_direct(const Desc *desc)
{
	return desc->kind == DESC_SERVICE && desc->manager && strcmp(desc->manager, "direct") == 0;
}

bool desc_has_manager(const Desc *desc)
{
	return desc->kind != DESC_COMMAND;
}

const char *desc_hostname(const Desc *desc)
{
	return desc->hostname ? desc->hostname : desc->name;
}

DescNetwork *desc_add_network(Desc *desc)
{

	if (desc->n_networks >= DESC_NETWORK_MAX)
		return NULL;
	if (array_room(&desc->networks, desc->n_networks, sizeof(*desc->networks)) < 0)
		return NULL;
	desc->networks[desc->n_networks] = (DescNetwork){};
	return &desc->networks[desc->n_networks++];
}

DescMount *desc_add_mount(Desc *desc)
{

	if (desc->n_mounts >= DESC_LIST_MAX)
		return NULL;
	if (array_room(&desc->mounts, desc->n_mounts, sizeof(*desc->mounts)) < 0)
		return NULL;
	desc->mounts[desc->n_mounts] = (DescMount){};
	return &desc->mounts[desc->n_mounts++];
}
