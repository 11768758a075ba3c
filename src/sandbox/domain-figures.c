/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables about a domain: its devices as the document and the run have them, and the figures of its cgroup and links.
 */
#include <stdio.h>
#include <string.h>

#include "base/procstat.h"
#include "base/strv.h"
#include "engine/keep/freezer.h"
#include "engine/keep/processes.h"
#include "engine/keep/saved-spec.h"
#include "sandbox/counters.h"
#include "sandbox/domain-addresses.h"
#include "sandbox/domain-container.h"
#include "sandbox/domain-life.h"
#include "sandbox/handle.h"

#define NONE "-"

typedef struct Look {
	const struct vsb_domain *handle;
	const Domain *domain;
	const Spec *spec; /* NULL: it does not run */
	const RunState *state;
	Counters counters;
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

/* What is not counted here is left out, as libvirt does. */
static void put_counted(Look *look, const char *name, const char *file, const char *key)
{
	uint64_t number;

	if (counters_cgroup(&look->counters, file, key, &number))
		put_number(look, name, strcmp(file, "cpu.stat") == 0 ? number * 1000 : number);
}

/* False: it cannot be known. */
static bool memory_of(Look *look, uint64_t *ret)
{
	_cleanup_processes_ Processes processes = { 0 };

	if (counters_cgroup(&look->counters, "memory.current", "", ret))
		return true;
	*ret = processes_list(look->state, &processes) == 0 ? processes_memory(&processes) : 0;
	return *ret > 0;
}

/* link NULL: one that moved in, of which the host sees nothing. */
static void put_link(Look *look, size_t index, const char *link)
{
	/* The host sees the other end: what it sends is what comes in. */
	static const struct {
		const char *name;
		unsigned int column;
	} counters[] = { { "rx.bytes", 8 }, { "rx.pkts", 9 }, { "rx.errs", 10 }, { "rx.drop", 11 },
		{ "tx.bytes", 0 }, { "tx.pkts", 1 }, { "tx.errs", 2 }, { "tx.drop", 3 } };
	uint64_t number;
	char key[64];

	(void)snprintf(key, sizeof(key), "net.%zu.name", index);
	put(look, key);
	put(look, link);
	for (size_t i = 0; link && i < ARRAY_SIZE(counters); i++) {
		if (!counters_link(&look->counters, link, counters[i].column, &number))
			continue;
		(void)snprintf(key, sizeof(key), "net.%zu.%s", index, counters[i].name);
		put_number(look, key, number);
	}
}

/* libvirt's numbers for the words of states and reasons (virDomainState and what stands below it). */
static uint64_t number_of(const struct vsb_domain *handle, const char *key)
{
	static const struct {
		const char *word;
		uint64_t number;
	} numbers[] = { { "running", 1 }, { "paused", 3 }, { "in shutdown", 4 }, { "shut off", 5 },
		{ "booted", 1 }, { "unpaused", 5 }, { "user", 1 }, { "shutdown", 1 },
		{ "destroyed", 2 }, { "crashed", 3 }, { "failed", 6 } };
	_cleanup_free_ char *word = NULL;

	if (vsb_domain_get(handle, key, &word, NULL) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(numbers[i].word, word) == 0)
			return numbers[i].number;
	return 0; /* unknown */
}

static void put_state(Look *look)
{
	put_number(look, "state.state", number_of(look->handle, "state"));
	put_number(look, "state.reason", number_of(look->handle, "reason"));
}

static void put_memory(Look *look)
{
	uint64_t memory, anonymous;
	bool known = memory_of(look, &memory);

	if (known)
		put_number(look, "balloon.current", memory / 1024);
	put_number(look, "balloon.maximum", look->domain->memory);
	put_counted(look, "balloon.swap_in", "memory.stat", "pswpin");
	if (counters_cgroup(&look->counters, "memory.stat", "anon", &anonymous))
		put_number(look, "balloon.rss", anonymous / 1024);
	else if (known)
		put_number(look, "balloon.rss", memory / 1024);
}

static void put_running(Look *look)
{
	put_counted(look, "cpu.time", "cpu.stat", "usage_usec");
	put_counted(look, "cpu.user", "cpu.stat", "user_usec");
	put_counted(look, "cpu.system", "cpu.stat", "system_usec");
	put_memory(look);
	put_number(look, "net.count", look->spec ? look->spec->n_networks : 0);
	for (size_t i = 0; look->spec && i < look->spec->n_networks; i++)
		put_link(look, i, look->spec->networks[i].host_name);
	put_number(look, "block.count", 0);
	put_counted(look, "block.rd.reqs", "io.stat", "rios=");
	put_counted(look, "block.rd.bytes", "io.stat", "rbytes=");
	put_counted(look, "block.wr.reqs", "io.stat", "wios=");
	put_counted(look, "block.wr.bytes", "io.stat", "wbytes=");
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

static void look_done(Look *look)
{
	counters_done(&look->counters);
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
	_cleanup_(look_done) Look look = { .handle = domain, .state = &state, .table = &table };
	int r = load(domain, flags, &document, error);

	if (r == 0)
		r = run_state_load(domain->key, &state, error);
	if (r < 0)
		return r;
	if (state.phase != RUN_STOPPED && !(flags & VSB_DOMAIN_INACTIVE))
		(void)saved_spec_read(domain->key, &spec, NULL); /* it may end just now */
	look.counters.cgroup = state.cgroup;
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
