/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of a domain: its document, and the facts that virsh's commands show.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/strv.h"
#include "engine/engine.h"
#include "engine/keep/freezer.h"
#include "engine/keep/processes.h"
#include "engine/keep/saved-spec.h"
#include "label/choose.h"
#include "sandbox/domain-container.h"
#include "sandbox/domain-life.h"
#include "sandbox/handle.h"

/* Read once for a question. */
typedef struct Known {
	const struct vsb_domain *handle;
	DomainPlaces places;
	Domain *domain; /* NULL: nobody has asked for it */
	RunState state;
	Spec *spec; /* of what runs; NULL: it does not */
} Known;

static void known_done(Known *known)
{
	domain_places_done(&known->places);
	domain_free(known->domain);
	run_state_done(&known->state);
	spec_free(known->spec);
}

static bool runs(const Known *known)
{
	return known->state.phase != RUN_STOPPED;
}

static int load_document(const struct vsb_domain *handle, Domain **ret, Error **ret_error)
{
	return handle->container ? domain_from_container(handle, ret, ret_error)
				 : domain_load(handle, ret, ret_error);
}

static int look(const struct vsb_domain *handle, Known *ret, Error **ret_error)
{
	int r = sandbox_begin(ret_error);

	ret->handle = handle;
	if (r == 0)
		r = domain_places_of(handle, &ret->places, ret_error);
	if (r == 0)
		r = run_state_load(handle->key, &ret->state, ret_error);
	if (r == 0 && runs(ret)) /* one that ends just now has none any more */
		(void)saved_spec_read(handle->key, &ret->spec, NULL);
	return r;
}

/* -- Facts -- */

static char *text_of(const char *text)
{
	return strdup(text);
}

static char *number_of(uint64_t number)
{
	char *text = NULL;

	return asprintf(&text, "%" PRIu64, number) < 0 ? NULL : text;
}

static char *yes_or_no(bool yes)
{
	return strdup(yes ? "yes" : "no");
}

static const char *state_of(const Known *known)
{
	switch (known->state.phase) {
	case RUN_STOPPED:
		return "shut off";
	case RUN_STOPPING:
		return "in shutdown";
	case RUN_CREATED: /* its first process is held */
		return "paused";
	default:
		return freezer_is_on(known->state.cgroup) ? "paused" : "running";
	}
}

/* Of a state, libvirt's words for it; the first when nothing, or another state's, is written down. */
static char *reason_of(const Known *known)
{
	static const struct {
		const char *state, *reasons[6];
	} table[] = {
		{ "running", { "booted", "unpaused" } },
		{ "paused", { "user" } },
		{ "in shutdown", { "user" } },
		{ "shut off", { "unknown", "shutdown", "destroyed", "failed", "crashed" } },
	};
	_cleanup_free_ char *noted = domain_reason(&known->places);
	const char *state = state_of(known);

	/* It ran, and its supervisor, which would have said more, is gone. */
	if (!runs(known) && noted && file_exists(known->places.live))
		return strdup("crashed");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].state, state) == 0) {
			for (const char *const *reason = table[i].reasons; *reason; reason++)
				if (noted && strcmp(*reason, noted) == 0)
					return strdup(noted);
			return strdup(table[i].reasons[0]);
		}
	return NULL;
}

static RunUsage usage_of(const Known *known)
{
	_cleanup_processes_ Processes processes = { 0 };
	_cleanup_fd_ int fd = -EBADF;
	RunUsage usage = { RUN_UNCOUNTED, RUN_UNCOUNTED, RUN_UNCOUNTED };

	if (known->state.cgroup)
		fd = open(known->state.cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)run_usage(fd, &usage, NULL); /* one that ends just now has none */
	if (usage.memory == RUN_UNCOUNTED && processes_list(&known->state, &processes) == 0)
		usage.memory = processes_memory(&processes);
	return usage;
}

static char *get_name(const Known *known)
{
	return text_of(known->handle->name);
}

static char *get_uuid(const Known *known)
{
	return text_of(known->handle->uuid);
}

static char *get_id(const Known *known)
{
	return runs(known) ? number_of((uint64_t)known->state.supervisor) : NULL;
}

static char *get_state(const Known *known)
{
	return text_of(state_of(known));
}

static char *get_title(const Known *known)
{
	return known->domain->title ? text_of(known->domain->title) : NULL;
}

static char *get_description(const Known *known)
{
	return known->domain->description ? text_of(known->domain->description) : NULL;
}

static char *get_os_type(const Known *known)
{
	(void)known;
	return text_of("exe");
}

static char *get_cpus(const Known *known)
{
	return number_of(known->domain->vcpus ? known->domain->vcpus : 1);
}

static char *get_cpu_time(const Known *known)
{
	uint64_t usec = runs(known) ? usage_of(known).cpu_usec : 0;

	return usec == RUN_UNCOUNTED ? NULL : number_of(usec * 1000);
}

static char *get_max_memory(const Known *known)
{
	return number_of(known->domain->memory);
}

static char *get_memory(const Known *known)
{
	uint64_t bytes = runs(known) ? usage_of(known).memory : 0;

	return bytes == RUN_UNCOUNTED
		       ? NULL
		       : number_of(runs(known) ? bytes / 1024 : known->domain->current_memory);
}

static char *get_persistent(const Known *known)
{
	return yes_or_no(known->handle->container || domain_is_kept(known->handle));
}

static char *get_autostart(const Known *known)
{
	return yes_or_no(domain_is_autostarted(known->handle));
}

static char *get_container(const Known *known)
{
	return yes_or_no(known->handle->container);
}

static char *get_security_model(const Known *known)
{
	return text_of(known->spec && known->spec->label.model ? known->spec->label.model
							       : label_model_of_host());
}

static char *get_security_label(const Known *known)
{
	return known->spec && known->spec->label.process ? text_of(known->spec->label.process)
							 : NULL;
}

static char *get_hostname(const Known *known)
{
	return known->spec && known->spec->process.host_name
		       ? text_of(known->spec->process.host_name)
		       : NULL;
}

static char *get_pid(const Known *known)
{
	return runs(known) && known->state.pid > 0 ? number_of((uint64_t)known->state.pid) : NULL;
}

static const struct {
	const char *key;
	char *(*get)(const Known *known); /* NULL: it has none */
	bool document; /* is in it */
} facts[] = {
	{ "name", get_name },
	{ "uuid", get_uuid },
	{ "id", get_id },
	{ "pid", get_pid },
	{ "state", get_state },
	{ "reason", reason_of },
	{ "title", get_title, true },
	{ "description", get_description, true },
	{ "os-type", get_os_type },
	{ "cpus", get_cpus, true },
	{ "cpu-time", get_cpu_time },
	{ "max-memory", get_max_memory, true },
	{ "memory", get_memory, true },
	{ "persistent", get_persistent },
	{ "autostart", get_autostart },
	{ "container", get_container },
	{ "security-model", get_security_model },
	{ "security-label", get_security_label },
	{ "hostname", get_hostname },
};

static int get_from_document(const Domain *domain, const char *path, char **ret, Error **ret_error)
{
	const char *value = domain_get(domain, path);

	*ret = value ? strdup(value) : NULL;
	return value && !*ret ? error_oom(ret_error) : 0;
}

static int get_from_kept(const Known *known, const char *path, char **ret, Error **ret_error)
{
	_cleanup_domain_ Domain *kept = NULL;
	int r;

	if (known->handle->container)
		return get_from_document(known->domain, path, ret, ret_error);
	r = domain_load_kept(known->handle, &kept, ret_error);
	return r < 0 ? r : get_from_document(kept, path, ret, ret_error);
}

static int get_fact(Known *known, const char *key, char **ret, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		if (strcmp(facts[i].key, key) != 0)
			continue;
		if (facts[i].document)
			r = load_document(known->handle, &known->domain, ret_error);
		if (r == 0)
			*ret = facts[i].get(known);
		return r;
	}
	return error_set(ret_error, EINVAL, "nothing is known of a domain as \"%s\"", key);
}

PUBLIC int vsb_domain_get(const vsb_domain *domain, const char *key, char **ret, vsb_error **error)
{
	static const char kept[] = "config:/";
	_cleanup_(known_done) Known known = { 0 };
	int r = look(domain, &known, error);

	if (r < 0)
		return r;
	if (*key != '/' && strncmp(key, kept, strlen(kept)) != 0)
		return get_fact(&known, key, ret, error);
	r = load_document(domain, &known.domain, error);
	if (r < 0)
		return r;
	return *key == '/' ? get_from_document(known.domain, key + 1, ret, error)
			   : get_from_kept(&known, key + strlen(kept), ret, error);
}

/* -- Its document -- */

static int format_live(const Known *known, char **ret, Error **ret_error)
{
	_cleanup_free_ const char **names = calloc(known->domain->n_interfaces + 1, sizeof(*names));
	_cleanup_domain_ Domain *live = NULL;
	DomainLive facts_of_run = { .id = known->state.supervisor };
	int r;

	if (!names)
		return error_oom(ret_error);
	for (size_t i = 0, link = 0; known->spec && i < known->domain->n_interfaces; i++)
		if (link < known->spec->n_networks)
			names[i] = known->spec->networks[link++].host_name;
	if (known->spec) {
		facts_of_run.label = known->spec->label.process;
		facts_of_run.imagelabel = known->spec->label.file;
		facts_of_run.host_names = (char *const *)names;
	}
	r = domain_with_live(known->domain, &facts_of_run, &live, ret_error);
	return r < 0 ? r : domain_format_xml(live, 0, ret, ret_error);
}

PUBLIC int vsb_domain_xml(
	const vsb_domain *domain, unsigned int flags, char **ret, vsb_error **error)
{
	_cleanup_(known_done) Known known = { 0 };
	_cleanup_domain_ Domain *kept = NULL;
	int r = look(domain, &known, error);

	if (r == 0)
		r = load_document(domain, &known.domain, error);
	if (r < 0)
		return r;
	if (!(flags & VSB_DOMAIN_INACTIVE) && runs(&known) && !domain->container)
		return format_live(&known, ret, error);
	if (!domain->container && domain_is_kept(domain)) {
		r = domain_load_kept(domain, &kept, error);
		if (r < 0)
			return r;
	}
	return domain_format_xml(kept ? kept : known.domain, DOMAIN_INACTIVE, ret, error);
}
