/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A link is reserved, made by the supervisor, and written down; a node is made first. What fails is undone, and what was is told as it was.
 */
#include "sandbox/domain-devices.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/path.h"
#include "desc/keyfile.h"
#include "engine/keep/live-change.h"
#include "engine/start/device-filter.h"
#include "identity/confirm.h"
#include "sandbox/domain-networks.h"
#include "sandbox/domain-run.h"

typedef struct Change {
	const struct vsb_domain *handle;
	Domain *domain; /* as it shall be */
	DomainPlaces places;
	RunState state;
	Desc *desc; /* as it was */
	Identity *identity;
	Spec *wanted; /* what it runs with, and shall */
} Change;

static void change_done(Change *c)
{
	domain_places_done(&c->places);
	run_state_done(&c->state);
	desc_free(c->desc);
	identity_free(c->identity);
	spec_free(c->wanted);
}
#define _cleanup_change_ _cleanup_(change_done)

static int begin(Change *c, Error **ret_error)
{
	int r = domain_must_run(c->handle, &c->state, ret_error);

	if (r == 0)
		r = domain_places_of(c->handle, &c->places, ret_error);
	if (r == 0)
		r = domain_run_compile(c->handle->key, &c->wanted, ret_error);
	return r < 0 ? r : keyfile_load(c->places.identity, &c->desc, &c->identity, ret_error);
}

static int refuse(const char *what, Error **ret_error)
{
	return error_set(ret_error, EOPNOTSUPP,
		"Requested operation is not valid: cannot change %s of a running domain; use "
		"--config",
		what);
}

/* The supervisor does it, and it is written down. */
static int commit(const Change *c, Error **ret_error)
{
	int r = supervisor_change(c->handle->key, c->wanted, ret_error);

	return r < 0 ? r : domain_run_note(c->handle, c->domain, c->wanted, ret_error);
}

/* What the changed document asks of identity/. */
static int wishes_of(const Change *c, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	int r = domain_wishes(c->domain, &desc, ret_error);

	if (r < 0)
		return r;
	free(desc->name);
	desc->name = strdup(c->handle->key);
	if (!desc->name)
		return error_oom(ret_error);
	*ret = TAKE_PTR(desc);
	return 0;
}

/* -- Links -- */

typedef bool (*NameTaken)(const Spec *spec, const char *name);

static bool host_name_is_taken(const Spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_networks; i++)
		if (strcmp(spec->networks[i].host_name, name) == 0)
			return true;
	return false;
}

static bool name_is_taken(const Spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_networks; i++)
		if (strcmp(spec->networks[i].name, name) == 0)
			return true;
	return false;
}

/* The first "eth0", ... that no link has. */
static int choose_name(
	const Spec *spec, NameTaken is_taken, const char *prefix, char **name, Error **ret_error)
{
	for (unsigned int i = 0; i < DESC_NETWORK_MAX; i++) {
		char *text = NULL;

		if (asprintf(&text, "%s%u", prefix, i) < 0)
			return error_oom(ret_error);
		if (!is_taken(spec, text)) {
			free(*name);
			*name = text;
			return 0;
		}
		free(text);
	}
	return error_set(ret_error, E2BIG, "more than %d interfaces", DESC_NETWORK_MAX);
}

/* Behind those that are there: by its index it would get the name of one when another has gone. */
static int add_link(Change *c, Spec *now, Error **ret_error)
{
	const DomainInterface *interface = &c->domain->interfaces[c->domain->n_interfaces - 1];
	Attachment *link = &now->networks[now->n_networks - 1], *added;
	char prefix[16];
	int r = 0;

	(void)snprintf(prefix, sizeof(prefix), "vsb%.9s-", c->identity->uuid);
	if (!interface->host_name)
		r = choose_name(c->wanted, host_name_is_taken, prefix, &link->host_name, ret_error);
	if (r == 0 && !interface->guest_name && interface->type != DOMAIN_INTERFACE_HOSTDEV)
		r = choose_name(c->wanted, name_is_taken, "eth", &link->name, ret_error);
	if (r == 0 && (name_is_taken(c->wanted, link->name) ||
			      host_name_is_taken(c->wanted, link->host_name)))
		r = error_set(ret_error, EEXIST, "it has an interface %s already", link->name);
	if (r < 0)
		return r;
	added = spec_add_network(c->wanted);
	if (!added)
		return error_oom(ret_error);
	*added = *link;
	now->n_networks--; /* its texts are the other's now */
	return 0;
}

static int make_link(Change *c, Error **ret_error)
{
	_cleanup_spec_ Spec *now = NULL;
	int r = domain_run_recompile(c->handle, c->domain, &now, ret_error);

	if (r == 0)
		r = add_link(c, now, ret_error);
	return r < 0 ? r : commit(c, ret_error);
}

static int attach_link(Change *c, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	size_t index = c->domain->n_interfaces - 1;
	int r = 0;

	for (size_t i = 0; i < c->wanted->n_networks; i++) /* they stand last in the document */
		if (c->wanted->networks[i].kind == ATTACHMENT_HOSTDEV)
			return refuse("interfaces beside one of the host's", ret_error);
	if (c->wanted->namespaces.network.kind != SPEC_NAMESPACE_NEW)
		return error_set(ret_error, EOPNOTSUPP,
			"Requested operation is not valid: the domain has no network of its own; "
			"use --config");
	r = domain_networks_ensure(c->domain, ret_error);
	if (r == 0)
		r = wishes_of(c, &desc, ret_error);
	if (r == 0)
		r = identity_reserve_more_links(desc, c->identity, index, ret_error);
	if (r == 0)
		r = keyfile_save(desc, c->identity, c->places.identity, ret_error);
	if (r == 0)
		r = make_link(c, ret_error);
	if (r < 0 && desc) { /* the failure to tell is the first */
		(void)identity_release_link(desc, c->identity, index, NULL);
		(void)keyfile_save(c->desc, c->identity, c->places.identity, NULL);
	}
	return r;
}

static void drop_link(Spec *spec, size_t index)
{
	Attachment gone = spec->networks[index];

	memmove(spec->networks + index, spec->networks + index + 1,
		(spec->n_networks - index - 1) * sizeof(gone));
	spec->networks[spec->n_networks - 1] = gone; /* freed with it */
}

static int detach_link(Change *c, size_t index, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	int r;

	if (index >= c->wanted->n_networks)
		return error_set(ret_error, ENOENT, "the domain has no such device");
	drop_link(c->wanted, index);
	c->wanted->n_networks--;
	r = commit(c, ret_error);
	c->wanted->n_networks++;
	if (r == 0)
		r = identity_release_link(c->desc, c->identity, index, ret_error);
	if (r == 0)
		r = wishes_of(c, &desc, ret_error);
	return r < 0 ? r : keyfile_save(desc, c->identity, c->places.identity, ret_error);
}

/* -- Nodes -- */

static SpecDevice *find_node(const Spec *spec, const char *target)
{
	const char *name = path_is_below(target, "/dev") ? target + strlen("/dev/") : target;

	for (size_t i = 0; i < spec->n_devices; i++)
		if (strcmp(spec->devices[i].path + strlen("/dev/"), name) == 0)
			return &spec->devices[i];
	return NULL;
}

/* Beside the rules that it has, each of which must allow. */
static int restrict_node(const Change *c, const Spec *now, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;

	if (now->n_device_rules == c->wanted->n_device_rules)
		return 0;
	if (!c->state.cgroup)
		return error_set(ret_error, EOPNOTSUPP,
			"a read-only device needs a cgroup, which the domain does "
			"not have on this host");
	fd = open(c->state.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", c->state.cgroup);
	return device_filter_apply(fd, now, ret_error);
}

static void take_nodes(Spec *spec, Spec *from)
{
	const Spec old = *spec;

	spec->devices = from->devices;
	spec->n_devices = from->n_devices;
	spec->device_rules = from->device_rules;
	spec->n_device_rules = from->n_device_rules;
	from->devices = old.devices;
	from->n_devices = old.n_devices;
	from->device_rules = old.device_rules;
	from->n_device_rules = old.n_device_rules;
}

/* The one that is new: where it stands depends on its kind. NULL: all are there. */
static const char *new_target(const Change *c)
{
	const char *found = NULL;

	for (size_t i = 0; i < c->domain->n_hostdevs; i++) {
		const char *target = c->domain->hostdevs[i].target;

		for (size_t j = 0; j < i; j++)
			if (strcmp(target, c->domain->hostdevs[j].target) == 0)
				return NULL;
		if (!find_node(c->wanted, target))
			found = target;
	}
	return found;
}

static int attach_node(Change *c, Error **ret_error)
{
	const char *target = new_target(c);
	_cleanup_spec_ Spec *now = NULL;
	SpecDevice *device;
	int r;

	if (!target)
		return error_set(ret_error, EEXIST,
			"operation failed: the domain has a device of that name already");
	r = domain_run_recompile(c->handle, c->domain, &now, ret_error);
	if (r < 0)
		return r;
	device = find_node(now, target);
	if (!device)
		return refuse(target, ret_error);
	r = restrict_node(c, now, ret_error);
	if (r == 0)
		r = live_node_make(c->wanted, &c->state, device, ret_error);
	if (r < 0)
		return r;
	take_nodes(c->wanted, now);
	r = commit(c, ret_error);
	if (r < 0) /* the failure to tell is the first */
		(void)live_node_remove(&c->state, find_node(c->wanted, target), NULL);
	return r;
}

static int detach_node(Change *c, const char *target, Error **ret_error)
{
	_cleanup_spec_ Spec *now = NULL;
	SpecDevice *device = find_node(c->wanted, target);
	int r;

	if (!device || !device->made)
		return error_set(ret_error, ENOENT, "the domain has no such device");
	r = domain_run_recompile(c->handle, c->domain, &now, ret_error);
	if (r == 0)
		r = live_node_remove(&c->state, device, ret_error);
	if (r < 0)
		return r;
	take_nodes(c->wanted, now);
	return commit(c, ret_error);
}

/* -- Both -- */

int domain_attach_live(
	const struct vsb_domain *handle, Domain *domain, const char *xml, Error **ret_error)
{
	_cleanup_change_ Change c = { .handle = handle, .domain = domain };
	size_t links = domain->n_interfaces, nodes = domain->n_hostdevs;
	int r = domain_add_device(domain, xml, strlen(xml), ret_error);

	if (r == 0)
		r = domain_check_start(domain, ret_error);
	if (r == 0)
		r = begin(&c, ret_error);
	if (r < 0)
		return r;
	if (domain->n_interfaces > links)
		return attach_link(&c, ret_error);
	return domain->n_hostdevs > nodes ? attach_node(&c, ret_error)
					  : refuse("file systems", ret_error);
}

int domain_detach_live(
	const struct vsb_domain *handle, Domain *domain, const char *xml, Error **ret_error)
{
	_cleanup_change_ Change c = { .handle = handle, .domain = domain };
	_cleanup_free_ char *target = NULL;
	const DomainNode *device;
	size_t link = SIZE_MAX;
	int r = domain_find_device(domain, xml, strlen(xml), &device, ret_error);

	if (r == 0)
		r = begin(&c, ret_error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < domain->n_interfaces; i++)
		if (domain->interfaces[i].node == device)
			link = i;
	for (size_t i = 0; i < domain->n_hostdevs; i++)
		if (domain->hostdevs[i].node == device)
			target = strdup(domain->hostdevs[i].target);
	if (link == SIZE_MAX && !target)
		return refuse("file systems", ret_error);
	r = domain_remove_device(domain, device, ret_error);
	if (r < 0)
		return r;
	return target ? detach_node(&c, target, ret_error) : detach_link(&c, link, ret_error);
}
