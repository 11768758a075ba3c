/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * spec_from_domain(): the story.
 */
#include "domain/domain-compile.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/strv.h"
#include "engine/spec/usual.h"
#include "identity/wishes.h"

char *domain_compile_text(DomainCompile *c, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	c->failed = c->failed || (text && !copy);
	return copy;
}

void domain_compile_setting(
	DomainCompile *c, SpecSetting **list, size_t *n, const char *key, const char *value)
{
	if (array_room(list, *n, sizeof(**list)) < 0) {
		c->failed = true;
		return;
	}
	(*list)[*n] = (SpecSetting){ domain_compile_text(c, key), domain_compile_text(c, value) };
	++*n;
}

static void join(DomainCompile *c, SpecNamespace *space, const char *path)
{
	if (!path)
		return;
	space->kind = SPEC_NAMESPACE_JOIN;
	space->path = domain_compile_text(c, path);
}

static void compile_namespaces(DomainCompile *c)
{
	SpecNamespaces *spaces = &c->spec->namespaces;

	spaces->time.kind = SPEC_NAMESPACE_HOST;
	if (!c->facts->user_namespace)
		spaces->user.kind = SPEC_NAMESPACE_HOST;
	if (!c->private_network)
		spaces->network.kind = SPEC_NAMESPACE_HOST;
	join(c, &spaces->network, c->facts->join_network);
	join(c, &spaces->ipc, c->facts->join_ipc);
	join(c, &spaces->uts, c->facts->join_uts);
}

static void copy_map(DomainCompile *c, SpecIdMap *to, const SpecIdMap *from)
{
	for (size_t i = 0; i < from->n_ranges; i++)
		if (spec_add_range(to, from->ranges[i]) < 0)
			c->failed = true;
}

static void compile_ids(DomainCompile *c)
{
	const SpecIdRange range = { 0, c->identity->id_base, DESC_ID_COUNT };

	if (c->domain->users.n_ranges > 0) {
		copy_map(c, &c->spec->users, &c->domain->users);
		copy_map(c, &c->spec->groups, &c->domain->groups);
	} else if (c->facts->user_namespace && c->identity->id_base > 0) {
		if (spec_add_range(&c->spec->users, range) < 0 ||
			spec_add_range(&c->spec->groups, range) < 0)
			c->failed = true;
	}
}

static void compile_link(DomainCompile *c, const Attachment *wish, unsigned int index)
{
	const DomainInterface *interface = &c->domain->interfaces[index];
	Attachment *attachment = spec_add_network(c->spec);
	const char *uuid = c->identity->uuid;
	char name[32];

	if (!attachment) {
		c->failed = true;
		return;
	}
	attachment->kind = wish->kind;
	attachment->source = domain_compile_text(c, wish->source);
	/* 9 digits of the uuid and the index: 15 characters at most. */
	(void)snprintf(name, sizeof(name), "vsb%.9s-%u", uuid ? uuid : "", index % 100);
	attachment->host_name =
		domain_compile_text(c, interface->host_name ? interface->host_name : name);
	(void)snprintf(name, sizeof(name), "eth%u", index);
	attachment->name = domain_compile_text(c, interface->guest_name ? interface->guest_name
						  : interface->type == DOMAIN_INTERFACE_HOSTDEV
							  ? interface->source /* as it was */
							  : name);
	attachment->mac = domain_compile_text(c, wish->mac);
	attachment->mode = domain_compile_text(c, wish->mode);
	attachment->mtu = wish->mtu;
	attachment->rate_in = wish->rate_in;
	attachment->rate_out = wish->rate_out;
	attachment->down = interface->down;
	if (strv_copy(&attachment->addresses, wish->addresses) < 0 ||
		strv_copy(&attachment->peers, interface->peers) < 0 ||
		strv_copy(&attachment->routes, interface->routes) < 0)
		c->failed = true;
}

static void compile_network(DomainCompile *c)
{
	LinkWishes wishes;

	wish_links(c->wishes, c->identity, &wishes);
	for (unsigned int i = 0; i < wishes.n && i < c->domain->n_interfaces; i++)
		compile_link(c, &wishes.links[i], i);
}

static void compile_label(DomainCompile *c)
{
	const Labels labels = wish_labels(c->wishes, c->identity);
	Labels *label = &c->spec->label;

	*label = labels;
	label->model = domain_compile_text(c, labels.model);
	label->process = domain_compile_text(c, labels.process);
	label->file = domain_compile_text(c, labels.file);
}

static void add_stop(DomainCompile *c, const char *signal)
{
	SpecStop *stop = spec_add_stop(c->spec);

	if (stop)
		stop->signal = domain_compile_text(c, signal);
	else
		c->failed = true;
}

static SpecAfter after(DomainAction action)
{
	return action == DOMAIN_ACTION_RESTART ? SPEC_AFTER_START : SPEC_AFTER_END;
}

static void compile_keep(DomainCompile *c)
{
	SpecKeep *keep = &c->spec->keep;

	keep->on_reboot = after(c->domain->on_reboot);
	keep->on_poweroff = after(c->domain->on_poweroff);
	keep->on_crash = after(c->domain->on_crash);
	add_stop(c, c->facts->stop_signal ? c->facts->stop_signal : "TERM");
	add_stop(c, "KILL");
}

static int compile_all(DomainCompile *c, Error **ret_error)
{
	int r;

	c->spec->name = domain_compile_text(c, c->domain->name);
	compile_namespaces(c);
	compile_ids(c);
	compile_network(c);
	r = domain_compile_root(c, ret_error);
	if (r < 0)
		return r;
	domain_compile_process(c);
	domain_compile_resources(c);
	compile_label(c);
	compile_keep(c);
	return c->failed ? error_oom(ret_error) : 0;
}

int spec_from_domain(const Domain *domain, const Identity *identity, const Places *places,
	const KernelFacts *kernel, const DomainFacts *facts, Spec **ret, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = spec_new();
	_cleanup_desc_ Desc *wishes = NULL;
	DomainCompile c = { .domain = domain,
		.identity = identity,
		.facts = facts,
		.spec = spec,
		.private_network = domain->n_interfaces > 0 || domain->privnet };
	int r;

	(void)places; /* a domain's own files are where its document says */
	(void)kernel;
	if (!spec)
		return error_oom(ret_error);
	r = domain_check_start(domain, ret_error);
	if (r == 0)
		r = domain_wishes(domain, &wishes, ret_error);
	if (r < 0)
		return r;
	c.wishes = wishes;
	r = compile_all(&c, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(spec);
	return r;
}
