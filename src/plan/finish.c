/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last step of planning: from what the rules asked for to one entry a path, sorted, complete, without what the
 * administrator left out.
 */
#include <fnmatch.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/build.h"

typedef struct Weighed {
	PlanEntry entry;
	PlanWeight weight;
	size_t order;
} Weighed;

static void entry_done(PlanEntry *e)
{
	free(e->path);
	free(e->source);
	free(e->content);
	free(e->rule);
	free(e->reason);
	free(e->user);
	free(e->group);
}

Plan *plan_free(Plan *plan)
{
	if (!plan)
		return NULL;
	for (size_t i = 0; i < plan->n_entries; i++)
		entry_done(&plan->entries[i]);
	for (size_t i = 0; i < plan->n_notes; i++) {
		free(plan->notes[i].unit);
		free(plan->notes[i].directive);
		free(plan->notes[i].reason);
		free(plan->notes[i].replacement);
	}
	free(plan->entries);
	free(plan->notes);
	strv_free(plan->excluded);
	strv_free(plan->mounted);
	strv_free(plan->shared);
	strv_free(plan->sysctls);
	strv_free(plan->socket_rules);
	strv_free(plan->steps);
	for (size_t i = 0; i < plan->n_call_rules; i++)
		strv_free(plan->call_rules[i].calls);
	free(plan->call_rules);
	strv_free(plan->capabilities);
	strv_free(plan->ports);
	strv_free(plan->warnings);
	strv_free(plan->packages);
	strv_free(plan->interpreters);
	free(plan->layer);
	strv_free(plan->meaningless);
	(void)secret_words_free(plan->secrets);
	free(plan);
	return NULL;
}

static int compare_weighed(const void *a, const void *b)
{
	const Weighed *x = a, *y = b;
	int r = plan_path_compare(x->entry.path, y->entry.path);

	if (r != 0)
		return r;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* Sorts entries and weights together. */
static int sort_entries(PlanBuild *build)
{
	_cleanup_free_ Weighed *all = calloc(build->plan->n_entries + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < build->plan->n_entries; i++)
		all[i] = (Weighed){ build->plan->entries[i], build->weights[i], i };
	qsort(all, build->plan->n_entries, sizeof(*all), compare_weighed);
	for (size_t i = 0; i < build->plan->n_entries; i++) {
		build->plan->entries[i] = all[i].entry;
		build->weights[i] = all[i].weight;
	}
	return 0;
}

static bool matches(const char *exclusion, const char *path)
{
	if (strpbrk(exclusion, "*?["))
		return fnmatch(exclusion, path, FNM_PATHNAME | FNM_LEADING_DIR) == 0;
	return path_is_below(path, exclusion);
}

bool plan_excludes(const Plan *plan, const char *path, const char *root)
{
	STRV_FOREACH (e, plan->excluded)
		if (matches(*e, path) && !(root && matches(*e, root)))
			return true;
	return false;
}

/* What a copied tree above it brings along anyway: copies from the same place, and the real secrets where the administrator
 * named the tree. */
static bool covered(const PlanEntry *e, PlanWeight weight, const PlanEntry *tree)
{
	if (!tree || !path_is_below(e->path, tree->path) || e->trusted)
		return false;
	if (weight == WEIGHT_SECRET)
		return tree->trusted;
	return e->kind == PLAN_COPY && strcmp(e->source, e->path) == 0 &&
	       strcmp(tree->source, tree->path) == 0 && !e->user && !e->group;
}

/* Nothing can be below what is not a directory: an entry whose parent became a link or a file has lost against it. */
static bool blocked(const PlanEntry *e, const PlanEntry *leaf)
{
	return leaf && path_is_below(e->path, leaf->path);
}

static bool dropped(const PlanBuild *build, const PlanEntry *e)
{
	if (path_is_below_any(e->path, build->without))
		return true;
	return e->kind == PLAN_COPY && !e->trusted && plan_excludes(build->plan, e->path, NULL);
}

/* Keeps the first entry of each path, which is the heaviest, unless something above makes it needless or impossible. */
static void select_entries(PlanBuild *build)
{
	Plan *plan = build->plan;
	size_t n = 0, tree = SIZE_MAX, leaf = SIZE_MAX;

	for (size_t i = 0; i < plan->n_entries; i++) {
		PlanEntry *e = &plan->entries[i];
		const PlanEntry *last = n > 0 ? &plan->entries[n - 1] : NULL;

		if (tree != SIZE_MAX && !path_is_below(e->path, plan->entries[tree].path))
			tree = SIZE_MAX;
		if ((last && strcmp(last->path, e->path) == 0) || dropped(build, e) ||
			blocked(e, leaf == SIZE_MAX ? NULL : &plan->entries[leaf]) ||
			covered(e, build->weights[i],
				tree == SIZE_MAX ? NULL : &plan->entries[tree])) {
			entry_done(e);
			continue;
		}
		plan->entries[n] = *e;
		build->weights[n] = build->weights[i];
		if (e->kind == PLAN_COPY && e->recurse && (tree == SIZE_MAX || e->trusted))
			tree = n;
		if (e->kind == PLAN_LINK || e->kind == PLAN_FILE || e->kind == PLAN_SECRET)
			leaf = n;
		n++;
	}
	plan->n_entries = n;
}

static void add_parent(PlanBuild *build, const char *path)
{
	const KnownPath *known = build_known(build, path);
	PlanEntry *e;

	if (known && known->type == FACT_FILE_DIRECTORY)
		e = build_copy(build, path, false, "holds what is below");
	else
		e = build_directory(build, path, 0755, NULL, NULL, "holds what is below");
	if (e)
		build->weights[build->plan->n_entries - 1] = WEIGHT_PARENT;
}

/* Adds each directory between an entry and the nearest one above it that is there. */
static int add_parents(PlanBuild *build)
{
	size_t n = build->plan->n_entries;

	build->rule = "parent";
	build->inferred = false;
	for (size_t i = 0; i < n && !build->failed; i++) {
		_cleanup_free_ char *path = strdup(build->plan->entries[i].path);
		const char *above = i > 0 ? build->plan->entries[i - 1].path : "";
		char *slash;

		if (!path)
			return -ENOMEM;
		while ((slash = strrchr(path, '/')) && slash != path) {
			*slash = '\0';
			if (path_is_below(above, path))
				break;
			add_parent(build, path);
		}
	}
	return build->failed ? -ENOMEM : 0;
}

/* The administrator's word takes back what rules exclude at or below a path of --with. */
static void admit_trusted(PlanBuild *build)
{
	char **kept = build->plan->excluded;

	STRV_FOREACH (e, build->plan->excluded)
		if (path_is_below_any(*e, build->with))
			free(*e);
		else
			*kept++ = *e;
	if (kept)
		*kept = NULL;
}

static bool any_below(const Plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n_entries; i++)
		if (path_is_below(plan->entries[i].path, path))
			return true;
	return false;
}

/* The host's links to what the container has got. */
static void add_links(PlanBuild *build)
{
	build->rule = "link";
	build->inferred = false;
	for (size_t i = 0; i < build->facts->n_links; i++) {
		const FactLink *link = &build->facts->links[i];

		if (path_is_below_any(link->target, build->plan->mounted) ||
			(!link->moved && any_below(build->plan, link->target)))
			build_host_link(build, link);
	}
}

bool build_meets(const PlanBuild *build, const char *path)
{
	const Plan *plan = build->plan;

	for (size_t i = 0; i < plan->n_entries; i++) {
		const PlanEntry *e = &plan->entries[i];

		if (path_is_below(e->path, path) ||
			(e->kind == PLAN_COPY && e->recurse && path_is_below(path, e->path)))
			return true;
	}
	STRV_FOREACH (shared, plan->shared)
		if (path_is_below(*shared, path) || path_is_below(path, *shared))
			return true;
	return false;
}

static void judge_without(PlanBuild *build)
{
	STRV_FOREACH (path, build->without)
		if (path_is_below("/etc", *path) || path_is_below("/var", *path))
			build_meaningless(
				build, "--without %s: no container works without it", *path);
		else if (!build_meets(build, *path))
			build_meaningless(build,
				"--without %s: nothing would come along there; create --dry-run "
				"shows what does",
				*path);
}

int build_finish(PlanBuild *build, Plan **ret, Error **ret_error)
{
	add_links(build);
	judge_without(build);
	admit_trusted(build);
	STRV_FOREACH (path, build->without)
		build_exclude(build, *path);
	if (build->failed || sort_entries(build) < 0)
		return error_oom(ret_error);
	select_entries(build);
	if (add_parents(build) < 0 || sort_entries(build) < 0)
		return error_oom(ret_error);
	select_entries(build);
	if (build->plan->excluded)
		strv_sort(build->plan->excluded);
	if (build->plan->shared)
		strv_sort(build->plan->shared);
	*ret = TAKE_PTR(build->plan);
	return 0;
}
