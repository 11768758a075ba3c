/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stats: what the kernel counts of a container. What it does not count is not known, which is not 0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strv.h"
#include "engine/keep/saved-spec.h"
#include "sandbox/handle.h"

typedef struct Figure {
	const char *name;
	bool counter; /* grows for as long as the container runs; else a gauge */
	const char *file; /* of the cgroup; NULL: of the host's ends of its links */
	/* Of a line "key number"; "": the file is one number; "key=": the sum of all such words. */
	const char *key;
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

/* False: there is no number, as "max" is none. */
static bool number_at(const char *text, uint64_t *ret)
{
	char *end;

	*ret = strtoull(text, &end, 10);
	return end > text;
}

static bool keyed(const char *text, const char *key, uint64_t *ret)
{
	size_t size = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, size) == 0 && (size == 0 || line[size] == ' '))
			return number_at(line + size + (size > 0), ret);
	}
	return false;
}

/* "8:0 rbytes=1 wbytes=2 ...": no line is no traffic. */
static bool summed(const char *text, const char *key, uint64_t *ret)
{
	*ret = 0;
	for (const char *at = text; (at = strstr(at, key)); at += strlen(key))
		*ret += strtoull(at + strlen(key), NULL, 10);
	return true;
}

static bool of_cgroup(const char *cgroup, const Figure *figure, uint64_t *ret)
{
	_cleanup_free_ char *path = NULL, *text = NULL;

	if (!cgroup || asprintf(&path, "%s/%s", cgroup, figure->file) < 0) {
		path = NULL;
		return false;
	}
	if (file_read_optional(path, &text, NULL, NULL) <= 0)
		return false;
	return strchr(figure->key, '=') ? summed(text, figure->key, ret)
					: keyed(text, figure->key, ret);
}

/* proc_pid_net(5): "  eth0: " and sixteen numbers. Not sysfs, which is of the network namespace in which somebody mounted it. */
static bool of_link(const char *table, const char *link, unsigned int column, uint64_t *ret)
{
	size_t size = strlen(link);

	for (const char *line = table; line && *line; line = strchr(line, '\n')) {
		line += strspn(line, "\n ");
		if (strncmp(line, link, size) != 0 || line[size] != ':')
			continue;
		line += size + 1;
		for (unsigned int i = 0; i < column; i++) {
			line += strspn(line, " ");
			line += strcspn(line, " \n");
		}
		return number_at(line, ret);
	}
	return false;
}

static bool of_links(const Spec *spec, unsigned int column, uint64_t *ret)
{
	_cleanup_free_ char *table = NULL;
	bool known = false;

	*ret = 0;
	if (!spec || file_read("/proc/thread-self/net/dev", &table, NULL, NULL) < 0)
		return false;
	for (size_t i = 0; i < spec->n_networks; i++) {
		const char *link = spec->networks[i].host_name; /* NULL: moved in, or the host's */
		uint64_t number;

		if (!link || !of_link(table, link, column, &number))
			continue;
		*ret += number;
		known = true;
	}
	return known;
}

static int add(const RunState *state, const Spec *spec, const Figure *figure, char ***table)
{
	uint64_t number;
	bool known = figure->file ? of_cgroup(state->cgroup, figure, &number)
				  : of_links(spec, figure->column, &number);

	if (strv_append(table, figure->name) < 0 ||
		strv_append(table, figure->counter ? "counter" : "gauge") < 0)
		return -ENOMEM;
	return known ? strv_appendf(table, "%" PRIu64, number) : strv_append(table, "");
}

PUBLIC int vsb_stats(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	_cleanup_strv_ char **table = NULL;
	_cleanup_spec_ Spec *spec = NULL;
	int r = sandbox_begin_look(name, &container, &state, error);

	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED || state.pid <= 0)
		return error_set(error, ENOTCONN, "container %s is not running", name);
	(void)saved_spec_read(name, &spec, NULL); /* it may end just now */
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		if (add(&state, spec, &figures[i], &table) < 0)
			return error_oom(error);
	*ret = TAKE_PTR(table);
	return 0;
}
