/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * spec_from_desc(): the story. The root is in compile-root.c, the process in compile-process.c.
 */
#include "sandbox/compile.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "desc/hard-limits.h"
#include "desc/value.h"
#include "engine/engine.h"
#include "engine/spec/usual.h"
#include "identity/wishes.h"
#include "sandbox/compile-parts.h"

#define HEALTH_INTERVAL 30 /* seconds between two checks */
#define HEALTH_TIMEOUT 10 /* seconds that one may take */
#define HEALTH_RETRIES 3
#define OTHER_INIT_SECONDS 5 /* until an init that is not systemd is told in another way */
#define READY_TIMEOUT 300 /* seconds until a container must be ready */

char *compile_text(Compile *c, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	c->failed = c->failed || (text && !copy);
	return copy;
}

void compile_list(Compile *c, char ***list, const char *text)
{
	if (strv_append(list, text) < 0)
		c->failed = true;
}

static void copy_list(Compile *c, char ***ret, char *const *list)
{
	if (strv_copy(ret, list) < 0)
		c->failed = true;
}

static bool shares_network(const Desc *desc)
{
	return desc->n_networks == 1 && desc->networks[0].type == DESC_NETWORK_CONTAINER;
}

static void compile_ids(Compile *c)
{
	const SpecIdRange range = { 0, c->identity->id_base, DESC_ID_COUNT };

	if (c->identity->id_base == 0) /* none is reserved: the engine starts nothing without */
		return;
	if (spec_add_range(&c->spec->users, range) < 0 ||
		spec_add_range(&c->spec->groups, range) < 0)
		c->failed = true;
}

static void compile_link(Compile *c, const Attachment *wish, unsigned int index)
{
	const DescNetwork *network = &c->desc->networks[index];
	const char *uuid = c->identity->uuid;
	Attachment *attachment = spec_add_network(c->spec);
	char name[32];

	if (!attachment) {
		c->failed = true;
		return;
	}
	attachment->kind = wish->kind;
	attachment->source = compile_text(c, wish->source);
	/* Of a veth that is left to the host it is the administrator's. Else 9 digits of the container's uuid and the network's index: 15 characters at most. */
	(void)snprintf(name, sizeof(name), "vsb%.9s-%u", uuid ? uuid : "", index % 100);
	attachment->host_name = compile_text(
		c, wish->kind == ATTACHMENT_ETHERNET && wish->source ? wish->source : name);
	(void)snprintf(name, sizeof(name), "eth%u", index);
	attachment->name = compile_text(c, name);
	attachment->mac = compile_text(c, wish->mac);
	attachment->mode = compile_text(c, wish->mode);
	attachment->vlan = wish->vlan;
	attachment->mtu = wish->mtu;
	attachment->lease = wish->lease;
	attachment->rate_in = wish->rate_in;
	attachment->rate_out = wish->rate_out;
	copy_list(c, &attachment->peers, wish->peers);
	copy_list(c, &attachment->addresses, wish->addresses);
	for (size_t i = 0; i < network->n_routes; i++)
		if (strv_appendf(&attachment->routes, "%s %s", network->routes[i].target,
			    network->routes[i].gateway) < 0)
			c->failed = true;
	if ((int)index == desc_published_network(c->desc))
		copy_list(c, &attachment->published, c->desc->published);
	if (wish->kind == ATTACHMENT_SHARED) {
		copy_list(c, &attachment->allowed, c->desc->allowed);
		copy_list(c, &attachment->egress, c->desc->egress);
	}
}

static void compile_network(Compile *c)
{
	LinkWishes wishes;

	wish_links(c->desc, c->identity, &wishes);
	c->spec->namespaces.time.kind = SPEC_NAMESPACE_HOST;
	if (!c->private_network)
		c->spec->namespaces.network.kind =
			shares_network(c->desc) ? SPEC_NAMESPACE_JOIN : SPEC_NAMESPACE_HOST;
	for (unsigned int i = 0; i < wishes.n; i++)
		compile_link(c, &wishes.links[i], i);
}

SpecResources compile_resources(const DescResources *resources)
{
	return (SpecResources){ .memory = resources->memory,
		.cpu_milli = resources->cpu_milli,
		.pids = resources->pids,
		.io_weight = resources->io_weight };
}

DescResources compile_default_resources(void)
{
	SpecResources resources = run_default_resources();

	return (DescResources){ .memory = resources.memory,
		.cpu_milli = resources.cpu_milli,
		.pids = resources.pids,
		.io_weight = resources.io_weight,
		.files = DESC_LIMIT_NOFILE };
}

static void compile_cgroup(Compile *c)
{
	const DescResources *resources = &c->desc->resources;

	c->spec->resources = compile_resources(resources);
	if (desc_has_manager(c->desc))
		c->spec->cgroup = (SpecCgroup){ .delegate = true,
			.depth = CGROUP_DEPTH_MAX,
			.descendants = CGROUP_DESCENDANTS_MAX };
	STRV_FOREACH (rule, c->desc->socket_rules)
		compile_list(c, &c->spec->cgroup.socket_rules, *rule);
}

static void add_value(Compile *c, const char *key, const char *value)
{
	SpecSetting *setting = value ? spec_add_cgroup_value(c->spec) : NULL;

	if (setting) {
		setting->key = compile_text(c, key);
		setting->value = compile_text(c, value);
	}
	c->failed = c->failed || (value && !setting);
}

static void compile_values(Compile *c)
{
	const Desc *desc = c->desc;
	uint64_t swap = 0;
	char number[24];

	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)desc->cpu_weight);
	add_value(c, "cpu.weight", desc->cpu_weight ? number : NULL);
	add_value(c, "cpuset.cpus", desc->cpuset);
	if (!desc->swap || strcmp(desc->swap, "max") == 0) {
		add_value(c, "memory.swap.max", desc->swap);
		return;
	}
	(void)value_size(desc->swap, &swap, NULL); /* was checked */
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)swap);
	add_value(c, "memory.swap.max", number);
}

static void compile_label(Compile *c)
{
	const Labels labels = wish_labels(c->desc, c->identity);
	Labels *label = &c->spec->label;

	*label = labels;
	label->model = compile_text(c, labels.model);
	label->process = compile_text(c, labels.process);
	label->file = compile_text(c, labels.file);
	/* What relabels the host does not reach into an image. */
	label->tree =
		labels.file && c->desc->image_size == 0 ? compile_text(c, c->places->tree) : NULL;
	label->base = compile_text(c, c->places->base);
}

static void add_stop(Compile *c, const char *signal, uint32_t seconds)
{
	SpecStop *stop = spec_add_stop(c->spec);

	if (!stop) {
		c->failed = true;
		return;
	}
	stop->signal = compile_text(c, signal);
	stop->seconds = seconds;
}

static uint32_t or_default(uint64_t value, uint32_t otherwise)
{
	return value ? (uint32_t)value : otherwise;
}

/* What starts it again when it has ended is the host's systemd, not its keeper. */
static void compile_health(Compile *c)
{
	SpecKeep *keep = &c->spec->keep;
	const Desc *desc = c->desc;

	if (!desc->health_command)
		return;
	compile_list(c, &keep->health, "/bin/sh");
	compile_list(c, &keep->health, "-c");
	compile_list(c, &keep->health, desc->health_command);
	keep->health_interval = or_default(desc->health_interval, HEALTH_INTERVAL);
	keep->health_timeout = or_default(desc->health_timeout, HEALTH_TIMEOUT);
	keep->health_retries = or_default(desc->health_retries, HEALTH_RETRIES);
}

/* An init other than systemd knows nothing of READY=1. busybox powers off at SIGUSR2, sysvinit at SIGPWR, where its inittab says so. */
static void compile_keep_system(Compile *c)
{
	SpecKeep *keep = &c->spec->keep;

	if (desc_init_is_systemd(c->desc)) {
		keep->ready = SPEC_READY_NOTIFY;
		keep->ready_timeout = READY_TIMEOUT;
		add_stop(c, "RTMIN+3", 0);
	} else {
		add_stop(c, "USR2", OTHER_INIT_SECONDS);
		add_stop(c, "PWR", 0);
	}
	add_stop(c, "KILL", 0);
}

/* systemd(1): SIGRTMIN+3 powers off. virt-sandbox-init hands SIGTERM and SIGHUP to its command. */
static void compile_keep(Compile *c)
{
	SpecKeep *keep = &c->spec->keep;
	bool service = c->desc->kind == DESC_SERVICE && !desc_is_direct(c->desc);

	keep->on_reboot = SPEC_AFTER_START;
	if (c->desc->kind == DESC_SYSTEM) {
		compile_keep_system(c);
		return;
	}
	if (service) {
		keep->ready = SPEC_READY_UNITS;
		keep->ready_timeout = READY_TIMEOUT;
		if (desc_runs_networkd(c->desc)) /* the first one that has failed is told of */
			compile_list(c, &keep->units, DESC_DHCP_UNIT);
		STRV_FOREACH (unit, c->desc->units)
			compile_list(c, &keep->units, *unit);
	} else {
		keep->reload_signal = compile_text(c, "HUP");
		keep->reload_answers = desc_is_direct(c->desc);
		if (c->places->notify) { /* our init says when it has started */
			keep->ready = SPEC_READY_NOTIFY;
			keep->ready_timeout = READY_TIMEOUT;
		}
	}
	add_stop(c, service ? "RTMIN+3" : "TERM", 0);
	add_stop(c, "KILL", 0);
}

/* The policies forbid packet sockets, by which DHCP speaks, to all that runs inside. */
int compile_check_dhcp(const Desc *desc, DescModel model, Error **ret_error)
{
	return desc_runs_networkd(desc) &&
			       (model == DESC_MODEL_SELINUX || model == DESC_MODEL_APPARMOR)
		       ? error_set(ret_error, EOPNOTSUPP,
				 "dhcp is not supported for units under %s, whose policy gives a "
				 "container no packet sockets; give address= and route=",
				 desc_model_name(model))
		       : 0;
}

int spec_from_desc(const Desc *desc, const Identity *identity, const Places *places,
	const KernelFacts *facts, CompileTerminal terminal, Spec **ret, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = spec_new();
	Compile c = { .desc = desc,
		.identity = identity,
		.places = places,
		.facts = facts,
		.terminal = terminal,
		.spec = spec,
		.private_network = desc_has_private_net(desc) };
	int r;

	if (!spec)
		return error_oom(ret_error);
	spec->name = compile_text(&c, desc->name);
	compile_ids(&c);
	compile_network(&c);
	r = compile_check_dhcp(desc, identity->model, ret_error);
	if (r == 0)
		r = compile_root(&c, ret_error);
	if (r == 0)
		r = compile_process(&c, ret_error);
	if (r < 0)
		return r;
	c.failed = usual_paths(spec, desc_is_net_admin(desc)) < 0 || c.failed;
	compile_cgroup(&c);
	compile_values(&c);
	compile_devices(&c);
	compile_label(&c);
	compile_keep(&c);
	compile_health(&c);
	if (c.failed)
		return error_oom(ret_error);
	*ret = TAKE_PTR(spec);
	return 0;
}

bool compile_wants_resolver(const Desc *desc, const Places *places)
{
	bool network = shares_network(desc) || desc->dns || desc->dns_search;

	for (size_t i = 0; i < desc->n_networks; i++)
		network = network ||
			  wish_link_kind(desc->networks[i].type) != _ATTACHMENT_KIND_INVALID;
	return network && !places->copies && !desc_has_own_root(desc);
}

int compile_links(const Desc *desc, const Identity *identity, Spec *spec, Error **ret_error)
{
	Compile c = { .desc = desc,
		.identity = identity,
		.spec = spec,
		.private_network = desc_has_private_net(desc) };

	spec->name = compile_text(&c, desc->name);
	compile_network(&c);
	return c.failed ? error_oom(ret_error) : 0;
}
