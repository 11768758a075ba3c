/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changing a domain's document: the kept one, and the running one with what its cgroup is told.
 */
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "engine/start/cgroup-values.h"
#include "engine/engine.h"
#include "sandbox/domain-devices.h"
#include "sandbox/domain-life.h"
#include "sandbox/domain-run.h"
#include "sandbox/handle.h"

/* What can be changed while it runs; nothing else of a Spec can. */
static const char *const live_paths[] = { "memtune/", "cputune/", "blkiotune/", "title",
	"description", "metadata", "currentMemory", "devices" };

static bool is_live(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(live_paths); i++)
		if (strncmp(path, live_paths[i], strlen(live_paths[i])) == 0)
			return true;
	return false;
}

/* Which documents are meant, by flags or by what there is. */
static int which(const struct vsb_domain *handle, unsigned int *flags, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = run_state_load(handle->key, &state, ret_error);
	bool runs = state.phase != RUN_STOPPED;

	if (r < 0)
		return r;
	if (!(*flags & (VSB_DOMAIN_LIVE | VSB_DOMAIN_CONFIG)))
		*flags |= runs ? VSB_DOMAIN_LIVE : VSB_DOMAIN_CONFIG;
	if ((*flags & VSB_DOMAIN_LIVE) && !runs)
		return domain_not_running(ret_error);
	if ((*flags & VSB_DOMAIN_CONFIG) && !domain_is_kept(handle))
		return error_set(ret_error, EINVAL,
			"Requested operation is not valid: transient domains do not have any "
			"persistent config");
	return 0;
}

/* A value that was taken away goes back to what the kernel begins with. */
static const char *default_of(const char *file)
{
	static const struct {
		const char *file, *value;
	} defaults[] = {
		{ "memory.low", "0" },
		{ "cpu.weight", "100" },
		{ "cpu.max", "max 100000" },
		{ "io.weight", "default 100" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (strcmp(defaults[i].file, file) == 0)
			return defaults[i].value;
	return "max";
}

static bool has_value(const Spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->n_cgroup_values; i++)
		if (strcmp(spec->cgroup_values[i].key, key) == 0)
			return true;
	return false;
}

static int tell_cgroup(const char *cgroup, const Spec *before, const Spec *now, Error **ret_error)
{
	_cleanup_fd_ int fd = open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? error_errno(ret_error, errno, "cannot open %s", cgroup) : 0;

	for (size_t i = 0; r == 0 && i < before->n_cgroup_values; i++) {
		const char *key = before->cgroup_values[i].key;

		if (!has_value(now, key))
			r = file_write_kernel(fd, key, default_of(key), ret_error);
	}
	if (r == 0 && memcmp(&before->resources, &now->resources, sizeof(now->resources)) != 0)
		r = run_set_resources(fd, &now->resources, ret_error);
	return r < 0 ? r : cgroup_values_apply(fd, now, ret_error);
}

/* All else stays what it was started with, whatever the document would make of it now. */
static void take_limits(Spec *spec, Spec *from)
{
	SpecSetting *values = spec->cgroup_values;
	size_t n_values = spec->n_cgroup_values;

	spec->resources = from->resources;
	spec->cgroup_values = from->cgroup_values;
	spec->n_cgroup_values = from->n_cgroup_values;
	from->cgroup_values = values;
	from->n_cgroup_values = n_values;
}

static int change_live(const struct vsb_domain *handle, Domain *domain, Error **ret_error)
{
	_cleanup_spec_ Spec *before = NULL, *now = NULL;
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	_cleanup_run_state_ RunState state = { 0 };
	int r = domain_must_run(handle, &state, ret_error);

	if (r == 0)
		r = domain_places_of(handle, &places, ret_error);
	if (r == 0)
		r = domain_run_compile(handle->key, &before, ret_error);
	if (r == 0)
		r = domain_run_recompile(handle, domain, &now, ret_error);
	if (r == 0 && state.cgroup)
		r = tell_cgroup(state.cgroup, before, now, ret_error);
	if (r < 0)
		return r;
	take_limits(before, now);
	r = supervisor_change(handle->key, before, ret_error);
	return r < 0 ? r : domain_run_note(handle, domain, before, ret_error);
}

/* What is done to a document. */
typedef struct Change {
	int (*make)(Domain *domain, const struct Change *change, Error **ret_error);
	/* The same of what runs; NULL: limits, and words. */
	int (*make_live)(const struct vsb_domain *handle, Domain *domain, const char *xml,
		Error **ret_error);
	const char *path, *value; /* value NULL: removed */
	const char *uri, *key, *xml;
} Change;

static int apply(const struct vsb_domain *handle, unsigned int flags, const Change *change,
	Error **ret_error)
{
	_cleanup_domain_ Domain *live = NULL, *kept = NULL;
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	int r = domain_places_of(handle, &places, ret_error);

	if (r == 0 && (flags & VSB_DOMAIN_CONFIG)) {
		r = domain_load_kept(handle, &kept, ret_error);
		if (r == 0)
			r = change->make(kept, change, ret_error);
	}
	if (r == 0 && (flags & VSB_DOMAIN_LIVE)) {
		r = domain_load_live(handle, &live, ret_error);
		if (r == 0 && change->make_live)
			r = change->make_live(handle, live, change->xml, ret_error);
		else if (r == 0)
			r = change->make(live, change, ret_error);
		if (r == 0 && !change->make_live)
			r = change_live(handle, live, ret_error);
	}
	/* Last: what the kernel refused is not what the next start shall do. */
	return r < 0 || !kept ? r
			      : domain_save(kept, DOMAIN_INACTIVE, places.definition, ret_error);
}

static int change(const struct vsb_domain *handle, unsigned int flags, const Change *change,
	Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = sandbox_begin(ret_error);

	if (r == 0)
		r = domain_must_be_document(handle, "set", ret_error);
	if (r == 0)
		r = name_lock_domain(handle->key, &lock, ret_error);
	if (r == 0)
		r = which(handle, &flags, ret_error);
	if (r == 0 && (flags & VSB_DOMAIN_LIVE) && strcmp(change->path, "currentMemory") == 0 &&
		!run_can_limit("memory"))
		r = error_set(ret_error, EOPNOTSUPP,
			"the memory of a running domain cannot be changed: the cgroup v2 "
			"controller 'memory' is not available here");
	if (r == 0 && (flags & VSB_DOMAIN_LIVE) && strcmp(change->path, "memory") == 0)
		return error_set(ret_error, EOPNOTSUPP,
			"Requested operation is not valid: Cannot resize the max memory on an "
			"active domain");
	if (r == 0 && (flags & VSB_DOMAIN_LIVE) && !is_live(change->path))
		r = error_set(ret_error, EOPNOTSUPP,
			"Requested operation is not valid: cannot change %s of a running domain; "
			"use "
			"--config",
			change->path);
	return r < 0 ? r : apply(handle, flags, change, ret_error);
}

static int make_value(Domain *domain, const Change *change, Error **ret_error)
{
	return domain_set(domain, change->path, change->value, ret_error);
}

PUBLIC int vsb_domain_set(const vsb_domain *domain, unsigned int flags, const char *key,
	const char *value, vsb_error **error)
{
	if (*key != '/')
		return error_set(error, EINVAL, "\"%s\" is not a path of a document", key);
	return change(domain, flags,
		&(Change){ .make = make_value, .path = key + 1, .value = value }, error);
}

static int make_metadata(Domain *domain, const Change *change, Error **ret_error)
{
	return domain_set_metadata(domain, change->uri, change->key, change->xml,
		change->xml ? strlen(change->xml) : 0, ret_error);
}

PUBLIC int vsb_domain_set_metadata(const vsb_domain *domain, unsigned int flags, const char *uri,
	const char *key, const char *xml, vsb_error **error)
{
	return change(domain, flags,
		&(Change){ .make = make_metadata,
			.path = "metadata",
			.uri = uri,
			.key = key,
			.xml = xml },
		error);
}

PUBLIC int vsb_domain_get_metadata(const vsb_domain *domain, unsigned int flags, const char *uri,
	char **ret, vsb_error **error)
{
	_cleanup_domain_ Domain *document = NULL;
	int r = flags & VSB_DOMAIN_CONFIG ? domain_load_kept(domain, &document, error)
					  : domain_load(domain, &document, error);

	if (r == 0)
		r = domain_get_metadata(document, uri, ret, NULL);
	if (r == -ENOENT)
		return error_set(error, ENOENT,
			"metadata not found: Requested metadata element is not present");
	return r;
}

/* -- Devices -- */

static int make_attach(Domain *domain, const Change *change, Error **ret_error)
{
	return domain_add_device(domain, change->xml, strlen(change->xml), ret_error);
}

static int make_detach(Domain *domain, const Change *change, Error **ret_error)
{
	const DomainNode *device;
	int r = domain_find_device(domain, change->xml, strlen(change->xml), &device, ret_error);

	return r < 0 ? r : domain_remove_device(domain, device, ret_error);
}

PUBLIC int vsb_domain_attach(
	const vsb_domain *domain, unsigned int flags, const char *xml, vsb_error **error)
{
	_cleanup_free_ char *device = NULL;
	int r = domain_complete_device(xml, strlen(xml), &device, error);

	if (r < 0)
		return r;
	return change(domain, flags,
		&(Change){ .make = make_attach,
			.make_live = domain_attach_live,
			.path = "devices",
			.xml = device },
		error);
}

PUBLIC int vsb_domain_detach(
	const vsb_domain *domain, unsigned int flags, const char *xml, vsb_error **error)
{
	return change(domain, flags,
		&(Change){ .make = make_detach,
			.make_live = domain_detach_live,
			.path = "devices",
			.xml = xml },
		error);
}
