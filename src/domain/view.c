/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The typed view of a document in normal form.
 */
#include "domain/view.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/strv.h"
#include "domain/start-check.h"

static uint64_t number(const DomainNode *node, const char *path)
{
	const char *text = node_value(node, path);

	return text ? strtoull(text, NULL, 10) : 0;
}

/* NULL for what is there, but empty. */
static const char *text_of(const DomainNode *node, const char *path)
{
	const char *text = node_value(node, path);

	return text && *text ? text : NULL;
}

static unsigned int index_of(
	const char *const *names, size_t n, const char *name, unsigned int other)
{
	for (size_t i = 0; name && i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (unsigned int)i;
	return other;
}

static DomainAction action(const DomainNode *root, const char *name)
{
	static const char *const actions[] = { "destroy", "restart", "preserve" };

	return index_of(actions, ARRAY_SIZE(actions), node_value(root, name), DOMAIN_ACTION_OTHER);
}

static int view_filesystem(Domain *domain, const DomainNode *node, Error **ret_error)
{
	static const char *const types[] = { "mount", "bind", "file", "block", "ram" };
	static const char *const attributes[] = { "source/@dir", "source/@dir", "source/@file",
		"source/@dev" };
	DomainFilesystem fs = { .node = node, .target = node_value(node, "target/@dir") };

	fs.type = index_of(
		types, ARRAY_SIZE(types), node_attribute(node, "type"), DOMAIN_FILESYSTEM_OTHER);
	if (fs.type < ARRAY_SIZE(attributes))
		fs.source = node_value(node, attributes[fs.type]);
	fs.size = number(node, "source/@usage") * 1024;
	fs.readonly = node_child(node, "readonly") != NULL;
	if (array_room(&domain->filesystems, domain->n_filesystems, sizeof(fs)) < 0)
		return error_oom(ret_error);
	domain->filesystems[domain->n_filesystems++] = fs;
	return 0;
}

static unsigned int prefix_of_mask(const char *mask)
{
	unsigned int a[4] = { 0 }, bits = 0;

	if (mask && sscanf(mask, "%3u.%3u.%3u.%3u", &a[0], &a[1], &a[2], &a[3]) == 4)
		for (size_t i = 0; i < 4; i++)
			bits += (unsigned int)__builtin_popcount(a[i] & 0xff);
	return bits;
}

/* libvirt's own prefix lengths where none is given: by class for an address, none for a default route. */
static unsigned int prefix_of(const DomainNode *node, const char *address)
{
	const char *prefix = node_attribute(node, "prefix"),
		   *mask = node_attribute(node, "netmask");
	unsigned long first = strtoul(address, NULL, 10);

	if (prefix)
		return (unsigned int)strtoul(prefix, NULL, 10);
	if (mask)
		return prefix_of_mask(mask);
	if (strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0)
		return 0;
	if (strchr(address, ':'))
		return 64;
	return first < 128 ? 8 : first < 192 ? 16 : 24;
}

static int view_addresses(DomainInterface *interface, Error **ret_error)
{
	for (size_t i = 0; i < interface->node->n_children; i++) {
		const DomainNode *node = interface->node->children[i];
		const char *address = node_attribute(node, "address");
		const char *peer = node_attribute(node, "peer");
		int r = 0;

		if (strcmp(node->name, "ip") == 0 && peer)
			r = strv_appendf(&interface->peers, "%s/%u %s", address,
				prefix_of(node, address), peer);
		else if (strcmp(node->name, "ip") == 0)
			r = strv_appendf(
				&interface->addresses, "%s/%u", address, prefix_of(node, address));
		else if (strcmp(node->name, "route") == 0)
			r = strv_appendf(&interface->routes, "%s/%u %s", address,
				prefix_of(node, address), node_attribute(node, "gateway"));
		if (r < 0)
			return error_oom(ret_error);
	}
	return 0;
}

static int add_interface(Domain *domain, DomainInterface interface, Error **ret_error)
{
	if (array_room(&domain->interfaces, domain->n_interfaces, sizeof(interface)) < 0)
		return error_oom(ret_error);
	domain->interfaces[domain->n_interfaces++] = interface;
	return view_addresses(&domain->interfaces[domain->n_interfaces - 1], ret_error);
}

static int view_interface(Domain *domain, const DomainNode *node, Error **ret_error)
{
	static const char *const types[] = { "network", "bridge", "direct", "ethernet" };
	static const char *const attributes[] = { "source/@network", "source/@bridge",
		"source/@dev" };
	const char *type = node_attribute(node, "type"), *state = node_value(node, "link/@state");
	DomainInterface interface = { .node = node,
		.type = index_of(types, ARRAY_SIZE(types), type, DOMAIN_INTERFACE_OTHER),
		.type_name = type,
		.mode = node_value(node, "source/@mode"),
		.mac = node_value(node, "mac/@address"),
		.mtu = (unsigned int)number(node, "mtu/@size"),
		.inbound = (unsigned int)number(node, "bandwidth/inbound/@average"),
		.outbound = (unsigned int)number(node, "bandwidth/outbound/@average"),
		.guest_name = node_value(node, "guest/@dev"),
		.host_name = node_value(node, "target/@dev"),
		.down = state && strcmp(state, "down") == 0 };

	if (interface.type < ARRAY_SIZE(attributes))
		interface.source = node_value(node, attributes[interface.type]);
	return add_interface(domain, interface, ret_error);
}

static int add_hostdev(Domain *domain, DomainHostdev hostdev, Error **ret_error)
{
	hostdev.readonly = node_child(hostdev.node, "readonly") != NULL;
	if (array_room(&domain->hostdevs, domain->n_hostdevs, sizeof(hostdev)) < 0)
		return error_oom(ret_error);
	domain->hostdevs[domain->n_hostdevs++] = hostdev;
	return 0;
}

static int view_hostdev(Domain *domain, const DomainNode *node, Error **ret_error)
{
	const char *mode = node_attribute(node, "mode"), *type = node_attribute(node, "type");
	DomainHostdev hostdev = { .node = node };

	if (strcmp(mode, "capabilities") != 0)
		return 0; /* refused at start */
	if (strcmp(type, "net") == 0)
		return add_interface(domain,
			(DomainInterface){ .node = node,
				.type = DOMAIN_INTERFACE_HOSTDEV,
				.type_name = "hostdev",
				.source = node_value(node, "source/interface") },
			ret_error);
	hostdev.type = strcmp(type, "storage") == 0 ? DOMAIN_HOSTDEV_STORAGE : DOMAIN_HOSTDEV_MISC;
	hostdev.source = node_value(
		node, hostdev.type == DOMAIN_HOSTDEV_STORAGE ? "source/block" : "source/char");
	hostdev.target = hostdev.source;
	return hostdev.source ? add_hostdev(domain, hostdev, ret_error) : 0;
}

static int view_disk(Domain *domain, const DomainNode *node, Error **ret_error)
{
	DomainHostdev disk = { .node = node,
		.type = DOMAIN_HOSTDEV_STORAGE,
		.source = node_value(node, "source/@dev"),
		.target = node_value(node, "target/@dev") };

	return disk.source ? add_hostdev(domain, disk, ret_error) : 0;
}

static int view_devices(Domain *domain, Error **ret_error)
{
	const DomainNode *devices = node_child(domain->root, "devices");
	int r = 0;

	/* Interfaces first: hostdevs stand behind them, whatever kind they are. */
	for (size_t i = 0; r == 0 && i < devices->n_children; i++) {
		const DomainNode *node = devices->children[i];

		if (strcmp(node->name, "filesystem") == 0)
			r = view_filesystem(domain, node, ret_error);
		else if (strcmp(node->name, "interface") == 0)
			r = view_interface(domain, node, ret_error);
		else if (strcmp(node->name, "hostdev") == 0)
			r = view_hostdev(domain, node, ret_error);
		else if (strcmp(node->name, "disk") == 0)
			r = view_disk(domain, node, ret_error);
		else if (strcmp(node->name, "console") == 0)
			domain->n_consoles++;
	}
	return r;
}

static void view_root(Domain *domain)
{
	for (size_t i = 0; !domain->root_filesystem && i < domain->n_filesystems; i++)
		if (strcmp(domain->filesystems[i].target, "/") == 0 &&
			domain->filesystems[i].type != DOMAIN_FILESYSTEM_BIND)
			domain->root_filesystem = &domain->filesystems[i];
	if (!domain->root_filesystem)
		return;
	switch (domain->root_filesystem->type) {
	case DOMAIN_FILESYSTEM_FILE:
		domain->root_kind = DOMAIN_ROOT_IMAGE;
		break;
	case DOMAIN_FILESYSTEM_BLOCK:
		domain->root_kind = DOMAIN_ROOT_BLOCK;
		break;
	case DOMAIN_FILESYSTEM_MOUNT:
		if (strcmp(domain->root_filesystem->source, "/") != 0)
			domain->root_kind = DOMAIN_ROOT_DIRECTORY;
		break;
	default: /* refused at start */
		break;
	}
}

static int view_os(Domain *domain, Error **ret_error)
{
	const DomainNode *os = node_child(domain->root, "os");

	domain->arch = node_value(os, "type/@arch");
	domain->init = node_value(os, "init");
	domain->initdir = text_of(os, "initdir");
	domain->inituser = text_of(os, "inituser");
	domain->initgroup = text_of(os, "initgroup");
	domain->cmdline = text_of(os, "cmdline");
	for (size_t i = 0; i < os->n_children; i++) {
		const DomainNode *node = os->children[i];
		int r = 0;

		if (strcmp(node->name, "initarg") == 0)
			r = strv_append(&domain->initargs, node->text);
		else if (strcmp(node->name, "initenv") == 0)
			r = strv_appendf(&domain->initenv, "%s=%s", node_attribute(node, "name"),
				node->text);
		if (r < 0)
			return error_oom(ret_error);
	}
	return 0;
}

static int view_idmap(Domain *domain, Error **ret_error)
{
	const DomainNode *idmap = node_child(domain->root, "idmap");

	for (size_t i = 0; idmap && i < idmap->n_children; i++) {
		const DomainNode *node = idmap->children[i];
		bool users = strcmp(node->name, "uid") == 0;
		const SpecIdRange range = { (uint32_t)number(node, "@start"),
			(uint32_t)number(node, "@target"), (uint32_t)number(node, "@count") };
		SpecIdMap *map = users ? &domain->users : &domain->groups;

		if (!users && strcmp(node->name, "gid") != 0)
			continue;
		if (array_room(&map->ranges, map->n_ranges, sizeof(range)) < 0)
			return error_oom(ret_error);
		map->ranges[map->n_ranges++] = range;
	}
	return 0;
}

static void view_seclabel(Domain *domain)
{
	static const char *const types[] = { "", "dynamic", "static", "none" };
	const DomainNode *node = node_child(domain->root, "seclabel");
	const char *relabel = node_attribute(node, "relabel");

	if (!node)
		return;
	domain->seclabel = (DomainSeclabel){
		.type = index_of(types, ARRAY_SIZE(types), node_attribute(node, "type"), 0),
		.model = text_of(node, "@model"),
		.label = text_of(node, "label"),
		.baselabel = text_of(node, "baselabel"),
		.relabel = relabel && strcmp(relabel, "yes") == 0,
		.line = node->line,
	};
}

static void view_limits(Domain *domain)
{
	const DomainNode *root = domain->root;
	const char *quota = node_value(root, "cputune/quota");

	domain->memory = number(root, "memory");
	domain->current_memory = number(root, "currentMemory");
	domain->hard_limit = number(root, "memtune/hard_limit");
	domain->soft_limit = number(root, "memtune/soft_limit");
	domain->swap_hard_limit = number(root, "memtune/swap_hard_limit");
	domain->shares = number(root, "cputune/shares");
	domain->period = number(root, "cputune/period");
	domain->quota = quota ? strtoll(quota, NULL, 10) : 0;
	domain->blkio_weight = number(root, "blkiotune/weight");
	domain->vcpus = (uint32_t)number(root, "vcpu");
	domain->cpuset = node_value(root, "vcpu/@cpuset");
	domain->nodeset = node_value(root, "numatune/memory/@nodeset");
	domain->partition = text_of(root, "resource/partition");
}

Domain *domain_free(Domain *domain)
{
	if (!domain)
		return NULL;
	for (size_t i = 0; i < domain->n_interfaces; i++) {
		strv_free(domain->interfaces[i].addresses);
		strv_free(domain->interfaces[i].routes);
		strv_free(domain->interfaces[i].peers);
	}
	strv_free(domain->warnings);
	strv_free(domain->notes);
	strv_free(domain->initargs);
	strv_free(domain->initenv);
	free(domain->users.ranges);
	free(domain->groups.ranges);
	free(domain->filesystems);
	free(domain->interfaces);
	free(domain->hostdevs);
	node_free(domain->root);
	free(domain);
	return NULL;
}

int domain_from_node(DomainNode *root, unsigned int flags, Domain **ret, Error **ret_error)
{
	_cleanup_domain_ Domain *domain = calloc(1, sizeof(*domain));
	int r;

	if (!domain) {
		node_free(root);
		return error_oom(ret_error);
	}
	domain->root = root;
	r = normal_form(root, flags, ret_error);
	if (r < 0)
		return r;
	domain->name = node_value(root, "name");
	domain->uuid = node_value(root, "uuid");
	domain->title = text_of(root, "title");
	domain->description = text_of(root, "description");
	domain->on_poweroff = action(root, "on_poweroff");
	domain->on_reboot = action(root, "on_reboot");
	domain->on_crash = action(root, "on_crash");
	domain->privnet = node_find(root, "features/privnet") != NULL;
	view_limits(domain);
	view_seclabel(domain);
	r = view_os(domain, ret_error);
	if (r == 0)
		r = view_idmap(domain, ret_error);
	if (r == 0)
		r = view_devices(domain, ret_error);
	if (r < 0)
		return r;
	view_root(domain);
	r = start_warnings(domain, &domain->warnings, ret_error);
	if (r == 0)
		r = start_notes(domain, &domain->notes, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(domain);
	return r;
}
