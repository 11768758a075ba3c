/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first process: the systemd of the shared /usr for a service, virt-sandbox-init with the command for a command; and what
 * every process of the container has.
 */
#include <linux/capability.h>
#include <string.h>

#include "desc/hard-limits.h"
#include "base/environment.h"
#include "base/strv.h"
#include "engine/spec/usual.h"
#include "engine/start/helper-environment.h"
#include "sandbox/compile-parts.h"

static const char *const systemd_paths[] = { "/usr/lib/systemd/systemd", "/lib/systemd/systemd" };

/* Settings of the host's administrator for the services. */
static void compile_own_sysctls(Compile *c)
{
	STRV_FOREACH (own, c->desc->sysctls) {
		_cleanup_free_ char *key = strndup(*own, strcspn(*own, "="));
		SpecSetting *setting = spec_add_sysctl(c->spec);

		if (!key || !setting) {
			c->failed = true;
			return;
		}
		setting->key = compile_text(c, key);
		setting->value = compile_text(c, strchr(*own, '=') + 1);
	}
}

static int append_uuid(char ***env, const char *uuid)
{
	if (!uuid || strlen(uuid) != 32)
		return 0;
	return strv_appendf(env, "container_uuid=%.8s-%.4s-%.4s-%.4s-%.12s", uuid, uuid + 8,
		uuid + 12, uuid + 16, uuid + 20);
}

/* From scratch: nothing of the caller's environment but the terminal type. */
static int compile_first_environment(Compile *c)
{
	char ***env = &c->spec->process.first_environment;
	const char *type = c->terminal.type ? c->terminal.type : "linux";
	const Desc *desc = c->desc;
	int r = append_uuid(env, c->identity->uuid);
	if (r >= 0)
		r = environment_set(env, "TERM", c->terminal.wanted ? type : "dumb");
	/* Of another user than root the init program finds it in the container's passwd. */
	if (r >= 0 && desc->kind == DESC_COMMAND && (desc->homedir || !desc->user))
		r = environment_set(env, "HOME", desc->homedir ? desc->homedir : "/root");
	if (r >= 0 && c->places->notify)
		r = environment_set(env, "NOTIFY_SOCKET", "/run/host/notify");
	return r;
}

static int compile_environment(Compile *c)
{
	char ***env = &c->spec->process.environment;
	int r = environment_set(env, "container", "virt-sandbox");
	if (r >= 0)
		r = environment_set(env, "PATH", ENVIRONMENT_PATH);
	if (r >= 0 && desc_has_manager(c->desc)) /* as systemd gives it to the units */
		r = environment_set(env, "LANG", "C.UTF-8");
	if (r >= 0)
		r = environment_add(env, c->desc->environment);
	return r < 0 ? r : compile_first_environment(c);
}

static void compile_service(Compile *c)
{
	SpecProcess *process = &c->spec->process;
	const char *target = c->desc->boot_target;

	for (size_t i = 0; i < ARRAY_SIZE(systemd_paths); i++)
		compile_list(c, &process->paths, systemd_paths[i]);
	compile_list(c, &process->argv, systemd_paths[0]);
	if (strv_appendf(&process->argv, "--unit=%s", target ? target : "multi-user.target") < 0)
		c->failed = true;
}

static void compile_init(Compile *c)
{
	SpecProcess *process = &c->spec->process;

	for (size_t i = 0; i < ARRAY_SIZE(desc_init_paths); i++)
		compile_list(c, &process->paths, desc_init_paths[i]);
	compile_list(c, &process->argv, desc_init_paths[0]);
	if (c->desc->boot_target &&
		strv_appendf(&process->argv, "--unit=%s", c->desc->boot_target) < 0)
		c->failed = true;
}

static void compile_command(Compile *c)
{
	SpecProcess *process = &c->spec->process;

	process->program = compile_text(c, c->places->init);
	compile_list(c, &process->argv, "virt-sandbox-init");
	if (c->desc->user) {
		compile_list(c, &process->argv, "-u");
		compile_list(c, &process->argv, c->desc->user);
	}
	compile_list(c, &process->argv, "--");
	STRV_FOREACH (word, c->desc->command)
		compile_list(c, &process->argv, *word);
}

/* Its words are what it does. */
static void compile_direct(Compile *c)
{
	SpecProcess *process = &c->spec->process;

	process->program = compile_text(c, c->places->direct);
	compile_list(c, &process->argv, "virt-sandbox-direct");
	STRV_FOREACH (step, c->desc->steps)
		compile_list(c, &process->argv, *step);
}

/* For a command and a service, without and with the administration of its network. */
static const SpecFilterKind filters[2][2] = {
	{ SPEC_FILTER_NARROW, SPEC_FILTER_NARROW_NETWORK },
	{ SPEC_FILTER_WIDE, SPEC_FILTER_WIDE_NETWORK },
};

/* What systems have anyway, and a command only where it is named. */
static uint64_t further_capabilities(const Compile *c)
{
	static const struct {
		const char *name;
		unsigned int number;
		bool network; /* of the container's own */
	} table[] = { { "CAP_NET_RAW", CAP_NET_RAW, true },
		{ "CAP_IPC_OWNER", CAP_IPC_OWNER, false },
		{ "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH, false } };
	uint64_t mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strv_contains(c->desc->capabilities, table[i].name) &&
			(!table[i].network || c->private_network))
			mask |= UINT64_C(1) << table[i].number;
	return mask;
}

int compile_process(Compile *c, Error **ret_error)
{
	const UsualLimits limits = { DESC_LIMIT_MEMLOCK, DESC_LIMIT_MSGQUEUE,
		c->desc->resources.files ? c->desc->resources.files : DESC_LIMIT_NOFILE };
	SpecProcess *process = &c->spec->process;
	bool service = desc_has_manager(c->desc);
	uint64_t caps =
		usual_capabilities(service, c->private_network, desc_is_net_admin(c->desc)) |
		further_capabilities(c);
	int r;

	if (!service && !c->desc->command)
		return error_set(ret_error, EINVAL, "there is no command to run");
	r = compile_environment(c);
	if (r == -EINVAL)
		return error_set(ret_error, EINVAL, "an environment variable is not NAME=VALUE");
	if (r < 0)
		return error_oom(ret_error);
	if (c->desc->kind == DESC_SYSTEM)
		compile_init(c);
	else if (desc_is_direct(c->desc))
		compile_direct(c);
	else if (service)
		compile_service(c);
	else
		compile_command(c);
	process->host_name = compile_text(c, desc_hostname(c->desc));
	process->directory = compile_text(c, "/");
	process->umask = 0022;
	process->terminal = c->terminal.wanted;
	c->spec->capabilities =
		(SpecCapabilities){ .bounding = caps, .permitted = caps, .effective = caps };
	/* A system needs su and friends; a command does not. */
	c->spec->filter.no_new_privileges = !service;
	c->spec->filter.kind = desc_runs_networkd(c->desc)
				       ? SPEC_FILTER_WIDE_DHCP
				       : filters[service][desc_is_net_admin(c->desc)];
	if (desc_is_i386(c->desc)) {
		compile_list(c, &c->spec->filter.architectures, "x86");
		c->spec->scheduling.personality = compile_text(c, "linux32"); /* uname(1): i686 */
	}
	if (service) /* a command can make none */
		c->failed = usual_namespace_limits(c->spec) < 0 || c->failed;
	compile_own_sysctls(c);
	c->failed = usual_limits(c->spec, limits) < 0 || c->failed;
	return 0;
}
