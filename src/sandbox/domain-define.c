/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * define, undefine and create: documents come and go.
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strv.h"
#include "engine/keep/event-log.h"
#include "sandbox/domain-life.h"
#include "sandbox/domain-run.h"
#include "sandbox/handle.h"

static int refuse_container(const char *name, const char *instead, Error **ret_error)
{
	return error_set(ret_error, EOPNOTSUPP,
		"%s is a container of virt-sandbox-service, not a domain; use "
		"`virt-sandbox-service %s %s`",
		name, instead, name);
}

int domain_must_be_document(const struct vsb_domain *handle, const char *instead, Error **ret_error)
{
	return handle->container ? refuse_container(handle->name, instead, ret_error) : 0;
}

static int is_active(const struct vsb_domain *handle, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = run_state_load(handle->key, &state, ret_error);

	return r < 0 ? r : state.phase != RUN_STOPPED;
}

/* Name and uuid belong together: libvirt's rule, and its words. */
static int check_against(
	const Domain *domain, const struct vsb_domain *other, bool create, Error **ret_error)
{
	bool name = strcmp(other->name, domain->name) == 0,
	     uuid = strcmp(other->uuid, domain->uuid) == 0;
	int r;

	if (name && other->container)
		return refuse_container(other->name, "set", ret_error);
	if (name != uuid)
		return error_set(ret_error, EEXIST, "operation failed: domain '%s' %s with uuid %s",
			other->name, uuid ? "is already defined" : "already exists", other->uuid);
	if (!name || !create)
		return 0;
	r = is_active(other, ret_error);
	return r <= 0 ? r
		      : error_set(ret_error, EEXIST,
				"Requested operation is not valid: domain '%s' is already active",
				other->name);
}

static int check_free(const Domain *domain, bool create, Error **ret_error)
{
	_cleanup_domain_handles_ DomainHandles handles = { 0 };
	int r = domain_handles(&handles, ret_error);

	for (size_t i = 0; r == 0 && i < handles.n; i++)
		r = check_against(domain, handles.items[i], create, ret_error);
	return r;
}

static int parse(const char *xml, unsigned int flags, Domain **ret, Error **ret_error)
{
	return domain_parse_xml(xml, strlen(xml), "(domain_definition)",
		flags & VSB_DOMAIN_VALIDATE ? DOMAIN_VALIDATE : 0, ret, ret_error);
}

/* Parsed, with its name locked and free. */
static int take_in(const char *xml, unsigned int flags, bool create, Domain **ret_domain,
	struct vsb_domain **ret_handle, NameLock **ret_lock, Error **ret_error)
{
	int r = sandbox_begin_work(ret_error);

	if (r == 0)
		r = domain_run_sweep(ret_error);
	if (r == 0)
		r = parse(xml, flags, ret_domain, ret_error);
	if (r == 0)
		r = domain_handle_new(
			(*ret_domain)->name, (*ret_domain)->uuid, false, ret_handle, ret_error);
	if (r == 0) /* first, for its words; what came meanwhile is found by the second look */
		r = check_free(*ret_domain, create, ret_error);
	if (r == 0)
		r = name_lock_domain((*ret_handle)->key, ret_lock, ret_error);
	return r < 0 ? r : check_free(*ret_domain, create, ret_error);
}

PUBLIC int vsb_domain_define(
	const char *xml, unsigned int flags, vsb_domain **ret, char ***ret_notes, vsb_error **error)
{
	_cleanup_domain_handle_ struct vsb_domain *handle = NULL;
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_domain_ Domain *domain = NULL;
	_cleanup_strv_ char **warnings = NULL;
	int r = take_in(xml, flags, false, &domain, &handle, &lock, error);

	if (r == 0)
		r = domain_places_of(handle, &places, error);
	if (r == 0)
		r = domain_save(domain, DOMAIN_INACTIVE, places.definition, error);
	if (r == 0 && strv_copy(&warnings, domain->warnings) < 0)
		r = error_oom(error);
	STRV_FOREACH (note, r == 0 ? domain->notes : NULL)
		if (strv_append(&warnings, *note) < 0)
			return error_oom(error);
	if (r < 0)
		return r;
	event_log(handle->key, EVENT_DEFINED, NULL);
	if (ret_notes)
		*ret_notes = TAKE_PTR(warnings);
	if (ret)
		*ret = TAKE_PTR(handle);
	return 0;
}

PUBLIC int vsb_domain_undefine(const vsb_domain *domain, vsb_error **error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = sandbox_begin_work(error);

	if (r == 0)
		r = domain_must_be_document(domain, "delete", error);
	if (r == 0)
		r = name_lock_domain(domain->key, &lock, error);
	if (r == 0)
		r = domain_places_of(domain, &places, error);
	if (r < 0)
		return r;
	if (!file_exists(places.definition))
		return error_set(error, EINVAL,
			"Requested operation is not valid: cannot undefine transient domain");
	r = vsb_domain_autostart(domain, false, error);
	if (r < 0)
		return r;
	if (unlink(places.definition) < 0 && errno != ENOENT)
		return error_errno(error, errno, "cannot remove %s", places.definition);
	event_log(domain->key, EVENT_UNDEFINED, NULL);
	if (!file_exists(places.live)) { /* nothing of it is left */
		domain_note_reason(&places, NULL);
		supervisor_forget(domain->key);
	}
	return 0;
}

PUBLIC int vsb_domain_create(
	const char *xml, unsigned int flags, vsb_domain **ret, char ***ret_notes, vsb_error **error)
{
	_cleanup_domain_handle_ struct vsb_domain *handle = NULL;
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_domain_ Domain *domain = NULL;
	int r = take_in(xml, flags, true, &domain, &handle, &lock, error);

	if (r == 0)
		r = domain_launch(handle, domain, flags, ret_notes, error);
	if (r == 0 && ret)
		*ret = TAKE_PTR(handle);
	return r;
}

PUBLIC int vsb_domain_from_lxc(const char *path, char **ret, char ***ret_notes, vsb_error **error)
{
	_cleanup_strv_ char **warnings = NULL;
	_cleanup_domain_ Domain *domain = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read(path, &text, &size, NULL);

	if (r < 0)
		return error_set(error, -r, "Failed to open file '%s': %s", path, strerror(-r));
	if (r == 0)
		r = domain_from_lxc(text, size, path, &domain, &warnings, error);
	if (r == 0)
		r = domain_format_xml(domain, DOMAIN_INACTIVE, ret, error);
	if (r == 0 && ret_notes)
		*ret_notes = TAKE_PTR(warnings);
	return r;
}
