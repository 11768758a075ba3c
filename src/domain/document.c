/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Documents in and out, and with what they say while they run.
 */

#include <stdio.h>
#include <string.h>
#include "domain/plain-xml.h"
#include "domain/view.h"
#include "domain/xml.h"

int domain_parse_xml(const char *text, size_t size, const char *name, unsigned int flags,
	Domain **ret, Error **ret_error)
{
	DomainNode *root = NULL;
	int r = plain_xml_read(text, size, &root);

	r = r > 0 ? 0 : r < 0 ? error_oom(ret_error) : xml_read(text, size, name, &root, ret_error);
	if (r == 0 && (flags & DOMAIN_VALIDATE)) {
		r = xml_validate(text, size, name, ret_error);
		if (r < 0)
			node_free(root);
	}
	return r < 0 ? r : domain_from_node(root, 0, ret, ret_error);
}

int domain_copy(const Domain *domain, Domain **ret, Error **ret_error)
{
	DomainNode *root = node_copy(domain->root);

	/* What it lacks now it does not get: architecture and the rest are in the document already, or are left out on purpose. */
	return root ? domain_from_node(
			      root, NORMAL_KEEP_OUTPUT | NORMAL_NO_ARCHITECTURE, ret, ret_error)
		    : error_oom(ret_error);
}

static int print(const DomainNode *root, char **ret, Error **ret_error)
{
	_cleanup_node_ DomainNode *copy = NULL;
	_cleanup_buf_ Buf buf = { 0 };

	if (node_child(root, "lxc:namespace")) {
		copy = node_copy(root);
		if (!copy || node_set_attribute(copy, "xmlns:lxc",
				     "http://libvirt.org/schemas/domain/lxc/1.0") < 0)
			return error_oom(ret_error);
		root = copy;
	}
	node_print(root, 0, &buf);
	return buf_take(&buf, ret, ret_error);
}

int domain_format_xml(const Domain *domain, unsigned int flags, char **ret, Error **ret_error)
{
	_cleanup_domain_ Domain *inactive = NULL;
	DomainNode *root;
	int r;

	if (!(flags & DOMAIN_INACTIVE))
		return print(domain->root, ret, ret_error);
	root = node_copy(domain->root);
	if (!root)
		return error_oom(ret_error);
	r = domain_from_node(root, NORMAL_NO_ARCHITECTURE, &inactive, ret_error);
	return r < 0 ? r : print(inactive->root, ret, ret_error);
}

int domain_format_node(const DomainNode *node, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	node_print(node, 0, &buf);
	return buf_take(&buf, ret, ret_error);
}

static DomainNode *ensure(DomainNode *parent, const char *name)
{
	DomainNode *child = parent ? node_child(parent, name) : NULL;

	return child || !parent ? child : node_add(parent, name, NULL);
}

static int live_label(DomainNode *root, const DomainLive *live)
{
	DomainNode *seclabel = node_child(root, "seclabel"), *node;

	if (!live->label)
		return 0;
	if (!seclabel) {
		seclabel = node_add(root, "seclabel", NULL);
		if (!seclabel || node_set_attribute(seclabel, "type", "dynamic") < 0)
			return -ENOMEM;
	}
	if (live->model && node_set_attribute(seclabel, "model", live->model) < 0)
		return -ENOMEM;
	node = ensure(seclabel, "label");
	if (!node || node_set_text(node, live->label) < 0)
		return -ENOMEM;
	node = live->imagelabel ? ensure(seclabel, "imagelabel") : NULL;
	return live->imagelabel && (!node || node_set_text(node, live->imagelabel) < 0) ? -ENOMEM
											: 0;
}

static int live_console(DomainNode *devices, const char *path)
{
	DomainNode *console = node_child(devices, "console"), *source;

	if (!path || !console)
		return 0;
	source = ensure(console, "source");
	return source && node_set_attribute(console, "tty", path) == 0 &&
			       node_set_attribute(source, "path", path) == 0
		       ? 0
		       : -ENOMEM;
}

/* By index of interfaces, which stand before the devices of the host that move in. */
static int live_names(DomainNode *devices, char *const *names)
{
	for (size_t i = 0, index = 0; names && i < devices->n_children; i++) {
		DomainNode *node = devices->children[i], *target;

		if (strcmp(node->name, "interface") != 0)
			continue;
		if (!names[index])
			return 0;
		target = ensure(node, "target");
		if (!target || node_set_attribute(target, "dev", names[index++]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int live_partition(DomainNode *root)
{
	DomainNode *resource = ensure(root, "resource"), *partition = ensure(resource, "partition");

	return partition && (partition->text || node_set_text(partition, "/machine") == 0)
		       ? 0
		       : -ENOMEM;
}

int domain_with_live(const Domain *domain, const DomainLive *live, Domain **ret, Error **ret_error)
{
	_cleanup_node_ DomainNode *root = node_copy(domain->root);
	DomainNode *devices = root ? node_child(root, "devices") : NULL;
	char id[16];

	if (!root)
		return error_oom(ret_error);
	(void)snprintf(id, sizeof(id), "%d", live->id);
	if (node_set_attribute(root, "id", id) < 0 || live_label(root, live) < 0 ||
		live_console(devices, live->console) < 0 ||
		live_names(devices, live->host_names) < 0 || live_partition(root) < 0)
		return error_oom(ret_error);
	return domain_from_node(
		TAKE_PTR(root), NORMAL_KEEP_OUTPUT | NORMAL_NO_ARCHITECTURE, ret, ret_error);
}
