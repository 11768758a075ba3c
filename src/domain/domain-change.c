/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changing a document: always on a copy, which takes its place when it is one that could be defined.
 */
#include <stdio.h>
#include <string.h>

#include "domain/view.h"
#include "domain/xml.h"

/* Takes root over. */
static int replace(Domain *domain, DomainNode *root, Error **ret_error)
{
	_cleanup_domain_ Domain *changed = NULL;
	Domain old = *domain;
	int r = domain_from_node(
		root, NORMAL_KEEP_OUTPUT | NORMAL_NO_ARCHITECTURE, &changed, ret_error);

	if (r < 0)
		return r;
	*domain = *changed;
	*changed = old; /* goes */
	return 0;
}

static void remove_path(DomainNode *root, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *above = strndup(path, slash ? (size_t)(slash - path) : 0);
	DomainNode *parent = above && *above ? node_find(root, above) : root;

	if (parent)
		node_remove_named(parent, slash ? slash + 1 : path);
	/* What holds nothing any more is not printed by libvirt either. */
	if (parent && parent != root && parent->n_children == 0 && parent->n_attributes == 0)
		remove_path(root, above);
}

int domain_set(Domain *domain, const char *path, const char *value, Error **ret_error)
{
	_cleanup_node_ DomainNode *root = node_copy(domain->root);
	const char *attribute = strchr(path, '@');
	DomainNode *node;

	if (!root)
		return error_oom(ret_error);
	if (value && !node_can_hold(value))
		return error_set(ret_error, EINVAL, "the value is not UTF-8 text");
	if (!value && !attribute) {
		remove_path(root, path);
		return replace(domain, TAKE_PTR(root), ret_error);
	}
	node = value ? node_make(root, path) : attribute == path ? root : node_find(root, path);
	if (!node && value)
		return error_oom(ret_error);
	if (node && (attribute ? node_set_attribute(node, attribute + 1, value)
			       : node_set_text(node, value)) < 0)
		return error_oom(ret_error);
	return replace(domain, TAKE_PTR(root), ret_error);
}

const char *domain_get(const Domain *domain, const char *path)
{
	return node_value(domain->root, path);
}

static int read_device(const char *xml, size_t size, DomainNode **ret, Error **ret_error)
{
	static const char *const kinds[] = { "interface", "disk", "hostdev", "filesystem" };
	const Rule *devices = rule_below(rule_root(), "devices");
	_cleanup_node_ DomainNode *node = NULL;
	int r = xml_read(xml, size, "(device_definition)", &node, ret_error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(node->name, kinds[i]) == 0) {
			r = normal_form_node(node, rule_below(devices, node->name), 0, ret_error);
			if (r == 0)
				*ret = TAKE_PTR(node);
			return r;
		}
	return error_set(ret_error, EINVAL, "XML error: unknown device type '%.64s'", node->name);
}

int domain_complete_device(const char *xml, size_t size, char **ret, Error **ret_error)
{
	_cleanup_node_ DomainNode *node = NULL;
	int r = read_device(xml, size, &node, ret_error);

	if (r == 0 && strcmp(node->name, "interface") == 0)
		r = defaults_mac(node, ret_error);
	return r < 0 ? r : domain_format_node(node, ret, ret_error);
}

int domain_add_device(Domain *domain, const char *xml, size_t size, Error **ret_error)
{
	_cleanup_node_ DomainNode *root = node_copy(domain->root);
	DomainNode *device = NULL;
	int r = root ? read_device(xml, size, &device, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	if (node_insert(node_child(root, "devices"), device, SIZE_MAX) < 0)
		return error_oom(ret_error);
	return replace(domain, TAKE_PTR(root), ret_error);
}

static size_t index_of(const DomainNode *devices, const DomainNode *device)
{
	for (size_t i = 0; i < devices->n_children; i++)
		if (devices->children[i] == device)
			return i;
	return SIZE_MAX;
}

int domain_remove_device(Domain *domain, const DomainNode *device, Error **ret_error)
{
	_cleanup_node_ DomainNode *root = node_copy(domain->root);
	size_t index = index_of(node_child(domain->root, "devices"), device);

	if (!root)
		return error_oom(ret_error);
	if (index == SIZE_MAX)
		return error_set(ret_error, ENOENT, "the domain has no such device");
	node_remove(node_child(root, "devices"), index);
	return replace(domain, TAKE_PTR(root), ret_error);
}

/* What is said of one device says it of the other, too. */
static bool is_same(const DomainNode *wanted, const DomainNode *device)
{
	static const char *const paths[] = { "@type", "@mode", "mac/@address", "source/@network",
		"source/@bridge", "source/@dev", "source/@dir", "source/@file", "source/block",
		"source/char", "source/interface", "target/@dev", "target/@dir" };

	if (strcmp(wanted->name, device->name) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *a = node_value(wanted, paths[i]), *b = node_value(device, paths[i]);

		if (a && (!b || strcmp(a, b) != 0))
			return false;
	}
	return true;
}

int domain_find_device(const Domain *domain, const char *xml, size_t size, const DomainNode **ret,
	Error **ret_error)
{
	const DomainNode *devices = node_child(domain->root, "devices");
	_cleanup_node_ DomainNode *wanted = NULL;
	int r = read_device(xml, size, &wanted, ret_error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < devices->n_children; i++)
		if (is_same(wanted, devices->children[i])) {
			*ret = devices->children[i];
			return 0;
		}
	return error_set(ret_error, ENOENT, "the domain has no such device");
}

/* ---- Metadata: elements in namespaces of their own, kept as text ---- */

static size_t find_metadata(const DomainNode *metadata, const char *uri)
{
	for (size_t i = 0; metadata && i < metadata->n_children; i++)
		if (metadata->children[i]->raw && xml_is_of(metadata->children[i]->raw, uri))
			return i;
	return SIZE_MAX;
}

static int add_metadata(DomainNode *root, const char *uri, const char *key, const char *xml,
	size_t size, Error **ret_error)
{
	_cleanup_free_ char *raw = NULL;
	DomainNode *metadata, *node;
	int r = xml_with_namespace(xml, size, uri, key, &raw, ret_error);

	if (r < 0)
		return r;
	metadata = node_child(root, "metadata");
	if (!metadata)
		metadata = node_add(root, "metadata", NULL);
	node = metadata ? node_add(metadata, "metadata", NULL) : NULL;
	if (!node)
		return error_oom(ret_error);
	node->raw = TAKE_PTR(raw);
	return 0;
}

int domain_set_metadata(Domain *domain, const char *uri, const char *key, const char *xml,
	size_t size, Error **ret_error)
{
	_cleanup_node_ DomainNode *root = node_copy(domain->root);
	DomainNode *metadata = root ? node_child(root, "metadata") : NULL;
	size_t at = find_metadata(metadata, uri);
	int r = 0;

	if (!root)
		return error_oom(ret_error);
	if (at != SIZE_MAX)
		node_remove(metadata, at);
	if (xml)
		r = add_metadata(root, uri, key, xml, size, ret_error);
	else if (metadata && metadata->n_children == 0)
		node_remove_named(root, "metadata");
	return r < 0 ? r : replace(domain, TAKE_PTR(root), ret_error);
}

int domain_get_metadata(const Domain *domain, const char *uri, char **ret, Error **ret_error)
{
	const DomainNode *metadata = node_child(domain->root, "metadata");
	size_t at = find_metadata(metadata, uri);

	return at == SIZE_MAX
		       ? error_set(ret_error, ENOENT,
				 "metadata not found: Requested metadata element is not present")
		       : xml_without_namespace(metadata->children[at]->raw, ret, ret_error);
}
