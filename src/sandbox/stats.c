/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stats: what the kernel counts of a container. What it does not count is not known, which is not 0.
 */
#include "base/strv.h"
#include "engine/keep/saved-spec.h"
#include "sandbox/counters.h"
#include "sandbox/handle.h"

typedef struct Figure {
	const char *name;
	bool counter; /* grows for as long as the container runs; else a gauge */
	const char *file; /* of the cgroup; NULL: of the host's ends of its links */
	const char *key; /* as counters_cgroup() takes it */
	unsigned int column; /* of a link */
} Figure;

static const Figure figures[] = {
	{ "cpu-usec", true, "cpu.stat", "usage_usec" },
	{ "cpu-user-usec", true, "cpu.stat", "user_usec" },
	{ "cpu-system-usec", true, "cpu.stat", "system_usec" },
	{ "cpu-throttled-usec", true, "cpu.stat", "throttled_usec" },
	{ "memory-bytes", false, "memory.current", "" },
	{ "memory-limit-bytes", false, "memory.max", "" },
	{ "memory-refused", true, "memory.events", "max" },
	{ "memory-oom-kills", true, "memory.events", "oom_kill" },
	{ "swap-bytes", false, "memory.swap.current", "" },
	{ "pids", false, "pids.current", "" },
	{ "pids-limit", false, "pids.max", "" },
	{ "pids-refused", true, "pids.events", "max" },
	{ "io-read-bytes", true, "io.stat", "rbytes=" },
	{ "io-written-bytes", true, "io.stat", "wbytes=" },
	/* The host sees the other end: what it sends is what comes in. */
	{ "net-received-bytes", true, NULL, NULL, 8 },
	{ "net-sent-bytes", true, NULL, NULL, 0 },
	{ "net-received-dropped", true, NULL, NULL, 11 },
};

/* Of all links that the host has an end of: NULL is one that moved in, or is the host's. */
static bool of_links(Counters *counters, const Spec *spec, unsigned int column, uint64_t *ret)
{
	uint64_t number;
	bool known = false;

	*ret = 0;
	for (size_t i = 0; spec && i < spec->n_networks; i++) {
		const char *link = spec->networks[i].host_name;

		if (!link || !counters_link(counters, link, column, &number))
			continue;
		*ret += number;
		known = true;
	}
	return known;
}

static int add(Counters *counters, const Spec *spec, const Figure *figure, char ***table)
{
	uint64_t number;
	bool known = figure->file ? counters_cgroup(counters, figure->file, figure->key, &number)
				  : of_links(counters, spec, figure->column, &number);

	if (strv_append(table, figure->name) < 0 ||
		strv_append(table, figure->counter ? "counter" : "gauge") < 0)
		return -ENOMEM;
	return known ? strv_appendf(table, "%" PRIu64, number) : strv_append(table, "");
}

PUBLIC int vsb_stats(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	_cleanup_counters_ Counters counters = { 0 };
	_cleanup_strv_ char **table = NULL;
	_cleanup_spec_ Spec *spec = NULL;
	int r = sandbox_begin_running(name, &container, &state, error);

	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED || state.pid <= 0)
		return error_set(error, ENOTCONN, "container %s is not running", name);
	(void)saved_spec_read(name, &spec, NULL); /* it may end just now */
	counters.cgroup = state.cgroup;
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		if (add(&counters, spec, &figures[i], &table) < 0)
			return error_oom(error);
	*ret = TAKE_PTR(table);
	return 0;
}
