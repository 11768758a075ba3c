/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan while rules write to it: entries, notes, and what the facts know about a path.
 */
#include "plan/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

#define LINKS_MAX 8 /* that lead through each other; more are a loop */
#define ENTRIES_MAX                                                                                \
	(1u << 20) /* entries of a plan: more than any closure of packages has files in /etc and /var */

int plan_path_compare(const char *a, const char *b)
{
	for (;; a++, b++) {
		unsigned char x = *a == '/' ? 1 : (unsigned char)*a;
		unsigned char y = *b == '/' ? 1 : (unsigned char)*b;

		if (x != y)
			return x < y ? -1 : 1;
		if (x == '\0')
			return 0;
	}
}

static int compare_entries(const void *a, const void *b)
{
	return plan_path_compare(((const PlanEntry *)a)->path, ((const PlanEntry *)b)->path);
}

void plan_sort(Plan *plan)
{
	if (plan->n_entries > 0)
		qsort(plan->entries, plan->n_entries, sizeof(*plan->entries), compare_entries);
}

static int compare_known(const void *a, const void *b)
{
	return plan_path_compare(((const KnownPath *)a)->path, ((const KnownPath *)b)->path);
}

/* Several facts about one path become one: the owner from the package, type and owner ids from whoever saw them. */
static void merge_known(PlanBuild *build)
{
	size_t n = 0;

	qsort(build->known, build->n_known, sizeof(*build->known), compare_known);
	for (size_t i = 0; i < build->n_known; i++) {
		KnownPath *k = &build->known[i], *last = n > 0 ? &build->known[n - 1] : NULL;

		if (!last || strcmp(last->path, k->path) != 0) {
			build->known[n++] = *k;
			continue;
		}
		if (!last->package || (k->package && k->package->direct && !last->package->direct))
			last->package = k->package ? k->package : last->package;
		if (!last->unowned)
			last->unowned = k->unowned;
		if (!last->reference)
			last->reference = k->reference;
	}
	build->n_known = n;
}

static int index_facts(PlanBuild *build, Error **ret_error)
{
	const Facts *f = build->facts;
	size_t all = f->n_unowned + f->n_references;
	KnownPath *k;

	for (size_t i = 0; i < f->n_packages; i++)
		all += f->packages[i].n_files;
	build->known = k = calloc(all + 1, sizeof(*k));
	if (!k)
		return error_oom(ret_error);
	for (size_t i = 0; i < f->n_packages; i++)
		for (size_t j = 0; j < f->packages[i].n_files; j++) {
			const FactFile *file = &f->packages[i].files[j];

			if (file->type != FACT_FILE_MISSING)
				*k++ = (KnownPath){ file->path, file->type, &f->packages[i] };
		}
	for (size_t i = 0; i < f->n_unowned; i++)
		*k++ = (KnownPath){ f->unowned[i].path, f->unowned[i].type,
			.unowned = &f->unowned[i] };
	for (size_t i = 0; i < f->n_references; i++)
		*k++ = (KnownPath){ f->references[i].path, f->references[i].type,
			.reference = &f->references[i] };
	build->n_known = (size_t)(k - build->known);
	merge_known(build);
	return 0;
}

static int all_inside(const PlanBuild *build, char *const *paths, char ***ret)
{
	STRV_FOREACH (path, paths) {
		_cleanup_free_ char *inside = build_inside(build, *path);

		if (!inside || strv_append(ret, inside) < 0)
			return -ENOMEM;
	}
	return 0;
}

int build_init(PlanBuild *build, const Desc *desc, const Facts *facts, Error **ret_error)
{
	*build = (PlanBuild){ .desc = desc, .facts = facts };
	build->plan = calloc(1, sizeof(*build->plan));
	if (!build->plan || secret_words(facts->knowledge, &build->plan->secrets) < 0)
		return error_oom(ret_error);
	for (size_t i = 0; i < desc->n_mounts; i++)
		if (strv_append(&build->plan->mounted, desc->mounts[i].target) < 0)
			return error_oom(ret_error);
	STRV_FOREACH (path, desc->follow)
		if (strv_append(&build->plan->mounted, *path) < 0)
			return error_oom(ret_error);
	if (all_inside(build, desc->with, &build->with) < 0 ||
		all_inside(build, desc->without, &build->without) < 0)
		return error_oom(ret_error);
	return index_facts(build, ret_error);
}

void build_done(PlanBuild *build)
{
	build->plan = plan_free(build->plan);
	build->accounts = strv_free(build->accounts);
	build->with = strv_free(build->with);
	build->without = strv_free(build->without);
	free(build->weights);
	free(build->known);
	*build = (PlanBuild){ 0 };
}

/* Only what a container keeps on disk; the rest is made by the engine and by systemd at each start. */
static bool on_disk(const char *path)
{
	static const char *const places[] = { "/etc", "/var", "/root", "/home", "/srv" };

	if (!path_is_normal(path) || path_is_below(path, "/var/run/") ||
		path_is_below(path, "/var/lock/"))
		return strcmp(path, "/var/run") == 0 || strcmp(path, "/var/lock") == 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (path_is_below(path, places[i]))
			return true;
	return false;
}

static bool grow(PlanBuild *build)
{
	size_t room = build->room ? 2 * build->room : 512;
	PlanWeight *weights;
	PlanEntry *entries;

	if (build->plan->n_entries < build->room)
		return true;
	if (room > ENTRIES_MAX)
		return false;
	entries = reallocarray(build->plan->entries, room, sizeof(*entries));
	if (!entries)
		return false;
	build->plan->entries = entries;
	weights = reallocarray(build->weights, room, sizeof(*weights));
	if (!weights)
		return false;
	build->weights = weights;
	build->room = room;
	return true;
}

static char *keep(PlanBuild *build, const char *s)
{
	char *copy = s ? strdup(s) : NULL;

	if (s && !copy)
		build->failed = true;
	return copy;
}

void build_owner(PlanBuild *build, PlanEntry *entry, const char *user, const char *group)
{
	if (!entry)
		return;
	if (user && facts_account(build->facts, user, false)) {
		entry->user = keep(build, user);
		build_account(build, user);
	}
	if (group && facts_account(build->facts, group, true)) {
		entry->group = keep(build, group);
		build_account(build, group);
	}
}

/* The link at or above path, of those that the container has, or of those in whose place it has what they lead to. NULL: none. */
static const FactLink *link_above(const PlanBuild *build, const char *path, bool kept)
{
	const Facts *facts = build->facts;

	for (size_t i = 0; i < facts->n_links; i++) {
		const FactLink *l = &facts->links[i];
		bool has = !l->moved || path_is_below_any(l->target, build->plan->mounted);

		if (has == kept && path_is_below(path, l->path))
			return l;
	}
	return NULL;
}

/* Where the link leads a path that is at or below it. */
static char *moved(const FactLink *link, const char *path)
{
	const char *rest = path + strlen(link->path);

	return *rest ? path_join(link->target, rest) : strdup(link->target);
}

char *build_inside(const PlanBuild *build, const char *path)
{
	char *real = strdup(path);

	for (unsigned int round = 0; real && round < LINKS_MAX; round++) {
		const FactLink *link = link_above(build, real, true);
		char *next;

		if (!link)
			break;
		next = moved(link, real);
		free(real);
		real = next;
	}
	return real;
}

/* Where the host has what a container has at path: what was moved away stands inside where the link was. */
static char *source_of(const PlanBuild *build, const char *path)
{
	const FactLink *link = link_above(build, path, false);

	return link ? moved(link, path) : strdup(path);
}

/* An empty entry. It and add_at() consume path, which may be NULL. */
static PlanEntry *append(PlanBuild *build, PlanWeight weight, PlanKind kind, char *path)
{
	PlanEntry *entry;

	if (build->failed || !path || (on_disk(path) && !grow(build)))
		build->failed = true;
	if (build->failed || !on_disk(path)) {
		free(path);
		return NULL;
	}
	build->weights[build->plan->n_entries] = weight;
	entry = &build->plan->entries[build->plan->n_entries++];
	*entry = (PlanEntry){ .kind = kind, .path = path };
	entry->rule = keep(build, build->rule);
	entry->inferred = build->inferred;
	return entry;
}

_printf_(5, 0) static PlanEntry *add_at(PlanBuild *build, PlanWeight weight, PlanKind kind,
	char *path, const char *reason, va_list ap)
{
	PlanEntry *entry = append(build, weight, kind, path);

	if (entry)
		entry->reason = text_formatv(reason, ap);
	build->failed = build->failed || (entry && !entry->reason);
	return build->failed ? NULL : entry;
}

_printf_(5, 0) static PlanEntry *add(PlanBuild *build, PlanWeight weight, PlanKind kind,
	const char *path, const char *reason, va_list ap)
{
	return add_at(build, weight, kind, build_inside(build, path), reason, ap);
}

PlanEntry *build_directory(PlanBuild *build, const char *path, mode_t mode, const char *user,
	const char *group, const char *reason, ...)
{
	PlanEntry *entry;
	va_list ap;

	va_start(ap, reason);
	entry = add(build, WEIGHT_DIRECTORY, PLAN_DIRECTORY, path, reason, ap);
	va_end(ap);
	if (entry)
		entry->mode = mode;
	build_owner(build, entry, user, group);
	return entry;
}

PlanEntry *build_file(PlanBuild *build, const char *path, mode_t mode, const char *content,
	const char *reason, ...)
{
	PlanEntry *entry;
	va_list ap;

	va_start(ap, reason);
	entry = add(build, WEIGHT_OWN, PLAN_FILE, path, reason, ap);
	va_end(ap);
	if (entry) {
		entry->mode = mode;
		entry->content = keep(build, content);
	}
	return entry;
}

/* Where a link itself is inside, and not what it leads to. Newly allocated; NULL without memory. */
static char *link_inside(const PlanBuild *build, const char *path)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(path_base(path) - 1 - path));
	_cleanup_free_ char *inside = parent ? build_inside(build, parent) : NULL;

	return inside ? path_join(inside, path_base(path)) : NULL;
}

PlanEntry *build_link(
	PlanBuild *build, const char *path, const char *target, const char *reason, ...)
{
	PlanEntry *entry;
	va_list ap;

	va_start(ap, reason);
	entry = add_at(build, WEIGHT_OWN, PLAN_LINK, link_inside(build, path), reason, ap);
	va_end(ap);
	if (entry)
		entry->content = keep(build, target);
	return entry;
}

void build_host_link(PlanBuild *build, const FactLink *link)
{
	PlanEntry *entry = append(build, WEIGHT_OWN, PLAN_LINK, link_inside(build, link->path));

	if (!entry)
		return;
	entry->content = keep(build, link->text);
	entry->reason = keep(build, "as on the host");
}

/* source NULL: the same place of the host. */
_printf_(5, 0) static PlanEntry *add_copy(PlanBuild *build, const char *path, const char *source,
	bool recurse, const char *reason, va_list ap)
{
	PlanEntry *entry =
		add(build, recurse ? WEIGHT_TREE : WEIGHT_COPY, PLAN_COPY, path, reason, ap);

	if (entry) {
		entry->source = source ? keep(build, source) : source_of(build, entry->path);
		entry->recurse = recurse;
		build->failed |= !entry->source;
	}
	return entry;
}

PlanEntry *build_copy(PlanBuild *build, const char *path, bool recurse, const char *reason, ...)
{
	PlanEntry *entry;
	va_list ap;

	va_start(ap, reason);
	entry = add_copy(build, path, NULL, recurse, reason, ap);
	va_end(ap);
	return entry;
}

PlanEntry *build_copy_from(
	PlanBuild *build, const char *path, const char *source, const char *reason, ...)
{
	PlanEntry *entry;
	va_list ap;

	va_start(ap, reason);
	entry = add_copy(build, path, source, false, reason, ap);
	va_end(ap);
	return entry;
}

PlanEntry *build_secret(PlanBuild *build, const char *path, mode_t mode, const char *secret,
	const char *reason, ...)
{
	PlanEntry *entry;
	va_list ap;

	va_start(ap, reason);
	entry = add(build, WEIGHT_SECRET, PLAN_SECRET, path, reason, ap);
	va_end(ap);
	if (entry) {
		entry->mode = mode;
		entry->content = keep(build, secret);
	}
	return entry;
}

PlanEntry *build_trusted(PlanBuild *build, const char *path, const char *reason, ...)
{
	PlanEntry *entry;
	va_list ap;

	va_start(ap, reason);
	entry = add_copy(build, path, NULL, true, reason, ap);
	va_end(ap);
	if (entry) {
		build->weights[entry - build->plan->entries] = WEIGHT_ADMINISTRATOR;
		entry->trusted = true;
	}
	return entry;
}

void build_yield(PlanBuild *build, const PlanEntry *entry)
{
	build->weights[entry - build->plan->entries] = WEIGHT_DIRECTORY;
}

void build_guard(PlanBuild *build, const PlanEntry *entry)
{
	if (entry)
		build->weights[entry - build->plan->entries] = WEIGHT_SECRET;
}

void build_exclude(PlanBuild *build, const char *path)
{
	if (strv_append_unique(&build->plan->excluded, path) < 0)
		build->failed = true;
}

void build_share(PlanBuild *build, const char *path)
{
	if (strv_append_unique(&build->plan->shared, path) < 0)
		build->failed = true;
}

void build_account(PlanBuild *build, const char *name)
{
	if (name && *name && strv_append_unique(&build->accounts, name) < 0)
		build->failed = true;
}

void build_note(PlanBuild *build, const FactUnit *unit, const char *directive, const char *reason,
	const char *replacement, bool refusal)
{
	Plan *plan = build->plan;

	if (plan->n_notes == build->room_notes) {
		size_t room = build->room_notes ? 2 * build->room_notes : 8;
		PlanNote *notes = reallocarray(plan->notes, room, sizeof(*notes));

		if (!notes) {
			build->failed = true;
			return;
		}
		plan->notes = notes;
		build->room_notes = room;
	}
	plan->notes[plan->n_notes++] = (PlanNote){
		.unit = keep(build, unit ? unit->name : NULL),
		.directive = keep(build, directive),
		.reason = keep(build, reason),
		.replacement = keep(build, replacement),
		.refusal = refusal,
	};
}

_printf_(3, 0) static void add_text(PlanBuild *build, char ***list, const char *fmt, va_list ap)
{
	_cleanup_free_ char *text = text_formatv(fmt, ap);

	if (!text || strv_append_unique(list, text) < 0)
		build->failed = true;
}

void build_warn(PlanBuild *build, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(build, &build->plan->warnings, fmt, ap);
	va_end(ap);
}

void build_meaningless(PlanBuild *build, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(build, &build->plan->meaningless, fmt, ap);
	va_end(ap);
}

const KnownPath *build_known(const PlanBuild *build, const char *path)
{
	const KnownPath key = { .path = path };

	return bsearch(&key, build->known, build->n_known, sizeof(key), compare_known);
}

const char *build_account_name(const PlanBuild *build, uint32_t id, bool group)
{
	for (size_t i = 0; i < build->facts->n_accounts; i++) {
		const FactAccount *a = &build->facts->accounts[i];

		if (a->id == id && a->group == group)
			return a->name;
	}
	return NULL;
}

bool build_owns(const PlanBuild *build, uint32_t uid)
{
	const char *name = build_account_name(build, uid, false);

	return uid == 0 || (name && strv_contains(build->accounts, name));
}
