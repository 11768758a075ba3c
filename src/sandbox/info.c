/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * list and info.
 */
#include "sandbox/info.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/strv.h"
#include "net/net.h"
#include "desc/keys.h"
#include "engine/engine.h"
#include "engine/keep/freezer.h"
#include "engine/keep/outcome.h"
#include "engine/keep/processes.h"
#include "engine/keep/state.h"
#include "host/package-updates.h"
#include "identity/wishes.h"
#include "sandbox/handle.h"
#include "sandbox/host-record.h"
#include "sandbox/registry.h"
#include "sandbox/snapshot-store.h"
#include "content/stale.h"

PUBLIC void vsb_info_free(vsb_info *info)
{
	if (!info)
		return;
	free(info->name);
	free(info->state);
	strv_free(info->units);
	strv_free(info->published);
	strv_free(info->allowed);
	strv_free(info->egress);
	free(info->address);
	strv_free(info->addresses);
	free(info->label);
	free(info->problem);
	free(info->version);
	free(info);
}

PUBLIC void vsb_list_free(vsb_info **infos)
{
	for (vsb_info **i = infos; i && *i; i++)
		vsb_info_free(*i);
	free(infos);
}

/* A container without a record was made by an earlier version, or has programs of its own. */
static int info_behind(const Container *c, int64_t since, int64_t last_change, vsb_info *info)
{
	_cleanup_strv_ char **packages = NULL;
	size_t n = 0;
	int r;

	if (desc_has_own_root(c->desc))
		return 0;
	r = host_record_packages(c->desc->name, &packages, NULL);
	if (r == -ENOMEM || !packages)
		return r == -ENOMEM ? r : 0;
	if (last_change >= since)
		r = package_updates("", packages, since, &n);
	if (r == 0)
		info->behind = (int64_t)n;
	return r == -ENOMEM ? r : 0;
}

/* What ends while we look is listed without figures. */
static int info_running(const RunState *state, int64_t last_change, vsb_info *info)
{
	_cleanup_processes_ Processes processes = { 0 };
	_cleanup_fd_ int cgroup_fd = -EBADF;
	RunUsage usage = { 0 };
	int r;

	info->pid = state->pid;
	info->since = state->since;
	info->outdated = !state->version || strcmp(state->version, VERSION) != 0;
	info->version = state->version ? strdup(state->version) : NULL;
	if (state->version && !info->version)
		return -ENOMEM;
	if (state->cgroup)
		cgroup_fd = open(state->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cgroup_fd >= 0 && run_usage(cgroup_fd, &usage, NULL) >= 0 &&
		usage.memory != RUN_UNCOUNTED)
		info->memory = usage.memory;
	if (info->memory > 0 && last_change < state->since)
		return 0;
	r = processes_list(state, &processes);
	if (r < 0)
		return r;
	if (info->memory == 0) /* its cgroup does not count memory */
		info->memory = processes_memory(&processes);
	info->stale = last_change >= state->since && stale_check(&processes);
	return 0;
}

static int info_addresses(const Container *c, const RunState *state, vsb_info *info)
{
	_cleanup_error_ Error *error = NULL;
	LinkWishes wishes;
	const char *first;

	wish_links(c->desc, c->identity, &wishes);
	/* What cannot be told now, a start will refuse. */
	if (net_addresses(wishes.links, wishes.n, &info->addresses, &error) == -ENOMEM)
		return -ENOMEM;
	first = state->address ? state->address : info->addresses ? info->addresses[0] : NULL;
	info->address = first ? strdup(first) : NULL;
	return first && !info->address ? -ENOMEM : 0;
}

/* What runs, and some unit has failed; what has ended, and not because it was told to. */
static const char *state_name(const RunState *state, const Outcome *outcome)
{
	bool told = state->phase == RUN_RUNNING ||
		    (state->phase == RUN_STOPPED && outcome->verdict == OUTCOME_FAILED);

	return told && outcome->verdict != OUTCOME_GOOD ? outcome_verdict_name(outcome->verdict)
							: run_phase_name(state->phase);
}

/* It runs, and something is wrong with it. */
static int info_degraded(const char *name, const RunState *state, vsb_info *info, Error **ret_error)
{
	if (strcmp(info->state, outcome_verdict_name(OUTCOME_FAILED)) != 0) {
		free(info->state);
		info->state = strdup(outcome_verdict_name(OUTCOME_DEGRADED));
	}
	if (!info->state ||
		asprintf(&info->problem, "container %s: %s%s", name,
			state->network_lost ? "network-lost: " : "its health check fails",
			state->network_lost ? state->network_lost : "") < 0) {
		info->problem = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

/* Whatever else is known of it: nobody works in there. */
static int info_paused(vsb_info *info, Error **ret_error)
{
	free(info->state);
	info->state = strdup("paused");
	return info->state ? 0 : error_oom(ret_error);
}

static int info_outcome(const char *name, const RunState *state, vsb_info *info, Error **ret_error)
{
	_cleanup_outcome_ Outcome outcome = { 0 };
	_cleanup_free_ char *sentence = NULL;
	_cleanup_error_ Error *error = NULL;
	int r = outcome_load(name, &outcome, &error);

	if (r == -ENOMEM)
		return error_oom(ret_error);
	info->state = strdup(state_name(state, &outcome));
	if (!info->state)
		return error_oom(ret_error);
	if (r < 0) { /* a broken file is no reason to hide the rest */
		info->problem = strdup(error_message(error));
		return info->problem ? 0 : error_oom(ret_error);
	}
	if (state->phase == RUN_RUNNING && (state->health == HEALTH_BAD || state->network_lost))
		return info_degraded(name, state, info, ret_error);
	sentence = outcome.verdict == OUTCOME_GOOD ? NULL : outcome_sentence(&outcome);
	if (sentence && asprintf(&info->problem, "container %s: %s", name, sentence) < 0) {
		info->problem = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

static vsb_info *info_new(void)
{
	vsb_info *info = calloc(1, sizeof(*info));

	if (info)
		info->behind = -1;
	return info;
}

static int info_fill(const Container *c, const RunState *state, int64_t last_change, vsb_info *info,
	Error **ret_error)
{
	const char *label = wish_labels(c->desc, c->identity).process;
	const Desc *desc = c->desc;

	if (info_addresses(c, state, info) < 0)
		return error_oom(ret_error);
	if (info_outcome(desc->name, state, info, ret_error) < 0)
		return -ENOMEM;
	if (state->phase == RUN_RUNNING && freezer_is_on(state->cgroup) &&
		info_paused(info, ret_error) < 0)
		return -ENOMEM;
	info->snapshots = snapshot_count(desc);
	info->name = strdup(desc->name);
	info->label = label ? strdup(label) : NULL;
	if (strv_copy(&info->published, desc->published) < 0 ||
		strv_copy(&info->allowed, desc->allowed) < 0 ||
		strv_copy(&info->egress, desc->egress) < 0)
		return error_oom(ret_error);
	if (!info->name || (label && !info->label) ||
		strv_copy(&info->units, desc->kind == DESC_SERVICE ? desc->units : desc->command) <
			0)
		return error_oom(ret_error);
	if (state->phase != RUN_STOPPED && state->pid > 0 &&
		(info_running(state, last_change, info) < 0 ||
			info_behind(c, state->since, last_change, info) < 0))
		return error_oom(ret_error);
	return 0;
}

/* A container whose description cannot be read is listed as broken, with the reason: one bad file must not hide the others. */
static int info_broken(const char *name, Error *problem, vsb_info *info, Error **ret_error)
{
	info->name = strdup(name);
	info->state = strdup("broken");
	info->problem = strdup(error_message(problem));
	return info->name && info->state && info->problem ? 0 : error_oom(ret_error);
}

static int info_load(const char *name, int64_t last_change, vsb_info **ret, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_error_ Error *problem = NULL;
	_cleanup_container_ Container container = {};
	_cleanup_info_ vsb_info *info = info_new();
	int r;

	if (!info)
		return error_oom(ret_error);
	r = registry_describe(name, &container, &problem);
	if (r >= 0)
		r = run_state_load(name, &state, &problem);
	if (r == -ENOMEM)
		return error_oom(ret_error);
	r = r < 0 ? info_broken(name, problem, info, ret_error)
		  : info_fill(&container, &state, last_change, info, ret_error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(info);
	return 0;
}

PUBLIC int vsb_list(vsb_info ***ret, vsb_error **error)
{
	const int64_t last_change = stale_last_change();
	_cleanup_strv_ char **names = NULL;
	_cleanup_list_ vsb_info **infos = NULL;
	int r = sandbox_begin(error);
	if (r >= 0)
		r = registry_names(&names, error);
	if (r < 0)
		return r;
	infos = calloc(strv_length(names) + 1, sizeof(vsb_info *));
	if (!infos)
		return error_oom(error);
	for (size_t i = 0; names && names[i]; i++) {
		r = info_load(names[i], last_change, &infos[i], error);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(infos);
	return 0;
}

PUBLIC int vsb_info_of(const char *name, vsb_info **ret, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	_cleanup_info_ vsb_info *info = NULL;
	int r = sandbox_begin_look(name, &container, &state, error);
	if (r < 0)
		return r;
	info = info_new();
	if (!info)
		return error_oom(error);
	r = info_fill(&container, &state, stale_last_change(), info, error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(info);
	return 0;
}

PUBLIC const char *vsb_info_name(const vsb_info *info)
{
	return info->name;
}

PUBLIC const char *vsb_info_state(const vsb_info *info)
{
	return info->state;
}

static const char *const state_names[] = {
	[VSB_STATE_STOPPED] = "stopped",
	[VSB_STATE_STARTING] = "starting",
	[VSB_STATE_RUNNING] = "running",
	[VSB_STATE_DEGRADED] = "degraded",
	[VSB_STATE_FAILED] = "failed",
	[VSB_STATE_STOPPING] = "stopping",
	[VSB_STATE_PAUSED] = "paused",
	[VSB_STATE_BROKEN] = "broken",
};

PUBLIC int vsb_state_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (strcmp(name, state_names[i]) == 0)
			return (int)i;
	return -EINVAL;
}

PUBLIC const char *vsb_state_name(vsb_state state)
{
	return (size_t)state < ARRAY_SIZE(state_names) ? state_names[state] : NULL;
}

PUBLIC vsb_state vsb_info_state_code(const vsb_info *info)
{
	return (vsb_state)vsb_state_from_name(info->state);
}

PUBLIC char *const *vsb_info_units(const vsb_info *info)
{
	return info->units;
}

PUBLIC const char *vsb_info_address(const vsb_info *info)
{
	return info->address;
}

PUBLIC char *const *vsb_info_addresses(const vsb_info *info)
{
	return info->addresses;
}

PUBLIC char *const *vsb_info_published(const vsb_info *info)
{
	return info->published;
}

PUBLIC char *const *vsb_info_allowed(const vsb_info *info)
{
	return info->allowed;
}

PUBLIC char *const *vsb_info_egress(const vsb_info *info)
{
	return info->egress;
}

PUBLIC const char *vsb_info_label(const vsb_info *info)
{
	return info->label;
}

PUBLIC const char *vsb_info_problem(const vsb_info *info)
{
	return info->problem;
}

PUBLIC uint64_t vsb_info_memory(const vsb_info *info)
{
	return info->memory;
}

PUBLIC int64_t vsb_info_since(const vsb_info *info)
{
	return info->since;
}

PUBLIC int32_t vsb_info_pid(const vsb_info *info)
{
	return info->pid;
}

PUBLIC size_t vsb_info_snapshots(const vsb_info *info)
{
	return info->snapshots;
}

PUBLIC int64_t vsb_info_behind(const vsb_info *info)
{
	return info->behind;
}

PUBLIC bool vsb_info_is_stale(const vsb_info *info)
{
	return info->stale;
}

PUBLIC bool vsb_info_is_outdated(const vsb_info *info)
{
	return info->outdated;
}

PUBLIC const char *vsb_info_version(const vsb_info *info)
{
	return info->version;
}
