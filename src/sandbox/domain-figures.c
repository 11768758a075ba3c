/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables about a domain: its devices as the document and the run have them, and the figures of its cgroup and links.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/procstat.h"
#include "base/strv.h"
#include "engine/keep/freezer.h"
#include "engine/keep/processes.h"
#include "engine/keep/saved-spec.h"
#include "sandbox/domain-addresses.h"
#include "sandbox/domain-container.h"
#include "sandbox/domain-life.h"
#include "sandbox/handle.h"

#define NONE "-"

typedef struct Look {
	const Domain *domain;
	const Spec *spec; /* NULL: it does not run */
	const RunState *state;
	char ***table;
	bool failed; /* without memory */
} Look;

static void put(Look *look, const char *text)
{
	look->failed = strv_append(look->table, text ? text : NONE) < 0 || look->failed;
}

static void put_number(Look *look, const char *name, uint64_t number)
{
	put(look, name);
	look->failed = strv_appendf(look->table, "%" PRIu64, number) < 0 || look->failed;
}

static const char *host_name(const Look *look, size_t index)
{
	return look->spec && index < look->spec->n_networks ? look->spec->networks[index].host_name
							    : NULL;
}

static int table_interfaces(Look *look, Error **ret_error)
{
	(void)ret_error;
	for (size_t i = 0; i < look->domain->n_interfaces; i++) {
		const DomainInterface *interface = &look->domain->interfaces[i];
		const char *name = host_name(look, i);

		if (interface->type == DOMAIN_INTERFACE_HOSTDEV)
			continue;
		put(look, name ? name : interface->host_name);
		put(look, interface->type_name);
		put(look, interface->source);
		put(look, NULL); /* no domain has a model of a network card */
		put(look, interface->mac);
	}
	return 0;
}

static int table_disks(Look *look, Error **ret_error)
{
	(void)ret_error;
	for (size_t i = 0; i < look->domain->n_hostdevs; i++) {
		const DomainHostdev *device = &look->domain->hostdevs[i];
		const char *target = device->target ? strrchr(device->target, '/') : NULL;

		if (strcmp(device->node->name, "disk") != 0)
			continue;
		put(look, "block");
		put(look, "disk");
		put(look, target ? target + 1 : device->target);
		put(look, device->source);
	}
	return 0;
}

static int table_addresses(Look *look, Error **ret_error)
{
	if (!look->spec || look->state->pid <= 0)
		return domain_not_running(ret_error);
	return domain_addresses(look->state, look->table, ret_error);
}

/* -- Figures -- */

/* Of a file of lines "name value" the value of one; 0: it is not there. */
static uint64_t keyed(const char *cgroup, const char *file, const char *name)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	size_t size = strlen(name);

	if (!cgroup || asprintf(&path, "%s/%s", cgroup, file) < 0 ||
		file_read_optional(path, &text, NULL, NULL) <= 0)
		return 0;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, size) == 0 && (size == 0 || line[size] == ' '))
			return strtoull(line + size, NULL, 10);
	}
	return 0;
}

/* Of all devices: the file has lines "8:0 rbytes=1 wbytes=2 ...". */
static uint64_t summed(const char *cgroup, const char *name)
{
	_cleanup_free_ char *path = NULL, *text = NULL, *key = NULL;
	uint64_t sum = 0;

	if (!cgroup || asprintf(&path, "%s/io.stat", cgroup) < 0 ||
		asprintf(&key, " %s=", name) < 0 ||
		file_read_optional(path, &text, NULL, NULL) <= 0)
		return 0;
	for (const char *at = text; (at = strstr(at, key)); at += strlen(key))
		sum += strtoull(at + strlen(key), NULL, 10);
	return sum;
}

static uint64_t memory_of(const RunState *state)
{
	_cleanup_processes_ Processes processes = { 0 };
	uint64_t bytes = keyed(state->cgroup, "memory.current", "");

	if (bytes == 0 && processes_list(state, &processes) == 0)
		bytes = processes_memory(&processes);
	return bytes;
}

static void put_link(Look *look, size_t index, const char *name)
{
	/* The host sees the other end: what it sends is what comes in. */
	static const char *const counters[][2] = { { "rx.bytes", "tx_bytes" },
		{ "rx.pkts", "tx_packets" }, { "rx.errs", "tx_errors" },
		{ "rx.drop", "tx_dropped" }, { "tx.bytes", "rx_bytes" },
		{ "tx.pkts", "rx_packets" }, { "tx.errs", "rx_errors" },
		{ "tx.drop", "rx_dropped" } };
	char key[64], path[160];

	(void)snprintf(key, sizeof(key), "net.%zu.name", index);
	put(look, key);
	put(look, name);
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		_cleanup_free_ char *text = NULL;

		(void)snprintf(path, sizeof(path), "/sys/class/net/%.16s/statistics/%s", name,
			counters[i][1]);
		if (file_read_optional(path, &text, NULL, NULL) < 0)
			continue;
		(void)snprintf(key, sizeof(key), "net.%zu.%s", index, counters[i][0]);
		put_number(look, key, text ? strtoull(text, NULL, 10) : 0);
	}
}

/* libvirt's numbers for states and reasons (virDomainState). */
static void put_state(Look *look)
{
	bool runs = look->state->phase != RUN_STOPPED,
	     paused = look->state->phase == RUN_CREATED ||
		      (runs && freezer_is_on(look->state->cgroup));

	put_number(look, "state.state", !runs ? 5 : paused ? 3 : 1);
	put_number(look, "state.reason", 1);
}

static void put_running(Look *look)
{
	const char *cgroup = look->state->cgroup;
	uint64_t memory = memory_of(look->state);

	put_number(look, "cpu.time", keyed(cgroup, "cpu.stat", "usage_usec") * 1000);
	put_number(look, "cpu.user", keyed(cgroup, "cpu.stat", "user_usec") * 1000);
	put_number(look, "cpu.system", keyed(cgroup, "cpu.stat", "system_usec") * 1000);
	put_number(look, "balloon.current", memory / 1024);
	put_number(look, "balloon.maximum", look->domain->memory);
	put_number(look, "balloon.swap_in", keyed(cgroup, "memory.stat", "pswpin"));
	put_number(look, "balloon.rss",
		(keyed(cgroup, "memory.stat", "anon") ? keyed(cgroup, "memory.stat", "anon")
						      : memory) /
			1024);
	put_number(look, "net.count", look->spec ? look->spec->n_networks : 0);
	for (size_t i = 0; look->spec && i < look->spec->n_networks; i++)
		put_link(look, i, look->spec->networks[i].host_name);
	put_number(look, "block.count", 0);
	put_number(look, "block.rd.reqs", summed(cgroup, "rios"));
	put_number(look, "block.rd.bytes", summed(cgroup, "rbytes"));
	put_number(look, "block.wr.reqs", summed(cgroup, "wios"));
	put_number(look, "block.wr.bytes", summed(cgroup, "wbytes"));
}

static int table_figures(Look *look, Error **ret_error)
{
	(void)ret_error;
	put_state(look);
	if (look->state->phase != RUN_STOPPED) {
		put_running(look);
	} else {
		put_number(look, "balloon.current", look->domain->current_memory);
		put_number(look, "balloon.maximum", look->domain->memory);
	}
	return 0;
}

/* -- All of them -- */

static int load(
	const struct vsb_domain *handle, unsigned int flags, Domain **ret, Error **ret_error)
{
	if (handle->container)
		return domain_from_container(handle, ret, ret_error);
	return flags & VSB_DOMAIN_INACTIVE && domain_is_kept(handle)
		       ? domain_load_kept(handle, ret, ret_error)
		       : domain_load(handle, ret, ret_error);
}

PUBLIC int vsb_domain_table(const vsb_domain *domain, const char *what, unsigned int flags,
	char ***ret, vsb_error **error)
{
	static const struct {
		const char *name;
		int (*fill)(Look *look, Error **ret_error);
	} tables[] = { { "interfaces", table_interfaces }, { "disks", table_disks },
		{ "addresses", table_addresses }, { "figures", table_figures } };
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_strv_ char **table = NULL;
	_cleanup_domain_ Domain *document = NULL;
	_cleanup_spec_ Spec *spec = NULL;
	Look look = { .state = &state, .table = &table };
	int r = load(domain, flags, &document, error);

	if (r == 0)
		r = run_state_load(domain->key, &state, error);
	if (r < 0)
		return r;
	if (state.phase != RUN_STOPPED && !(flags & VSB_DOMAIN_INACTIVE))
		(void)saved_spec_read(domain->key, &spec, NULL); /* it may end just now */
	look.domain = document;
	look.spec = spec;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (strcmp(tables[i].name, what) != 0)
			continue;
		r = tables[i].fill(&look, error);
		if (r == 0 && !table)
			table = calloc(1, sizeof(*table)); /* empty */
		if (r == 0 && (look.failed || !table))
			r = error_oom(error);
		if (r == 0)
			*ret = TAKE_PTR(table);
		return r;
	}
	return error_set(error, EINVAL, "there is no table \"%s\" of a domain", what);
}
