/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one place for what the engine cannot do yet. Nothing that a Spec says is passed over in silence.
 */
#include "engine/start/refuse.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/signals.h"
#include "engine/start/cgroup-values.h"
#include "engine/start/device-filter.h"
#include "engine/start/socket-filter.h"
#include "engine/start/filter-rules.h"
#include "engine/start/hooks.h"
#include "engine/start/limits.h"
#include "engine/start/namespaces.h"
#include "engine/start/scheduling.h"
#include "engine/start/seccomp.h"
#include "engine/spec/spec-table.h"

/* Members that must be as in a Spec that is all zero; all of the section without a key. */
typedef struct Member {
	const char *section, *key;
} Member;

static const Member unsupported[] = {
	{ "filter", "listener" },
	{ "filter", "listener-data" },
};

/* What only a filter of rules has. */
static const Member of_rules[] = {
	{ "filter", "otherwise" },
	{ "filter", "error" },
	{ "filter", "architectures" },
	{ "filter", "flags" },
	{ "filter-rule", NULL },
};

static bool is_said(const Spec *spec, const SpecSection *section, const char *key)
{
	size_t count;
	const char *items = spec_section_items(spec, section, &count);

	if (!key)
		return count > 0;
	for (size_t m = 0; m < section->n_members; m++)
		if (strcmp(section->members[m].key, key) == 0)
			for (size_t i = 0; i < count; i++)
				if (!spec_member_is_unset(
					    &section->members[m], items + i * section->size))
					return true;
	return false;
}

static int refuse_member(const Spec *spec, const Member *member, const char *why, Error **ret_error)
{
	const char *key = member->key;

	for (size_t k = 0; k < spec_sections_count; k++)
		if (strcmp(spec_sections[k].name, member->section) == 0 &&
			is_said(spec, &spec_sections[k], key))
			return error_set(ret_error, EOPNOTSUPP,
				"cannot start the container: [%s]%s%s %s", member->section,
				key ? " " : "", key ? key : "", why);
	return 0;
}

static int refuse_members(const Spec *spec, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(unsupported); i++)
		r = refuse_member(spec, &unsupported[i], "is not supported", ret_error);
	return r;
}

static int refuse_filter(const Spec *spec, Error **ret_error)
{
	FilterProgram program;
	int r = 0;

	if (spec->filter.kind == SPEC_FILTER_RULES)
		return filter_rules_compile(spec, &program, ret_error);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(of_rules); i++)
		if (strcmp(of_rules[i].key ? of_rules[i].key : "", "architectures") != 0 ||
			!seccomp_has_architectures(&spec->filter))
			r = refuse_member(
				spec, &of_rules[i], "needs a filter with kind=rules", ret_error);
	return r;
}

/* What is mounted without a user namespace of the container's own is not locked. */
static int refuse_unlocked(const Spec *spec, Error **ret_error)
{
	const SpecPaths *paths = &spec->paths;

	if (spec->namespaces.user.kind == SPEC_NAMESPACE_HOST &&
		(spec->capabilities.bounding >> CAP_SYS_ADMIN & 1) &&
		(paths->hidden || paths->readonly))
		return error_set(ret_error, EINVAL,
			"cannot hide paths: a container with CAP_SYS_ADMIN and without its own user namespace can unmount what hides them");
	return 0;
}

static int refuse_ids(const Spec *spec, Error **ret_error)
{
	bool own = spec->namespaces.user.kind == SPEC_NAMESPACE_NEW;

	if (own && (spec->users.n_ranges == 0 || spec->groups.n_ranges == 0))
		return error_set(ret_error, EINVAL, "the container has no range of user ids");
	if (!own && (spec->users.n_ranges > 0 || spec->groups.n_ranges > 0))
		return error_set(ret_error, EINVAL,
			"ids are mapped in a user namespace, and the container has none of its own");
	return 0;
}

static int refuse_cgroup(const Spec *spec, Error **ret_error)
{
	_cleanup_free_ char *absolute = NULL;
	int r = cgroup_values_check(spec, ret_error);

	if (r == 0)
		r = device_filter_check(spec, ret_error);
	if (r == 0)
		r = socket_filter_check(spec, ret_error);
	if (r < 0 || !spec->cgroup.path)
		return r;
	if (asprintf(&absolute, "/%s", spec->cgroup.path) < 0) {
		absolute = NULL;
		return error_oom(ret_error);
	}
	return path_is_normal(absolute) && absolute[1]
		       ? 0
		       : error_set(ret_error, EINVAL,
				 "cannot use the cgroup %s: it is a path below the mount of cgroup2, "
				 "without '.' and '..', and does not begin with a slash",
				 spec->cgroup.path);
}

static int refuse_signal(const char *name, Error **ret_error)
{
	return name && signal_from_name(name) >= 0
		       ? 0
		       : error_set(ret_error, EINVAL, "cannot use the signal %s: there is none",
				 name ? name : "without name");
}

static int refuse_keep(const Spec *spec, Error **ret_error)
{
	const SpecKeep *keep = &spec->keep;
	int r = keep->reload_signal ? refuse_signal(keep->reload_signal, ret_error) : 0;

	for (size_t i = 0; r == 0 && i < spec->n_stops; i++)
		r = refuse_signal(spec->stops[i].signal, ret_error);
	if (r < 0)
		return r;
	if (keep->log && (!path_is_normal(keep->log) || !keep->log[1]))
		return error_set(ret_error, EINVAL,
			"cannot write the log %s: it must be an absolute path without '.' and '..'",
			keep->log);
	if (keep->log && (keep->keeper != SPEC_KEEPER_PARENT || !spec->process.terminal))
		return error_set(ret_error, EOPNOTSUPP,
			"cannot write the log %s: only our own keeper writes one, of a container with a terminal",
			keep->log);
	if (keep->on_reboot == SPEC_AFTER_PRESERVE || keep->on_poweroff == SPEC_AFTER_PRESERVE ||
		keep->on_crash == SPEC_AFTER_PRESERVE)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot start the container: its state cannot be preserved; let it end or start");
	return 0;
}

static bool shows_cgroup(const Spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (spec->mounts[i].kind == SPEC_MOUNT_CGROUP)
			return true;
	return false;
}

int refuse_unsupported(const Spec *spec, Error **ret_error)
{
	int r = namespaces_check(&spec->namespaces, ret_error);

	if (r == 0)
		r = refuse_members(spec, ret_error);
	if (r == 0)
		r = refuse_filter(spec, ret_error);
	if (r == 0)
		r = refuse_cgroup(spec, ret_error);
	if (r == 0)
		r = hooks_check(spec, ret_error);
	if (r == 0)
		r = scheduling_check(&spec->scheduling, ret_error);
	if (r == 0)
		r = limits_check_sysctls(spec, ret_error);
	if (r == 0)
		r = refuse_keep(spec, ret_error);
	if (r == 0)
		r = refuse_ids(spec, ret_error);
	if (r == 0)
		r = refuse_mounts(spec, ret_error);
	if (r == 0)
		r = refuse_unlocked(spec, ret_error);
	if (r < 0)
		return r;
	if (spec->namespaces.cgroup.kind != SPEC_NAMESPACE_NEW && shows_cgroup(spec))
		return error_set(ret_error, EINVAL,
			"cannot mount the cgroup file system: it needs a cgroup namespace of the container's own, which it does not have");
	if (spec->namespaces.uts.kind != SPEC_NAMESPACE_NEW &&
		(spec->process.host_name || spec->process.domain_name))
		return error_set(ret_error, EINVAL,
			"a host or domain name is set in a uts namespace, and the container has none of its own");
	if (spec->process.terminals > SPEC_TERMINALS_MAX ||
		(spec->process.terminals > 0 &&
			(!spec->process.terminal || spec->keep.keeper != SPEC_KEEPER_PARENT)))
		return error_set(ret_error, EINVAL,
			"cannot make %u further terminals: a container has at most %u, with a console and our own keeper",
			spec->process.terminals, SPEC_TERMINALS_MAX);
	if ((spec->process.rows || spec->process.columns) && !spec->process.terminal)
		return error_set(ret_error, EINVAL,
			"cannot set the size of the terminal: the process has none");
	if (spec->namespaces.network.kind != SPEC_NAMESPACE_NEW && spec->n_networks > 0)
		return error_set(ret_error, EINVAL,
			"links are made in a network namespace, and the container has none of its own");
	return 0;
}
