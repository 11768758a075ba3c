/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which domains there are.
 */
#include "sandbox/domain-store.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "sandbox/handle.h"

#define SUFFIX ".xml"
#define DOCUMENT_NAME "(domain_definition)" /* libvirt's name of one, for sentences */
#define REASON_MAX 32
#define UUID_LENGTH 36

/* -- Handles and places -- */

static char *key_of(const char *name, const char *uuid)
{
	char *key = NULL;

	if (desc_check_name(name, NULL) == 0)
		return strdup(name);
	return asprintf(&key, DOMAIN_KEY_PREFIX "%s", uuid) < 0 ? NULL : key;
}

int domain_handle_new(const char *name, const char *uuid, bool container, struct vsb_domain **ret,
	Error **ret_error)
{
	_cleanup_domain_handle_ struct vsb_domain *handle = calloc(1, sizeof(*handle));

	if (!handle)
		return error_oom(ret_error);
	handle->name = strdup(name);
	handle->uuid = strdup(uuid);
	handle->key = key_of(name, uuid);
	handle->container = container;
	if (!handle->name || !handle->uuid || !handle->key)
		return error_oom(ret_error);
	*ret = TAKE_PTR(handle);
	return 0;
}

struct vsb_domain *domain_handle_free(struct vsb_domain *handle)
{
	if (!handle)
		return NULL;
	free(handle->name);
	free(handle->uuid);
	free(handle->key);
	free(handle);
	return NULL;
}

void domain_places_done(DomainPlaces *places)
{
	free(places->definition);
	free(places->live);
	free(places->document);
	free(places->spec);
	free(places->identity);
	free(places->reason);
	*places = (DomainPlaces){ 0 };
}

int domain_places_of_key(const char *key, DomainPlaces *ret, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = {
		.live = layout_pathf(LAYOUT_RUN, ".domains/%s", key),
		.document = layout_pathf(LAYOUT_RUN, ".domains/%s/document", key),
		.spec = layout_pathf(LAYOUT_RUN, ".domains/%s/spec", key),
		.identity = layout_pathf(LAYOUT_RUN, ".domains/%s/identity", key),
		.reason = layout_pathf(LAYOUT_RUN, ".reasons/%s", key),
	};

	if (!places.live || !places.document || !places.spec || !places.identity || !places.reason)
		return error_oom(ret_error);
	*ret = places;
	places = (DomainPlaces){ 0 };
	return 0;
}

int domain_places_of(const struct vsb_domain *handle, DomainPlaces *ret, Error **ret_error)
{
	int r = domain_places_of_key(handle->key, ret, ret_error);

	if (r < 0)
		return r;
	ret->definition = layout_pathf(LAYOUT_DOMAINS, "%s" SUFFIX, handle->name);
	if (ret->definition)
		return 0;
	domain_places_done(ret);
	return error_oom(ret_error);
}

/* -- Documents -- */

static int domain_read_file(const char *path, Domain **ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read_optional(path, &text, &size, ret_error);

	if (r == 0)
		return error_set(ret_error, ENOENT, "%s does not exist", path);
	if (r > 0)
		r = domain_parse_xml(text, size, DOCUMENT_NAME, 0, ret, ret_error);
	return r < 0 ? error_wrap(ret_error, "%s", path) : 0;
}

int domain_save(const Domain *domain, unsigned int flags, const char *path, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = domain_format_xml(domain, flags, &text, ret_error);

	if (r == 0)
		r = file_mkdir_parent(path, ret_error);
	return r < 0 ? r : file_write_atomic(path, text, strlen(text), 0600, ret_error);
}

int domain_load_kept(const struct vsb_domain *handle, Domain **ret, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	int r = domain_places_of(handle, &places, ret_error);

	return r < 0 ? r : domain_read_file(places.definition, ret, ret_error);
}

int domain_load_live(const struct vsb_domain *handle, Domain **ret, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	int r = domain_places_of(handle, &places, ret_error);

	return r < 0 ? r : domain_read_file(places.document, ret, ret_error);
}

int domain_load(const struct vsb_domain *handle, Domain **ret, Error **ret_error)
{
	int r = domain_load_live(handle, ret, NULL);

	return r == -ENOENT ? domain_load_kept(handle, ret, ret_error)
	       : r < 0	    ? domain_load_live(handle, ret, ret_error)
			    : 0;
}

bool domain_is_kept(const struct vsb_domain *handle)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };

	return domain_places_of(handle, &places, NULL) == 0 && file_exists(places.definition);
}

/* -- All of them -- */

void domain_handles_done(DomainHandles *handles)
{
	for (size_t i = 0; i < handles->n; i++)
		domain_handle_free(handles->items[i]);
	free(handles->items);
	*handles = (DomainHandles){ 0 };
}

static bool has_name(const DomainHandles *handles, const char *name)
{
	for (size_t i = 0; i < handles->n; i++)
		if (strcmp(handles->items[i]->name, name) == 0)
			return true;
	return false;
}

static int add(DomainHandles *handles, const char *name, const char *uuid, bool container,
	Error **ret_error)
{
	struct vsb_domain **grown;

	if (has_name(handles, name))
		return 0;
	grown = reallocarray(handles->items, handles->n + 1, sizeof(struct vsb_domain *));
	if (!grown)
		return error_oom(ret_error);
	handles->items = grown;
	if (domain_handle_new(name, uuid, container, &grown[handles->n], ret_error) < 0)
		return -ENOMEM;
	handles->n++;
	return 0;
}

/* What cannot be read is no domain: its name is still taken, and who asks for it is told. */
static int add_documents(DomainHandles *handles, const char *directory, const char *suffix,
	const char *file, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = file_list(directory, suffix, &names, ret_error);

	STRV_FOREACH (name, names) {
		_cleanup_free_ char *path = NULL;
		_cleanup_domain_ Domain *domain = NULL;

		if (asprintf(&path, "%s/%s%s", directory, *name, file) < 0) {
			path = NULL;
			return error_oom(ret_error);
		}
		r = domain_read_file(path, &domain, NULL);
		if (r == -ENOMEM)
			return error_oom(ret_error);
		if (r == 0)
			r = add(handles, domain->name, domain->uuid, false, ret_error);
		else
			r = 0;
		if (r < 0)
			return r;
	}
	return r;
}

/* As libvirt prints one; hex has 32 digits. */
static char *uuid_text(const char *hex)
{
	char *text = NULL;

	if (!hex || strlen(hex) != 32)
		hex = "00000000000000000000000000000000";
	return asprintf(&text, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		       hex + 20) < 0
		       ? NULL
		       : text;
}

static int add_containers(DomainHandles *handles, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = registry_names(&names, ret_error);

	STRV_FOREACH (name, names) {
		_cleanup_container_ Container container = {};
		_cleanup_free_ char *uuid = NULL;

		if (registry_describe(*name, &container, NULL) < 0)
			continue; /* virt-sandbox-service list says that it is broken */
		uuid = uuid_text(container.identity->uuid);
		if (!uuid)
			return error_oom(ret_error);
		r = add(handles, *name, uuid, true, ret_error);
		if (r < 0)
			return r;
	}
	return r;
}

int domain_handles(DomainHandles *ret, Error **ret_error)
{
	_cleanup_domain_handles_ DomainHandles handles = { 0 };
	_cleanup_free_ char *kept = layout_path(LAYOUT_DOMAINS),
			    *live = layout_pathf(LAYOUT_RUN, ".domains");
	int r;

	if (!kept || !live)
		return error_oom(ret_error);
	r = add_documents(&handles, live, "", "/document", ret_error);
	if (r == 0)
		r = add_documents(&handles, kept, SUFFIX, SUFFIX, ret_error);
	if (r == 0)
		r = add_containers(&handles, ret_error);
	if (r < 0)
		return r;
	*ret = handles;
	handles = (DomainHandles){ 0 };
	return 0;
}

/* -- Finding one -- */

PUBLIC void vsb_domain_free(vsb_domain *domain)
{
	domain_handle_free(domain);
}

PUBLIC void vsb_domains_free(vsb_domain **domains, size_t count)
{
	domain_handles_done(&(DomainHandles){ domains, count });
}

static pid_t id_of(const struct vsb_domain *handle)
{
	_cleanup_run_state_ RunState state = { 0 };

	return run_state_load(handle->key, &state, NULL) == 0 && state.phase != RUN_STOPPED
		       ? state.supervisor
		       : 0;
}

static bool is_number(const char *word, pid_t *ret)
{
	char *end;
	long number = strtol(word, &end, 10);

	*ret = (pid_t)number;
	return isdigit((unsigned char)*word) && !*end && number > 0 && number <= INT32_MAX;
}

static bool fits(const struct vsb_domain *handle, const char *word, unsigned int by)
{
	pid_t id;

	switch (by) {
	case VSB_DOMAIN_BY_ID:
		return is_number(word, &id) && id_of(handle) == id;
	case VSB_DOMAIN_BY_UUID:
		return strcasecmp(handle->uuid, word) == 0;
	default:
		return strcmp(handle->name, word) == 0;
	}
}

/* By its name alone, as most words are: without reading all others. -ENOENT. */
static int find_by_name(const char *name, struct vsb_domain **ret)
{
	_cleanup_domain_handle_ struct vsb_domain *handle = NULL;
	_cleanup_domain_ Domain *domain = NULL;
	int r = strchr(name, '/') ? -ENOENT : domain_handle_new(name, "", false, &handle, NULL);

	if (r == 0)
		r = domain_load(handle, &domain, NULL);
	if (r < 0 || strcmp(domain->name, name) != 0)
		return r < 0 ? r : -ENOENT;
	return domain_handle_new(name, domain->uuid, false, ret, NULL);
}

PUBLIC int vsb_domain_find(const char *word, unsigned int by, vsb_domain **ret, vsb_error **error)
{
	_cleanup_domain_handles_ DomainHandles handles = { 0 };
	int r = sandbox_begin(error);
	pid_t id;

	if (r == 0 && (by & VSB_DOMAIN_BY_NAME) && strlen(word) != UUID_LENGTH &&
		!is_number(word, &id) && find_by_name(word, ret) == 0)
		return 0;
	if (r == 0)
		r = domain_handles(&handles, error);
	for (unsigned int way = VSB_DOMAIN_BY_ID; r == 0 && way <= VSB_DOMAIN_BY_NAME; way <<= 1)
		for (size_t i = 0; (by & way) && i < handles.n; i++)
			if (fits(handles.items[i], word, way)) {
				*ret = TAKE_PTR(handles.items[i]);
				return 0;
			}
	return r < 0 ? r : error_set(error, ENOENT, "failed to get domain '%s'", word);
}

typedef struct Listed {
	struct vsb_domain *handle;
	pid_t id;
} Listed;

static int compare(const void *one, const void *other)
{
	const Listed *a = one, *b = other;

	if (a->id != b->id) /* what does not run comes last */
		return !a->id ? 1 : !b->id ? -1 : a->id < b->id ? -1 : 1;
	return strcmp(a->handle->name, b->handle->name);
}

PUBLIC int vsb_domain_list(vsb_domain ***ret, size_t *ret_count, vsb_error **error)
{
	_cleanup_domain_handles_ DomainHandles handles = { 0 };
	_cleanup_free_ Listed *listed = NULL;
	int r = sandbox_begin(error);

	if (r == 0)
		r = domain_handles(&handles, error);
	if (r < 0)
		return r;
	listed = calloc(handles.n + 1, sizeof(*listed));
	if (!listed)
		return error_oom(error);
	for (size_t i = 0; i < handles.n; i++)
		listed[i] = (Listed){ handles.items[i], id_of(handles.items[i]) };
	qsort(listed, handles.n, sizeof(*listed), compare);
	for (size_t i = 0; i < handles.n; i++)
		handles.items[i] = listed[i].handle;
	*ret = TAKE_PTR(handles.items);
	*ret_count = handles.n;
	handles.n = 0;
	return 0;
}

/* -- Its state -- */

int domain_not_running(Error **ret_error)
{
	return error_set(
		ret_error, ENOTCONN, "Requested operation is not valid: domain is not running");
}

int domain_must_run(const struct vsb_domain *handle, RunState *ret, Error **ret_error)
{
	int r = run_state_load(handle->key, ret, ret_error);

	if (r < 0 || ret->phase != RUN_STOPPED)
		return r;
	return domain_not_running(ret_error);
}

void domain_note_reason(const DomainPlaces *places, const char *reason)
{
	if (!reason)
		(void)unlink(places->reason); /* most often there is none */
	else if (file_mkdir_parent(places->reason, NULL) == 0)
		(void)file_write_unsynced(places->reason, reason, strlen(reason), 0600, NULL);
}

char *domain_reason(const DomainPlaces *places)
{
	_cleanup_free_ char *text = NULL;

	if (file_read_optional(places->reason, &text, NULL, NULL) <= 0 || strlen(text) > REASON_MAX)
		return NULL;
	return TAKE_PTR(text);
}
