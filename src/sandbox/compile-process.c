/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first process: the systemd of the shared /usr for a service, virt-sandbox-init with the command for a command; and what
 * every process of the container has.
 */
#include <stdio.h>
#include <string.h>

#include "desc/hard-limits.h"
#include "base/strv.h"
#include "engine/start/environment.h"
#include "sandbox/compile-parts.h"

#define MIB (UINT64_C(1024) * 1024)
#define TASKS_MAX 32768 /* of one user id; the container's own limit is pids.max */
#define FILES_SOFT 1024 /* what select(2) can name */
#define NO_LIMIT UINT64_MAX

static const char *const systemd_paths[] = { "/usr/lib/systemd/systemd", "/lib/systemd/systemd" };

/* What the kernel gives the host's first process, with exceptions. */
static const struct {
	const char *name;
	uint64_t soft, hard;
} limits[] = {
	{ "AS", NO_LIMIT, NO_LIMIT },
	/* 1 is the only value that also keeps the kernel from starting the host's piped core_pattern handler. */
	{ "CORE", 1, 1 },
	{ "CPU", NO_LIMIT, NO_LIMIT },
	{ "DATA", NO_LIMIT, NO_LIMIT },
	{ "FSIZE", NO_LIMIT, NO_LIMIT },
	{ "LOCKS", NO_LIMIT, NO_LIMIT },
	{ "MEMLOCK", DESC_LIMIT_MEMLOCK, DESC_LIMIT_MEMLOCK },
	{ "MSGQUEUE", DESC_LIMIT_MSGQUEUE, DESC_LIMIT_MSGQUEUE },
	{ "NICE", 0, 0 },
	{ "NOFILE", FILES_SOFT, DESC_LIMIT_NOFILE },
	{ "NPROC", TASKS_MAX, TASKS_MAX },
	{ "RSS", NO_LIMIT, NO_LIMIT },
	{ "RTPRIO", 0, 0 },
	{ "RTTIME", NO_LIMIT, NO_LIMIT },
	{ "SIGPENDING", TASKS_MAX, TASKS_MAX },
	{ "STACK", 8 * MIB, NO_LIMIT },
};

static void compile_files(Compile *c, SpecLimit *limit)
{
	limit->hard = c->desc->resources.files ? c->desc->resources.files : limit->hard;
	limit->soft = limit->soft < limit->hard ? limit->soft : limit->hard;
}

static void compile_limits(Compile *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		SpecLimit *limit = spec_add_limit(c->spec);

		if (!limit) {
			c->failed = true;
			return;
		}
		limit->name = compile_text(c, limits[i].name);
		limit->soft = limits[i].soft;
		limit->hard = limits[i].hard;
		if (strcmp(limits[i].name, "NOFILE") == 0)
			compile_files(c, limit);
	}
}

/* A unit with PrivateNetwork= has a network namespace of its own, one with any of the many directives about files a mount namespace;
 * who logs in has none. */
static const struct {
	const char *key, *value;
} namespace_limits[] = {
	{ "user.max_net_namespaces", "64" },
	{ "user.max_mnt_namespaces", "1024" },
	{ "user.max_ipc_namespaces", "256" },
	{ "user.max_pid_namespaces", "256" },
	{ "user.max_uts_namespaces", "256" },
	{ "user.max_cgroup_namespaces", "256" },
	{ "user.max_time_namespaces", "256" },
	{ "user.max_user_namespaces", "0" },
};

static void compile_sysctls(Compile *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespace_limits); i++) {
		SpecSetting *setting = spec_add_sysctl(c->spec);

		if (!setting) {
			c->failed = true;
			return;
		}
		setting->key = compile_text(c, namespace_limits[i].key);
		setting->value = compile_text(c, namespace_limits[i].value);
	}
}

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
	int r;

	r = append_uuid(env, c->identity->uuid);
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
	int r;

	r = environment_set(env, "container", "virt-sandbox");
	if (r >= 0)
		r = environment_set(env, "PATH", ENVIRONMENT_PATH);
	if (r >= 0 && c->desc->kind == DESC_SERVICE) /* as systemd gives it to the units */
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

/* For a command and a service, without and with the administration of its network. */
static const SpecFilterKind filters[2][2] = {
	{ SPEC_FILTER_NARROW, SPEC_FILTER_NARROW_NETWORK },
	{ SPEC_FILTER_WIDE, SPEC_FILTER_WIDE_NETWORK },
};

int compile_process(Compile *c, Error **ret_error)
{
	SpecProcess *process = &c->spec->process;
	bool service = c->desc->kind == DESC_SERVICE;
	uint64_t caps =
		compile_capabilities(c->desc->kind, c->private_network, desc_is_net_admin(c->desc));
	int r;

	if (!service && !c->desc->command)
		return error_set(ret_error, EINVAL, "there is no command to run");
	r = compile_environment(c);
	if (r == -EINVAL)
		return error_set(ret_error, EINVAL, "an environment variable is not NAME=VALUE");
	if (r < 0)
		return error_oom(ret_error);
	if (service)
		compile_service(c);
	else
		compile_command(c);
	process->host_name = compile_text(c, c->desc->name);
	process->directory = compile_text(c, "/");
	process->umask = 0022;
	process->terminal = c->terminal.wanted;
	c->spec->capabilities =
		(SpecCapabilities){ .bounding = caps, .permitted = caps, .effective = caps };
	/* A system needs su and friends; a command does not. */
	c->spec->filter.no_new_privileges = !service;
	c->spec->filter.kind = filters[service][desc_is_net_admin(c->desc)];
	if (service) /* a command can make none */
		compile_sysctls(c);
	compile_own_sysctls(c);
	compile_limits(c);
	return 0;
}
