/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first program of a domain, what it may do, and how much of the host it may use.
 */
#include <ctype.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/environment.h"
#include "base/strv.h"
#include "desc/hard-limits.h"
#include "domain/domain-compile.h"
#include "domain/grammar.h"
#include "domain/node.h"
#include "engine/spec/usual.h"

#define HOST_NAME_BYTES 64
#define CAP_BIT(c) (UINT64_C(1) << (c))

/* ---- Capabilities ---- */

/* Without a user namespace they are the host's own: then those are left out by which a process reaches what other namespaces, or nobody, should. */
uint64_t domain_possible_capabilities(bool user_namespace, bool private_network)
{
	uint64_t mask = usual_capabilities(user_namespace, private_network, user_namespace);

	return user_namespace ? mask : mask & ~CAP_BIT(CAP_SYS_ADMIN);
}

static uint64_t domain_capabilities(const Domain *domain, bool user_namespace, bool private_network)
{
	const DomainNode *node = node_find(domain->root, "features/capabilities");
	const char *policy = node_attribute(node, "policy");
	uint64_t possible = domain_possible_capabilities(user_namespace, private_network);
	uint64_t mask = policy && strcmp(policy, "deny") == 0 ? 0 : possible;

	for (size_t i = 0; node && i < node->n_children; i++) {
		const char *state = node_attribute(node->children[i], "state");
		unsigned int number;

		if (capability_index(node->children[i]->name, &number) < 0)
			continue;
		if (state && strcmp(state, "off") == 0)
			mask &= ~CAP_BIT(number);
		else
			mask |= CAP_BIT(number) & possible;
	}
	return mask;
}

/* ---- The program ---- */

/* What libvirt makes of it: letters, digits and dashes. */
static char *host_name(const char *name)
{
	char *text = calloc(1, HOST_NAME_BYTES + 1);
	size_t n = 0;

	for (; text && *name && n < HOST_NAME_BYTES; name++)
		if (isalnum((unsigned char)*name) || (*name == '-' && n > 0))
			text[n++] = *name;
	return text;
}

/* An init knows of the console; of the others it is told, so that it may ask for logins there. */
static int tell_terminals(const Domain *domain, char ***env)
{
	_cleanup_free_ char *value = NULL;
	_cleanup_buf_ Buf buf = { 0 };

	for (size_t i = 1; i < domain->n_consoles; i++)
		buf_printf(&buf, "%spts/%zu", i > 1 ? " " : "", i);
	if (domain->n_consoles <= 1)
		return 0;
	return buf_take(&buf, &value, NULL) < 0 ? -ENOMEM
						: environment_set(env, "container_ttys", value);
}

/* Names and values are libvirt's. */
static int compile_environment(const Domain *domain, char ***env)
{
	int r = environment_set(env, "PATH", "/bin:/sbin");

	if (r >= 0)
		r = environment_set(env, "TERM", "linux");
	if (r >= 0)
		r = environment_set(env, "container", "lxc-libvirt");
	if (r >= 0)
		r = environment_set(env, "HOME", "/");
	if (r >= 0)
		r = environment_set(env, "container_uuid", domain->uuid);
	if (r >= 0)
		r = environment_set(env, "LIBVIRT_LXC_UUID", domain->uuid);
	if (r >= 0)
		r = environment_set(env, "LIBVIRT_LXC_NAME", domain->name);
	if (r >= 0 && domain->cmdline)
		r = environment_set(env, "LIBVIRT_LXC_CMDLINE", domain->cmdline);
	if (r >= 0)
		r = tell_terminals(domain, env);
	return r < 0 ? r : environment_add(env, domain->initenv);
}

/* As libvirt: each is /dev/ttyN, too. */
static void compile_terminals(DomainCompile *c)
{
	char path[32], to[32];

	c->spec->process.terminal = true;
	if (c->domain->n_consoles > 1) /* the first one is the terminal */
		c->spec->process.terminals = (unsigned int)c->domain->n_consoles - 1;
	for (unsigned int i = 0; i < c->domain->n_consoles; i++) {
		(void)snprintf(path, sizeof(path), "/dev/tty%u", i + 1);
		(void)snprintf(to, sizeof(to), "/dev/pts/%u", i);
		if (!usual_mount(c->spec, SPEC_MOUNT_LINK, path, to, NULL, 0))
			c->failed = true;
	}
}

static void compile_program(DomainCompile *c)
{
	SpecProcess *process = &c->spec->process;
	const Domain *domain = c->domain;

	if (strv_append(&process->paths, domain->init) < 0 ||
		strv_append(&process->argv, domain->init) < 0 ||
		compile_environment(domain, &process->environment) < 0)
		c->failed = true;
	STRV_FOREACH (word, domain->initargs)
		if (strv_append(&process->argv, *word) < 0)
			c->failed = true;
	process->directory = domain_compile_text(c, domain->initdir ? domain->initdir : "/");
	process->user = c->facts->user;
	process->group = c->facts->group;
	process->umask = 0022;
	compile_terminals(c);
	if (c->spec->namespaces.uts.kind == SPEC_NAMESPACE_NEW) {
		process->host_name = host_name(domain->name);
		c->failed = c->failed || !process->host_name;
	}
}

bool domain_is_i386(const Domain *domain)
{
#ifdef __x86_64__
	return domain->arch && strcmp(domain->arch, "i686") == 0;
#else
	(void)domain;
	return false;
#endif
}

void domain_compile_process(DomainCompile *c)
{
	const UsualLimits limits = { DESC_LIMIT_MEMLOCK, DESC_LIMIT_MSGQUEUE, DESC_LIMIT_NOFILE };
	bool own = c->facts->user_namespace, net_admin;
	uint64_t caps = domain_capabilities(
		c->domain, own, c->spec->namespaces.network.kind == SPEC_NAMESPACE_NEW);

	net_admin = caps >> CAP_NET_ADMIN & 1;
	compile_program(c);
	c->spec->capabilities =
		(SpecCapabilities){ .bounding = caps, .permitted = caps, .effective = caps };
	c->spec->filter.kind = !own	   ? SPEC_FILTER_NARROW
			       : net_admin ? SPEC_FILTER_WIDE_NETWORK
					   : SPEC_FILTER_WIDE;
	if (domain_is_i386(c->domain)) {
		if (strv_append(&c->spec->filter.architectures, "x86") < 0)
			c->failed = true;
		c->spec->scheduling.personality = domain_compile_text(c, "linux32");
	}
	if (usual_limits(c->spec, limits) < 0 || (own && usual_namespace_limits(c->spec) < 0))
		c->failed = true;
}

/* ---- Resources ---- */

static void add_value(DomainCompile *c, const char *key, const char *fmt, ...) _printf_(3, 4);
static void add_value(DomainCompile *c, const char *key, const char *fmt, ...)
{
	char *value = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n < 0) {
		c->failed = true;
		return;
	}
	domain_compile_setting(c, &c->spec->cgroup_values, &c->spec->n_cgroup_values, key, value);
	free(value);
}

static void compile_memory(DomainCompile *c)
{
	const Domain *domain = c->domain;
	uint64_t now = domain->current_memory ? domain->current_memory : domain->memory,
		 limit = domain->hard_limit ? domain->hard_limit : now;

	/* libvirt's documents cannot do without <memory>; who means a limit says <hard_limit>. */
	if (domain->hard_limit || c->facts->counts_memory)
		c->spec->resources.memory = limit * 1024;
	if (domain->soft_limit)
		add_value(c, "memory.low", "%llu", (unsigned long long)domain->soft_limit * 1024);
	if (domain->swap_hard_limit) /* libvirt's counts memory, too */
		add_value(c, "memory.swap.max", "%llu",
			domain->swap_hard_limit > limit
				? (unsigned long long)(domain->swap_hard_limit - limit) * 1024
				: 0);
}

static void compile_processors(DomainCompile *c)
{
	const Domain *domain = c->domain;
	uint64_t weight = domain->shares * 100 / 1024, period = domain->period;

	if (domain->shares) /* as systemd converts them */
		add_value(c, "cpu.weight", "%llu",
			(unsigned long long)(weight < 1	      ? 1
					     : weight > 10000 ? 10000
							      : weight));
	if (domain->quota > 0)
		add_value(c, "cpu.max", "%lld %llu", (long long)domain->quota,
			(unsigned long long)(period ? period : 100000));
	else if (period)
		add_value(c, "cpu.max", "max %llu", (unsigned long long)period);
	if (domain->cpuset)
		add_value(c, "cpuset.cpus", "%s", domain->cpuset);
	if (domain->nodeset)
		add_value(c, "cpuset.mems", "%s", domain->nodeset);
}

static void compile_device_limits(DomainCompile *c, const DomainNode *device, const char *numbers)
{
	static const char *const limits[][2] = { { "riops", "read_iops_sec" },
		{ "wiops", "write_iops_sec" }, { "rbps", "read_bytes_sec" },
		{ "wbps", "write_bytes_sec" } };
	const char *weight = node_value(device, "weight");

	if (weight)
		add_value(c, "io.weight", "%s %s", numbers, weight);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const char *value = node_value(device, limits[i][1]);

		if (value)
			add_value(c, "io.max", "%s %s=%s", numbers, limits[i][0], value);
	}
}

static void compile_io(DomainCompile *c)
{
	const DomainNode *tune = node_child(c->domain->root, "blkiotune");
	char *const *numbers = c->facts->numbers;

	c->spec->resources.io_weight = c->domain->blkio_weight;
	for (size_t i = 0; tune && numbers && i < tune->n_children; i++)
		if (node_child(tune->children[i], "path") && *numbers)
			compile_device_limits(c, tune->children[i], *numbers++);
}

/* "/machines/web" is machines.slice/machines-web.slice, as systemd names slices. */
static void compile_partition(DomainCompile *c)
{
	const char *partition = c->domain->partition;
	_cleanup_buf_ Buf path = { 0 };
	_cleanup_free_ char *name = NULL;

	if (!partition || strcmp(partition, "/machine") == 0 || strcmp(partition, "/") == 0)
		return;
	name = strdup(partition + 1);
	if (!name) {
		c->failed = true;
		return;
	}
	for (char *at = name; at; at = strchr(at, '/')) {
		char *end = strchr(at + 1, '/');

		if (*at == '/')
			*at = '-';
		end = strchr(at, '/');
		buf_printf(&path, "%.*s.slice/", end ? (int)(end - name) : (int)strlen(name), name);
	}
	buf_printf(&path, "virt-sandbox-%s", c->domain->name);
	if (buf_take(&path, &c->spec->cgroup.path, NULL) < 0)
		c->failed = true;
}

void domain_compile_resources(DomainCompile *c)
{
	if (c->facts->user_namespace)
		c->spec->cgroup = (SpecCgroup){ .delegate = true,
			.depth = CGROUP_DEPTH_MAX,
			.descendants = CGROUP_DESCENDANTS_MAX };
	compile_memory(c);
	compile_processors(c);
	compile_io(c);
	compile_partition(c);
}
