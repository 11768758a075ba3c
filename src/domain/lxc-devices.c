/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mounts and networks of LXC's files.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "domain/lxc-convert.h"

static int set_attributes(Lxc *x, DomainNode *node, const char *const pairs[][2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!node || node_set_attribute(node, pairs[i][0], pairs[i][1]) < 0)
			return error_oom(x->ret_error);
	return 0;
}

int lxc_add_filesystem(
	Lxc *x, const char *type, const char *source, const char *target, bool readonly)
{
	static const char *const attributes[][2] = { { "mount", "dir" }, { "block", "dev" },
		{ "file", "file" }, { "ram", "usage" } };
	DomainNode *node = lxc_add(x, "devices", "filesystem", NULL);
	DomainNode *from = node ? node_add(node, "source", NULL) : NULL;
	DomainNode *to = node ? node_add(node, "target", NULL) : NULL;

	if (!from || !to || node_set_attribute(node, "type", type) < 0 ||
		node_set_attribute(to, "dir", target) < 0 ||
		(readonly && !node_add(node, "readonly", NULL)))
		return error_oom(x->ret_error);
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (strcmp(attributes[i][0], type) == 0 &&
			node_set_attribute(from, attributes[i][1], source) < 0)
			return error_oom(x->ret_error);
	if (strcmp(type, "ram") == 0 && node_set_attribute(from, "units", "bytes") < 0)
		return error_oom(x->ret_error);
	return 0;
}

/* Every container has these of its own. */
static bool is_own(const char *type, const char *target)
{
	static const char *const types[] = { "proc", "sysfs", "devpts", "mqueue", "cgroup",
		"cgroup2", "devtmpfs" };
	static const char *const targets[] = { "/proc", "/sys", "/dev" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (path_is_below(target, targets[i]))
			return true;
	return false;
}

static int mount_ram(Lxc *x, const LxcSetting *setting, const char *target, char *const *options)
{
	STRV_FOREACH (option, options) {
		uint64_t size;
		char text[32];

		if (strncmp(*option, "size=", 5) != 0)
			continue;
		if (lxc_size(*option + 5, &size) < 0 || size == 0)
			return lxc_refuse(
				x, setting, "size= must be a number of bytes, or with k, m or g");
		(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
		return lxc_add_filesystem(x, "ram", text, target, strv_contains(options, "ro"));
	}
	return lxc_refuse(x, setting, "missing tmpfs size, set the size option");
}

int lxc_convert_mount(Lxc *x, const LxcSetting *setting)
{
	_cleanup_strv_ char **words = NULL, **options = NULL;
	_cleanup_free_ char *joined = NULL;
	const char *source, *target, *type;

	if (strv_split(&words, setting->value, " \t") < 0)
		return error_oom(x->ret_error);
	if (strv_length(words) < 4)
		return lxc_refuse(x, setting, "it must be SOURCE TARGET TYPE OPTIONS");
	if (strv_split(&options, words[3], ",") < 0)
		return error_oom(x->ret_error);
	source = words[0];
	type = words[2];
	target = words[1];
	if (x->rootfs && path_is_below(target, x->rootfs) && strcmp(target, x->rootfs) != 0)
		target += strlen(x->rootfs);
	joined = path_join("/", target);
	if (!joined)
		return error_oom(x->ret_error);
	if (is_own(type, joined))
		return 0;
	if (strcmp(type, "tmpfs") == 0)
		return mount_ram(x, setting, joined, options);
	if (*source != '/')
		return lxc_refuse(x, setting, "the source must be an absolute path");
	return lxc_add_filesystem(x, strncmp(source, "/dev/", 5) == 0 ? "block" : "mount", source,
		joined, strv_contains(options, "ro"));
}

/* ---- Networks ---- */

/* The last setting of that key; NULL: none. */
static const LxcSetting *of_network(const Lxc *x, unsigned int network, const char *key)
{
	const LxcSetting *found = NULL;

	for (size_t i = 0; i < x->file->n; i++)
		if (x->file->settings[i].network == network &&
			strcmp(x->file->settings[i].key, key) == 0)
			found = &x->file->settings[i];
	return found && *found->value ? found : NULL;
}

static const char *value_of(const Lxc *x, unsigned int network, const char *key)
{
	const LxcSetting *setting = of_network(x, network, key);

	return setting ? setting->value : NULL;
}

static int add_address(Lxc *x, DomainNode *node, const LxcSetting *setting)
{
	_cleanup_free_ char *address = strdup(setting->value);
	bool six = strncmp(setting->key, "ipv6", 4) == 0;
	char *slash;

	if (!address)
		return error_oom(x->ret_error);
	address[strcspn(address, " \t")] = '\0'; /* a broadcast address behind it is the subnet's */
	slash = strchr(address, '/');
	if (!slash)
		return lxc_refuse(x, setting, "Invalid CIDR address: it has no prefix length");
	*slash = '\0';
	return set_attributes(x, node_add(node, "ip", NULL),
		(const char *const[][2]){ { "address", address },
			{ "family", six ? "ipv6" : "ipv4" }, { "prefix", slash + 1 } },
		3);
}

static int add_gateway(Lxc *x, DomainNode *node, const LxcSetting *setting)
{
	bool six = strncmp(setting->key, "ipv6", 4) == 0;

	if (strcmp(setting->value, "auto") == 0 || strcmp(setting->value, "dev") == 0)
		return lxc_refuse(x, setting, "give the gateway's address");
	return set_attributes(x, node_add(node, "route", NULL),
		(const char *const[][2]){ { "family", six ? "ipv6" : "ipv4" },
			{ "address", six ? "::" : "0.0.0.0" }, { "gateway", setting->value } },
		3);
}

static int add_addresses(Lxc *x, DomainNode *node, unsigned int network)
{
	static const char *const keys[] = { "ipv4", "ipv4.address", "ipv6", "ipv6.address" };
	static const char *const gateways[] = { "ipv4.gateway", "ipv6.gateway" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->file->n; i++)
		if (x->file->settings[i].network == network && *x->file->settings[i].value &&
			text_is_one_of(x->file->settings[i].key, keys, ARRAY_SIZE(keys)))
			r = add_address(x, node, &x->file->settings[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(gateways); i++)
		if (of_network(x, network, gateways[i]))
			r = add_gateway(x, node, of_network(x, network, gateways[i]));
	return r;
}

/* phys, vlan: an interface of the host that moves in. */
static int add_host_interface(Lxc *x, unsigned int network, const LxcSetting *type)
{
	const char *link = value_of(x, network, "link"), *id = value_of(x, network, "vlan.id");
	DomainNode *node = lxc_add(x, "devices", "hostdev", NULL), *source;
	_cleanup_free_ char *name = NULL;

	if (!link)
		return lxc_refuse(x, type, "Missing 'link' attribute for NIC");
	if (strcmp(type->value, "vlan") == 0 && id ? asprintf(&name, "%s.%s", link, id) < 0
						   : !(name = strdup(link)))
		return error_oom(x->ret_error);
	if (set_attributes(x, node,
		    (const char *const[][2]){ { "mode", "capabilities" }, { "type", "net" } },
		    2) < 0)
		return -ENOMEM;
	source = node_add(node, "source", NULL);
	if (!source || !node_add(source, "interface", name))
		return error_oom(x->ret_error);
	return add_addresses(x, node, network);
}

static int set_child(
	Lxc *x, DomainNode *node, const char *name, const char *attribute, const char *value)
{
	if (!value)
		return 0;
	return set_attributes(
		x, node_add(node, name, NULL), (const char *const[][2]){ { attribute, value } }, 1);
}

static int add_source(Lxc *x, DomainNode *node, unsigned int network, const LxcSetting *type)
{
	const char *link = value_of(x, network, "link"),
		   *mode = value_of(x, network, "macvlan.mode");

	if (strcmp(type->value, "veth") == 0)
		return node_set_attribute(node, "type", link ? "bridge" : "ethernet") < 0
			       ? error_oom(x->ret_error)
			       : set_child(x, node, "source", "bridge", link);
	if (!link)
		return lxc_refuse(x, type, "Missing 'link' attribute for NIC");
	if (node_set_attribute(node, "type", "direct") < 0)
		return error_oom(x->ret_error);
	if (mode && strcmp(mode, "passthru") == 0)
		mode = "passthrough";
	return set_attributes(x, node_add(node, "source", NULL),
		(const char *const[][2]){ { "dev", link }, { "mode", mode ? mode : "private" } },
		2);
}

static int add_interface(Lxc *x, unsigned int network, const LxcSetting *type)
{
	const char *flags = value_of(x, network, "flags"), *mac = value_of(x, network, "hwaddr");
	DomainNode *node = lxc_add(x, "devices", "interface", NULL);
	int r;

	if (!node)
		return error_oom(x->ret_error);
	r = add_source(x, node, network, type);
	if (r == 0)
		r = set_child(x, node, "mac", "address",
			mac && strpbrk(mac, "xX") ? NULL : mac); /* a pattern: one is made */
	if (r == 0)
		r = set_child(x, node, "guest", "dev", value_of(x, network, "name"));
	if (r == 0)
		r = set_child(x, node, "target", "dev", value_of(x, network, "veth.pair"));
	if (r == 0)
		r = set_child(x, node, "mtu", "size", value_of(x, network, "mtu"));
	if (r == 0)
		r = set_child(x, node, "link", "state",
			flags && strcmp(flags, "up") == 0 ? "up" : "down");
	return r < 0 ? r : add_addresses(x, node, network);
}

static int check_keys(Lxc *x, unsigned int network)
{
	static const char *const keys[] = { "type", "link", "flags", "hwaddr", "name", "mtu",
		"veth.pair", "vlan.id", "macvlan.mode", "ipv4", "ipv4.address", "ipv4.gateway",
		"ipv6", "ipv6.address", "ipv6.gateway" };

	for (size_t i = 0; i < x->file->n; i++) {
		const LxcSetting *setting = &x->file->settings[i];

		if (setting->network == network &&
			!text_is_one_of(setting->key, keys, ARRAY_SIZE(keys)) &&
			strv_appendf(&x->warnings, "%s:%u: lxc.net.*.%s has no effect",
				setting->file, setting->line, setting->key) < 0)
			return error_oom(x->ret_error);
	}
	return 0;
}

int lxc_convert_networks(Lxc *x)
{
	/* LXC without any has loopback alone. */
	bool private = true;
	int r = 0;

	for (unsigned int network = 1; r == 0 && network <= x->file->networks; network++) {
		const LxcSetting *type = of_network(x, network, "type");
		const char *value = type ? type->value : "empty";

		r = check_keys(x, network);
		if (r < 0 || strcmp(value, "empty") == 0)
			continue;
		private = false;
		if (strcmp(value, "phys") == 0 || strcmp(value, "vlan") == 0)
			r = add_host_interface(x, network, type);
		else if (strcmp(value, "veth") == 0 || strcmp(value, "macvlan") == 0)
			r = add_interface(x, network, type);
		else if (strcmp(value, "none") != 0)
			r = lxc_refuse(x, type,
				"only veth, macvlan, phys, vlan, empty and none are known");
	}
	if (r == 0 && private && !lxc_make(x, "features/privnet"))
		return error_oom(x->ret_error);
	return r;
}
