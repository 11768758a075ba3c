/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A run of a domain. The document is compiled by who starts it, so that a supervisor, which lives as long as the domain, never loads what reads documents.
 */
#include "sandbox/domain-run.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "engine/engine.h"
#include "engine/keep/lock.h"
#include "engine/keep/saved-spec.h"
#include "engine/start/mount-source.h"
#include "identity/confirm.h"
#include "identity/wishes.h"
#include "label/choose.h"
#include "sandbox/domain-ids.h"
#include "sandbox/domain-networks.h"
#include "sandbox/registry.h"

typedef struct Prepared {
	const struct vsb_domain *handle;
	const Domain *domain;
	DomainPlaces paths;
	Places places;
	DomainFacts facts;
	Desc *desc; /* what it asks of identity/ */
	Identity *identity;
	Label *label;
	Spec *spec;
	bool held; /* see SpecKeep */
} Prepared;

static void prepared_done(Prepared *p)
{
	spec_free(p->spec);
	label_free(p->label);
	identity_free(p->identity);
	desc_free(p->desc);
	domain_facts_done(&p->facts);
	places_done(&p->places);
	domain_places_done(&p->paths);
}

/* Its uuid without dashes. */
static int own_uuid(Prepared *p, Error **ret_error)
{
	char *to = strdup(p->domain->uuid);

	p->identity = identity_new();
	if (!p->identity || !to) {
		free(to);
		return error_oom(ret_error);
	}
	p->identity->uuid = to;
	for (const char *from = to; *from; from++)
		if (*from != '-')
			*to++ = *from;
	*to = '\0';
	return 0;
}

static int ask(Prepared *p, Error **ret_error)
{
	int r = domain_check_start(p->domain, ret_error);

	if (r == 0)
		r = domain_facts_read(p->domain, &p->facts, ret_error);
	if (r == 0)
		r = domain_networks_ensure(p->domain, ret_error);
	if (r == 0)
		r = domain_wishes(p->domain, &p->desc, ret_error);
	if (r == 0)
		r = own_uuid(p, ret_error);
	if (r < 0)
		return r;
	free(p->desc->name);
	p->desc->name = strdup(p->handle->key);
	return p->desc->name ? 0 : error_oom(ret_error);
}

static int write_identity(const Prepared *p, Error **ret_error)
{
	int r = file_mkdir_parent(p->paths.identity, ret_error);

	return r < 0 ? r : keyfile_save(p->desc, p->identity, p->paths.identity, ret_error);
}

/* Written down before, so that whoever finds it knows what may be reserved, and after. */
static int reserve(Prepared *p, Error **ret_error)
{
	bool ids = p->facts.user_namespace && p->domain->users.n_ranges == 0;
	int r = write_identity(p, ret_error);

	log_step("reserve", "ids, addresses and label of %s", p->handle->key);
	if (r == 0)
		r = ids ? identity_reserve(p->desc, p->identity, ret_error)
			: identity_reserve_without_ids(p->desc, p->identity, ret_error);
	if (r == 0)
		r = identity_reserve_label(p->desc, p->identity, &p->label, ret_error);
	return r < 0 ? r : write_identity(p, ret_error);
}

static int compile(Prepared *p, Error **ret_error)
{
	_cleanup_kernel_facts_ KernelFacts kernel = { 0 };
	int r = places_of_name(p->handle->key, &p->places, ret_error);

	if (r == 0)
		r = kernel_facts_read(false, &kernel, ret_error);
	if (r == 0)
		r = spec_from_domain(p->domain, p->identity, &p->places, &kernel, &p->facts,
			&p->spec, ret_error);
	if (r < 0)
		return r;
	p->spec->keep.held = p->held;
	free(p->spec->name);
	p->spec->name = strdup(p->handle->key);
	return p->spec->name ? 0 : error_oom(ret_error);
}

static int note(
	const DomainPlaces *places, const Domain *domain, const Spec *spec, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = domain_save(domain, 0, places->document, ret_error);

	if (r == 0)
		r = spec_format(spec, &text, ret_error);
	return r < 0 ? r : file_write_unsynced(places->spec, text, strlen(text), 0600, ret_error);
}

static int relabel(const Prepared *p, Error **ret_error)
{
	int r = label_load(p->label, ret_error);

	for (size_t i = 0; r == 0 && i < p->domain->n_filesystems; i++) {
		const DomainFilesystem *fs = &p->domain->filesystems[i];
		bool labelled =
			fs->type == DOMAIN_FILESYSTEM_MOUNT || fs->type == DOMAIN_FILESYSTEM_FILE;

		if (labelled && strcmp(fs->source, "/") != 0)
			r = label_relabel_tree(p->label, fs->source, ret_error);
	}
	return r;
}

/* A document must name its memory, so it is not asked for by name: where the host cannot limit it, it is started without, and that is said. */
static int without_memory_limit(Prepared *p, char ***ret_notes, Error **ret_error)
{
	if (p->domain->hard_limit != 0 || p->spec->resources.memory == 0 || run_can_limit("memory"))
		return 0;
	p->spec->resources.memory = 0;
	if (!ret_notes)
		return 0;
	return strv_append(ret_notes,
		       "memory is not limited: the cgroup v2 controller 'memory' is not available "
		       "here") < 0
		       ? error_oom(ret_error)
		       : 0;
}

/* The root, too, and before anything is labelled: a source that others can exchange, or that the host needs, is no container's. */
static int check_sources(const Domain *domain, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < domain->n_filesystems; i++) {
		const DomainFilesystem *fs = &domain->filesystems[i];
		bool of_host = fs->type == DOMAIN_FILESYSTEM_MOUNT ||
			       fs->type == DOMAIN_FILESYSTEM_FILE ||
			       fs->type == DOMAIN_FILESYSTEM_BLOCK;
		_cleanup_fd_ int fd = -EBADF;

		if (!of_host ||
			(fs == domain->root_filesystem && domain->root_kind == DOMAIN_ROOT_HOST))
			continue;
		r = mount_source_open(fs->source, !fs->readonly, &fd, NULL, ret_error);
		if (r < 0)
			error_wrap(ret_error, "line %u", fs->node->line);
	}
	return r;
}

static int prepare(Prepared *p, char ***ret_notes, Error **ret_error)
{
	int r = ask(p, ret_error);

	if (r == 0)
		r = check_sources(p->domain, ret_error);
	if (r == 0)
		r = domain_ids_check(p->handle->key, p->domain, ret_error);
	if (r == 0)
		r = domain_places_of(p->handle, &p->paths, ret_error);
	if (r == 0)
		r = reserve(p, ret_error);
	if (r == 0)
		r = compile(p, ret_error);
	if (r == 0)
		r = without_memory_limit(p, ret_notes, ret_error);
	STRV_FOREACH (note, r == 0 && ret_notes ? p->domain->notes : NULL)
		if (strv_append(ret_notes, *note) < 0)
			return error_oom(ret_error);
	if (r == 0 && p->spec->label.relabel)
		r = relabel(p, ret_error);
	return r < 0 ? r : note(&p->paths, p->domain, p->spec, ret_error);
}

int domain_run_prepare(const struct vsb_domain *handle, const Domain *domain, bool held,
	char ***ret_notes, Error **ret_error)
{
	_cleanup_(prepared_done) Prepared p = { .handle = handle, .domain = domain, .held = held };
	int r = domain_run_end(handle->key, ret_error);

	if (r == 0)
		r = prepare(&p, ret_notes, ret_error);
	if (r < 0)
		(void)domain_run_end(handle->key, NULL); /* the failure to tell is the first */
	return r;
}

/* Of a key that is its name or, for a name that no container can have, its uuid. */
static int find_kept(const char *key, struct vsb_domain **ret, Error **ret_error)
{
	_cleanup_domain_handles_ DomainHandles handles = { 0 };
	int r = domain_handles(&handles, ret_error);

	for (size_t i = 0; r == 0 && i < handles.n; i++)
		if (strcmp(handles.items[i]->key, key) == 0 && !handles.items[i]->container) {
			*ret = TAKE_PTR(handles.items[i]);
			return 0;
		}
	return r < 0 ? r : error_set(ret_error, ESRCH, "there is no such container or domain");
}

static int prepare_kept(const char *key, Error **ret_error)
{
	_cleanup_domain_handle_ struct vsb_domain *handle = NULL;
	_cleanup_domain_ Domain *domain = NULL;
	int r = find_kept(key, &handle, ret_error);
	_cleanup_(prepared_done) Prepared p = { .handle = handle };

	if (r == 0)
		r = domain_load_kept(handle, &domain, ret_error);
	p.domain = domain;
	return r < 0 ? r : prepare(&p, NULL, ret_error);
}

int domain_run_compile(const char *key, Spec **ret, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = domain_places_of_key(key, &places, ret_error);

	if (r == 0 && !file_exists(places.spec))
		r = prepare_kept(key, ret_error);
	if (r == 0)
		r = file_read(places.spec, &text, &size, ret_error);
	return r < 0 ? r : spec_parse(text, size, places.spec, ret, ret_error);
}

int domain_run_recompile(
	const struct vsb_domain *handle, const Domain *domain, Spec **ret, Error **ret_error)
{
	_cleanup_(prepared_done) Prepared p = { .handle = handle, .domain = domain };
	int r = domain_places_of(handle, &p.paths, ret_error);

	if (r == 0)
		r = domain_facts_read(domain, &p.facts, ret_error);
	if (r == 0)
		r = keyfile_load(p.paths.identity, &p.desc, &p.identity, ret_error);
	if (r == 0)
		r = compile(&p, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(p.spec);
	return r;
}

int domain_run_note(
	const struct vsb_domain *handle, const Domain *domain, const Spec *spec, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	int r = domain_places_of(handle, &places, ret_error);

	return r < 0 ? r : note(&places, domain, spec, ret_error);
}

/* -- Its end -- */

static int give_back_label(const Spec *spec, const char *key, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r = spec->label.process ? label_take_up(key, &spec->label, &label, ret_error) : 0;

	if (r == 0 && label)
		r = label_restore_all(label, ret_error);
	if (r == 0 && label)
		r = label_unload(label, ret_error);
	return r < 0 ? r : label_release(key, ret_error);
}

/* What cannot be read was not written in whole: then nothing but names is known. */
static int give_back(const DomainPlaces *places, const char *key, bool clean, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_spec_ Spec *spec = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	size_t size;
	int r = 0;

	if (file_read_optional(places->spec, &text, &size, NULL) > 0 &&
		spec_parse(text, size, places->spec, &spec, NULL) == 0 && !clean)
		r = supervisor_cleanup_held(spec, ret_error);
	if (r == 0)
		r = spec ? give_back_label(spec, key, ret_error) : label_release(key, ret_error);
	if (r == 0 && keyfile_load(places->identity, &desc, &identity, NULL) == 0)
		r = identity_release(desc, identity, ret_error);
	return r;
}

static int remove_live(const DomainPlaces *places, Error **ret_error)
{
	/* The identity goes last: without it nobody knows what there is to give back. */
	const char *const files[] = { places->spec, places->document, places->identity };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (unlink(files[i]) < 0 && errno != ENOENT)
			return error_errno(ret_error, errno, "cannot remove %s", files[i]);
	return rmdir(places->live) < 0 && errno != ENOENT
		       ? error_errno(ret_error, errno, "cannot remove %s", places->live)
		       : 0;
}

/* Its document is there after its end, too. A key that is no name has to be looked for. */
static bool is_kept(const char *key)
{
	_cleanup_domain_handle_ struct vsb_domain *handle = NULL;
	_cleanup_free_ char *path = layout_pathf(LAYOUT_DOMAINS, "%s.xml", key);

	return (path && file_exists(path)) ||
	       (strncmp(key, DOMAIN_KEY_PREFIX, strlen(DOMAIN_KEY_PREFIX)) == 0 &&
		       find_kept(key, &handle, NULL) == 0);
}

/* What was written down before it ended says more than that it did. */
static void note_end(const DomainPlaces *places, const char *key)
{
	_cleanup_free_ char *reason = domain_reason(places);

	if (!is_kept(key)) { /* nobody asks for it any more */
		domain_note_reason(places, NULL);
		supervisor_forget(key);
	} else if (!reason || (strcmp(reason, "destroyed") != 0 && strcmp(reason, "failed") != 0)) {
		domain_note_reason(places, "shutdown");
	}
}

int domain_run_put_away(const char *key, bool clean, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	int r = domain_places_of_key(key, &places, ret_error);

	if (r < 0 || !file_exists(places.live))
		return r;
	r = give_back(&places, key, clean, ret_error);
	if (r == 0)
		r = remove_live(&places, ret_error);
	if (r == 0)
		note_end(&places, key);
	return r;
}

int domain_run_end(const char *key, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	int lock_fd = -EBADF, r;

	r = domain_places_of_key(key, &places, ret_error);
	if (r < 0 || !file_exists(places.live))
		return r;
	r = lock_take(key, &lock_fd, NULL);
	if (r == -EBUSY)
		return error_set(ret_error, EBUSY, "domain is already active");
	if (r < 0)
		return error_errno(ret_error, -r, "domain %s: cannot take its lock", key);
	r = domain_run_put_away(key, false, ret_error);
	lock_drop(key, &lock_fd);
	return r;
}

int domain_run_sweep(Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RUN, ".domains");
	_cleanup_strv_ char **keys = NULL;
	int r = directory ? registry_names_in(directory, "", &keys, ret_error)
			  : error_oom(ret_error);

	STRV_FOREACH (key, keys) {
		_cleanup_name_lock_ NameLock *lock = NULL;

		/* One that runs, or is just being started or put away, and one that cannot be undone now, are not in the way of the others. */
		if (!lock_is_ending(*key) && name_lock_domain(*key, &lock, NULL) == 0)
			(void)domain_run_end(*key, NULL);
	}
	return r;
}
