/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What libvirt fills in when a domain is defined, and what it checks across elements then.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include "domain/normal-form.h"

#define EMULATOR "/usr/libexec/libvirt_lxc" /* as the field expects it; nothing is run */

static int set_default(DomainNode *node, const char *attribute, const char *value)
{
	return node_attribute(node, attribute) ? 0 : node_set_attribute(node, attribute, value);
}

static DomainNode *ensure(DomainNode *parent, const char *name, const char *text)
{
	DomainNode *child = node_child(parent, name);

	if (!child)
		return node_add(parent, name, text);
	if (text && (!child->text || !*child->text) && node_set_text(child, text) < 0)
		return NULL;
	return child;
}

static int default_uuid(DomainNode *root, Error **ret_error)
{
	uint8_t b[16];
	char text[37];

	if (node_child(root, "uuid"))
		return 0;
	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return error_errno(ret_error, errno, "cannot create a UUID");
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* RFC 4122: version 4 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	(void)snprintf(text, sizeof(text),
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return ensure(root, "uuid", text) ? 0 : error_oom(ret_error);
}

static int default_memory(DomainNode *root, Error **ret_error)
{
	const char *memory = node_value(root, "memory"), *current;
	DomainNode *node;

	if (!memory || strcmp(memory, "0") == 0)
		return error_set(
			ret_error, EINVAL, "XML error: Memory size must be specified via <memory>");
	node = ensure(root, "currentMemory", memory);
	if (!node || node_set_attribute(node, "unit", "KiB") < 0)
		return error_oom(ret_error);
	current = node->text;
	if (strcmp(current, "0") == 0 || strtoull(current, NULL, 10) > strtoull(memory, NULL, 10))
		return node_set_text(node, memory) < 0 ? error_oom(ret_error) : 0;
	return 0;
}

static const char *host_architecture(void)
{
	static _Thread_local struct utsname name;

	return uname(&name) < 0 ? "x86_64" : name.machine;
}

static int default_os(DomainNode *root, unsigned int flags, Error **ret_error)
{
	DomainNode *os = node_child(root, "os"), *type = node_child(os, "type");

	if (!os || !type || !node_value(os, "init") || !*node_value(os, "init"))
		return error_set(ret_error, EINVAL, "XML error: init binary must be specified");
	if (!(flags & NORMAL_NO_ARCHITECTURE) && set_default(type, "arch", host_architecture()) < 0)
		return error_oom(ret_error);
	return 0;
}

static int default_life(DomainNode *root, Error **ret_error)
{
	static const char *const actions[][2] = { { "on_poweroff", "destroy" },
		{ "on_reboot", "restart" }, { "on_crash", "destroy" } };
	DomainNode *clock, *vcpu = ensure(root, "vcpu", "1");

	if (!vcpu || set_default(vcpu, "placement", "static") < 0)
		return error_oom(ret_error);
	clock = ensure(root, "clock", NULL);
	if (!clock || set_default(clock, "offset", "utc") < 0)
		return error_oom(ret_error);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!ensure(root, actions[i][0], actions[i][1]))
			return error_oom(ret_error);
	return 0;
}

static int default_filesystem(DomainNode *node, Error **ret_error)
{
	static const char *const sources[][2] = { { "mount", "dir" }, { "bind", "dir" },
		{ "file", "file" }, { "block", "dev" }, { "ram", "usage" } };
	const char *type;

	if (set_default(node, "type", "mount") < 0 ||
		set_default(node, "accessmode", "passthrough") < 0)
		return error_oom(ret_error);
	type = node_attribute(node, "type");
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (strcmp(sources[i][0], type) == 0 &&
			!node_attribute(node_child(node, "source"), sources[i][1]))
			return error_set(ret_error, EINVAL,
				"line %u: missing '%s' attribute of <source> for a filesystem of "
				"type "
				"'%s'",
				node->line, sources[i][1], type);
	return 0;
}

static int default_addresses(DomainNode *node, Error **ret_error)
{
	for (size_t i = 0; i < node->n_children; i++) {
		DomainNode *ip = node->children[i];
		bool is_ip = strcmp(ip->name, "ip") == 0, is_route = strcmp(ip->name, "route") == 0;
		const char *address = node_attribute(ip, is_ip ? "address" : "gateway"),
			   *prefix = node_attribute(ip, "prefix");
		bool six = address && strchr(address, ':');

		if (!is_ip && !is_route)
			continue;
		if (prefix && !six && strtoul(prefix, NULL, 10) > 32)
			return error_set(ret_error, EINVAL,
				"line %u: Invalid prefix value '%s' in <%s>", ip->line, prefix,
				ip->name);
		if (is_ip && prefix && strcmp(prefix, "0") == 0)
			(void)node_set_attribute(ip, "prefix", NULL);
		if ((is_ip && node_set_attribute(ip, "family", six ? "ipv6" : "ipv4") < 0) ||
			(is_route && set_default(ip, "address", six ? "::" : "0.0.0.0") < 0))
			return error_oom(ret_error);
	}
	return 0;
}

int defaults_mac(DomainNode *node, Error **ret_error)
{
	DomainNode *mac = node_child(node, "mac");
	uint8_t random[3];
	char text[18];

	if (mac)
		return 0;
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return error_errno(ret_error, errno, "cannot create a MAC address");
	(void)snprintf(
		text, sizeof(text), "52:54:00:%02x:%02x:%02x", random[0], random[1], random[2]);
	mac = node_add(node, "mac", NULL);
	return mac && node_set_attribute(mac, "address", text) == 0 ? 0 : error_oom(ret_error);
}

static int default_interface(DomainNode *node, unsigned int flags, Error **ret_error)
{
	static const char *const sources[][2] = { { "network", "network" }, { "bridge", "bridge" },
		{ "direct", "dev" } };
	DomainNode *source = node_child(node, "source"), *target = node_child(node, "target");
	const char *type = node_attribute(node, "type"), *name = node_attribute(target, "dev");

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (strcmp(sources[i][0], type) == 0 && !node_attribute(source, sources[i][1]))
			return error_set(ret_error, EINVAL,
				"line %u: Missing required attribute '%s' in element 'source' of "
				"an "
				"interface of type '%s'",
				node->line, sources[i][1], type);
	if (strcmp(type, "direct") == 0 && set_default(source, "mode", "vepa") < 0)
		return error_oom(ret_error);
	/* What was chosen at a start says nothing about the next one. */
	if (name && !(flags & NORMAL_KEEP_OUTPUT) &&
		(strncmp(name, "vnet", 4) == 0 || strncmp(name, "vsb", 3) == 0))
		node_remove_named(node, "target");
	return defaults_mac(node, ret_error);
}

static int default_console(
	DomainNode *node, unsigned int index, unsigned int flags, Error **ret_error)
{
	DomainNode *target = ensure(node, "target", NULL);
	char port[16];

	(void)snprintf(port, sizeof(port), "%u", index);
	if (!target || set_default(target, "type", "lxc") < 0 ||
		set_default(target, "port", port) < 0)
		return error_oom(ret_error);
	if (strcmp(node_attribute(node, "type"), "pty") == 0 && !(flags & NORMAL_KEEP_OUTPUT))
		node_remove_named(node, "source");
	return 0;
}

static int default_hostdev(const DomainNode *node, Error **ret_error)
{
	static const char *const sources[][2] = { { "storage", "block" }, { "misc", "char" },
		{ "net", "interface" } };
	const char *type = node_attribute(node, "type");
	const DomainNode *source = node_child(node, "source");

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (strcmp(sources[i][0], type) == 0 &&
			!(node_value(source, sources[i][1]) && *node_value(source, sources[i][1])))
			return error_set(ret_error, EINVAL,
				"line %u: Missing <%s> element in hostdev %s device", node->line,
				sources[i][1], type);
	return 0;
}

static int default_devices(DomainNode *root, unsigned int flags, Error **ret_error)
{
	DomainNode *devices = ensure(root, "devices", NULL);
	unsigned int consoles = 0;
	int r = 0;

	if (!devices || !ensure(devices, "emulator", EMULATOR))
		return error_oom(ret_error);
	for (size_t i = 0; r == 0 && i < devices->n_children; i++) {
		DomainNode *node = devices->children[i];

		if (strcmp(node->name, "filesystem") == 0)
			r = default_filesystem(node, ret_error);
		else if (strcmp(node->name, "interface") == 0)
			r = default_interface(node, flags, ret_error);
		else if (strcmp(node->name, "console") == 0)
			r = default_console(node, consoles++, flags, ret_error);
		else if (strcmp(node->name, "hostdev") == 0)
			r = default_hostdev(node, ret_error);
		else if (strcmp(node->name, "disk") == 0 &&
			 (set_default(node, "type", "file") < 0 ||
				 set_default(node, "device", "disk") < 0))
			r = error_oom(ret_error);
		if (r == 0)
			r = default_addresses(node, ret_error);
	}
	return r;
}

static int default_seclabel(DomainNode *node, unsigned int flags, Error **ret_error)
{
	const char *type, *relabel = node_attribute(node, "relabel"),
			  *model = node_attribute(node, "model");
	bool none, dynamic;

	if (set_default(node, "type", "dynamic") < 0)
		return error_oom(ret_error);
	if (model && strcmp(model, "none") == 0 && node_set_attribute(node, "type", "none") < 0)
		return error_oom(ret_error);
	type = node_attribute(node, "type");
	none = strcmp(type, "none") == 0;
	dynamic = strcmp(type, "dynamic") == 0;
	if (none && relabel && strcmp(relabel, "yes") == 0)
		return error_set(ret_error, EINVAL,
			"line %u: resource relabeling is not compatible with 'none' label type",
			node->line);
	if (dynamic && relabel && strcmp(relabel, "no") == 0)
		return error_set(ret_error, EINVAL,
			"line %u: dynamic label type must use resource relabeling", node->line);
	if (!none && !dynamic && !(node_value(node, "label") && *node_value(node, "label")))
		return error_set(
			ret_error, EINVAL, "line %u: security label is missing", node->line);
	/* Of a dynamic one the label is output, of a static one there is nothing to build on. */
	if ((dynamic && !(flags & NORMAL_KEEP_OUTPUT)) || none)
		node_remove_named(node, "label");
	if (!dynamic)
		node_remove_named(node, "baselabel");
	if (none)
		(void)node_set_attribute(node, "relabel", NULL);
	else if (set_default(node, "relabel", dynamic ? "yes" : "no") < 0)
		return error_oom(ret_error);
	return 0;
}

static int default_features(DomainNode *root, Error **ret_error)
{
	DomainNode *capabilities = node_find(root, "features/capabilities"),
		   *spaces = node_child(root, "lxc:namespace");

	for (size_t i = 0; capabilities && i < capabilities->n_children; i++)
		if (capability_index(capabilities->children[i]->name, NULL) >= 0 &&
			(set_default(capabilities->children[i], "state", "on") < 0 ||
				set_default(capabilities, "policy", "default") < 0))
			return error_oom(ret_error);
	for (size_t i = spaces ? spaces->n_children : 0; i > 0; i--) {
		const char *type = node_attribute(spaces->children[i - 1], "type");

		if (type && strcmp(type, "none") == 0) /* says nothing, and is not printed */
			node_remove(spaces, i - 1);
	}
	if (spaces && spaces->n_children == 0)
		node_remove_named(root, "lxc:namespace");
	return 0;
}

static int check_idmap(const DomainNode *root, Error **ret_error)
{
	static const char *const kinds[] = { "uid", "gid" };
	const DomainNode *idmap = node_child(root, "idmap");

	for (size_t i = 0; idmap && i < ARRAY_SIZE(kinds); i++) {
		const char *start = node_attribute(node_child(idmap, kinds[i]), "start");

		/* The lowest: they are sorted. */
		if (!start || strcmp(start, "0") != 0)
			return error_set(ret_error, EINVAL,
				"line %u: You must map the root %s of container", idmap->line,
				i == 0 ? "user" : "group");
	}
	return 0;
}

static int check_cputune(const DomainNode *root, Error **ret_error)
{
	const char *period = node_value(root, "cputune/period"),
		   *quota = node_value(root, "cputune/quota");
	long long q = quota ? strtoll(quota, NULL, 10) : 0;

	if (period && strtoull(period, NULL, 10) < 1000)
		return error_set(ret_error, EINVAL,
			"line %u: Value of cputune 'period' must be in range [1000, 1000000]",
			node_find(root, "cputune/period")->line);
	if (quota && q != 0 && (q < -1 || (q > 0 && q < 1000) || q > 18446744073709551LL))
		return error_set(ret_error, EINVAL,
			"line %u: Value of cputune 'quota' must be in range [1000, "
			"18446744073709551]",
			node_find(root, "cputune/quota")->line);
	return 0;
}

int defaults_apply(DomainNode *root, unsigned int flags, Error **ret_error)
{
	int r = default_uuid(root, ret_error);

	if (r == 0)
		r = default_memory(root, ret_error);
	if (r == 0)
		r = default_os(root, flags, ret_error);
	if (r == 0)
		r = default_life(root, ret_error);
	if (r == 0)
		r = default_features(root, ret_error);
	if (r == 0)
		r = default_devices(root, flags, ret_error);
	for (size_t i = 0; r == 0 && i < root->n_children; i++)
		if (strcmp(root->children[i]->name, "seclabel") == 0)
			r = default_seclabel(root->children[i], flags, ret_error);
	if (r == 0)
		r = check_idmap(root, ret_error);
	return r < 0 ? r : check_cputune(root, ret_error);
}
