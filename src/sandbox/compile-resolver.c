/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container's /etc/resolv.conf: as the host's is, and becomes, for who has a keeper; else as it is at the start. What the description says takes its place. And
 * its /etc/hosts, to which the network adds the names of the containers that it may reach.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/resolver.h"
#include "base/strv.h"
#include "net/own-network.h"
#include "sandbox/compile-parts.h"
#include "sandbox/compile.h"

#define TARGET "/etc/resolv.conf"
#define HOSTS "/etc/hosts"
#define FLAGS                                                                                      \
	(SPEC_MOUNT_READONLY | SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV | SPEC_MOUNT_NOEXEC |          \
		SPEC_MOUNT_KEEP_LABEL)

/* What names its servers know, the host's do not: they are asked alone, unless others are named. */
static int add_network_servers(const Desc *desc, char ***lines)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < desc->n_networks && !desc->dns; i++) {
		const DescNetwork *link = &desc->networks[i];
		char gateway[IPV4_TEXT_SIZE];
		Network network;

		if (link->type != DESC_NETWORK_NAMED ||
			network_load(link->source, &network, NULL) < 0 || !network.dns)
			continue;
		ipv4_format(subnet_gateway(network.subnet), 0, gateway);
		r = strv_appendf(lines, "nameserver %s", gateway);
	}
	return r;
}

int compile_resolver_lines(const Desc *desc, char ***ret)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *search = strv_join(desc->dns_search, " ");
	int r = search ? add_network_servers(desc, &lines) : -ENOMEM;

	STRV_FOREACH (address, desc->dns)
		r = r < 0 ? r : strv_appendf(&lines, "nameserver %s", *address);
	if (r == 0 && desc->dns_search)
		r = strv_appendf(&lines, "search %s", search);
	if (r == 0)
		*ret = TAKE_PTR(lines);
	return r;
}

static bool is_asked(const Desc *desc)
{
	return desc->dns || desc->dns_search;
}

/* By what the administrator mounts there, or has followed. */
static bool is_given(const Desc *desc, const char *target)
{
	for (size_t i = 0; i < desc->n_mounts; i++)
		if (path_is_below(target, desc->mounts[i].target))
			return true;
	STRV_FOREACH (path, desc->follow)
		if (path_is_below(target, *path))
			return true;
	return false;
}

static bool has_network(const Compile *c)
{
	return c->spec->n_networks > 0 || c->spec->namespaces.network.kind != SPEC_NAMESPACE_NEW;
}

/* Only there are siblings. */
static bool has_shared_link(const Compile *c)
{
	for (size_t i = 0; i < c->spec->n_networks; i++)
		if (c->spec->networks[i].kind == ATTACHMENT_SHARED)
			return true;
	return false;
}

static SpecCopy *add_copy(Compile *c, const char *source, const char *name)
{
	SpecCopy *copy = spec_add_copy(c->spec);

	if (!copy || asprintf(&copy->target, "%s/%s", c->places->copies, name) < 0) {
		if (copy)
			copy->target = NULL;
		c->failed = true;
		return NULL;
	}
	copy->source = compile_text(c, source);
	copy->mode = 0644;
	return copy;
}

/* What it has at its start is kept. Where a link or the like is, or nothing in a root that is the administrator's, it stays. */
void compile_hosts(Compile *c)
{
	const Desc *desc = c->desc;
	SpecMount *mount;
	SpecCopy *copy;

	/* A root of the container's own has a file that is edited inside, as on any machine. */
	if (!c->places->copies || is_given(desc, HOSTS) || !has_shared_link(c) ||
		desc_has_own_root(desc))
		return;
	copy = add_copy(c, HOSTS, "hosts");
	if (!copy)
		return;
	copy->form = SPEC_COPY_EMPTY;
	mount = compile_mount_entry(c, SPEC_MOUNT_BIND, HOSTS, copy->target, FLAGS);
	mount->flags |= SPEC_MOUNT_YIELD | SPEC_MOUNT_BEGIN;
	mount->flags |= c->places->tree ? SPEC_MOUNT_MAKE : 0u;
}

/* Where a link or the like is, a program inside has arrangements of its own. In a root that is the administrator's nothing is made. */
void compile_resolver(Compile *c)
{
	const Desc *desc = c->desc;
	SpecMount *mount;
	SpecCopy *copy;

	if (!c->places->copies || strv_contains(desc->dns, DESC_DNS_OWN) ||
		is_given(desc, TARGET) || !has_network(c))
		return;
	copy = add_copy(c, resolver_files[0], "resolver");
	if (!copy)
		return;
	copy->follow = true;
	/* On the host's network its loopback interface, and a resolver on it, is the container's, too. */
	copy->form = c->spec->namespaces.network.kind == SPEC_NAMESPACE_HOST
			     ? SPEC_COPY_HOST_RESOLVER
			     : SPEC_COPY_RESOLVER;
	c->failed = compile_resolver_lines(desc, &copy->lines) < 0 || c->failed;
	mount = compile_mount_entry(c, SPEC_MOUNT_BIND, TARGET, copy->target, FLAGS);
	mount->flags |= is_asked(desc) ? 0u : SPEC_MOUNT_YIELD;
	mount->flags |= desc->root ? 0u : SPEC_MOUNT_MAKE;
}

static void add_file(Compile *c, const char *text)
{
	SpecMount *file = compile_mount_entry(c, SPEC_MOUNT_FILE, TARGET, NULL, 0);

	file->mode = 0644;
	file->text = compile_text(c, text);
}

static void know_servers(Compile *c, const char *text)
{
	for (size_t i = 0; i < c->spec->n_networks; i++)
		if (c->spec->networks[i].kind == ATTACHMENT_SHARED &&
			resolver_servers(text, &c->spec->networks[i].resolvers) < 0)
			c->failed = true;
}

void compile_fresh_resolver(Compile *c)
{
	bool host = c->spec->namespaces.network.kind == SPEC_NAMESPACE_HOST;
	const char *source = host ? resolver_files[0] : c->facts->resolver,
		   *text = c->facts->resolver_text ? c->facts->resolver_text : "";
	_cleanup_free_ char *composed = NULL;
	_cleanup_strv_ char **lines = NULL;

	if (strv_contains(c->desc->dns, DESC_DNS_OWN))
		return;
	if (compile_resolver_lines(c->desc, &lines) < 0) {
		c->failed = true;
	} else if (lines) {
		composed = resolver_compose(text, lines, host);
		c->failed = c->failed || !composed;
		add_file(c, composed);
		know_servers(c, composed ? composed : "");
	} else if (source && has_network(c)) {
		compile_mount_entry(c, SPEC_MOUNT_BIND, TARGET, source,
			(FLAGS & ~SPEC_MOUNT_KEEP_LABEL) | SPEC_MOUNT_FOLLOW | SPEC_MOUNT_OPTIONAL |
				SPEC_MOUNT_MAKE);
		know_servers(c, text);
	}
}
