/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan of a clone: everything that another container has, but what makes a container itself is made anew.
 */
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/build.h"
#include "plan/plan.h"

/* Rules whose entries make a container itself: names and numbers, and every secret. */
static bool is_identity(const PlanEntry *entry)
{
	return entry->kind == PLAN_SECRET || strcmp(entry->rule, "identity") == 0;
}

static char *text_copy(const char *text, bool *failed)
{
	char *copy = text ? strdup(text) : NULL;

	*failed |= text && !copy;
	return copy;
}

static bool entry_copy(const PlanEntry *entry, PlanEntry *ret)
{
	bool failed = false;

	*ret = *entry;
	ret->path = text_copy(entry->path, &failed);
	ret->source = text_copy(entry->source, &failed);
	ret->content = text_copy(entry->content, &failed);
	ret->rule = text_copy(entry->rule, &failed);
	ret->reason = text_copy(entry->reason, &failed);
	ret->user = text_copy(entry->user, &failed);
	ret->group = text_copy(entry->group, &failed);
	return !failed;
}

int plan_clone(const Plan *fresh, const char *tree, char *const *directories, Plan **ret,
	Error **ret_error)
{
	_cleanup_plan_ Plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return error_oom(ret_error);
	plan->entries =
		calloc(fresh->n_entries + strv_length(directories) + 1, sizeof(*plan->entries));
	if (!plan->entries || strv_append(&plan->excluded, "/var/log/journal") < 0 ||
		strv_copy(&plan->shared, fresh->shared) < 0 ||
		strv_copy(&plan->sysctls, fresh->sysctls) < 0 ||
		strv_copy(&plan->socket_rules, fresh->socket_rules) < 0 ||
		strv_copy(&plan->steps, fresh->steps) < 0 ||
		strv_copy(&plan->capabilities, fresh->capabilities) < 0 ||
		strv_copy(&plan->ports, fresh->ports) < 0 ||
		strv_copy(&plan->packages, fresh->packages) < 0 ||
		strv_copy(&plan->interpreters, fresh->interpreters) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (directory, directories) {
		_cleanup_free_ char *path = path_join("/", *directory),
				    *source = path_join(tree, *directory);
		const PlanEntry all = {
			.kind = PLAN_COPY,
			.path = path,
			.source = source,
			.rule = (char *)"clone",
			.reason = (char *)"content of the container that is cloned",
			.recurse = true,
			.trusted = true, /* they are that container's keys, not the host's */
		};

		if (!path || !source || !entry_copy(&all, &plan->entries[plan->n_entries++]))
			return error_oom(ret_error);
	}
	for (size_t i = 0; i < fresh->n_entries; i++)
		if (is_identity(&fresh->entries[i]) &&
			!entry_copy(&fresh->entries[i], &plan->entries[plan->n_entries++]))
			return error_oom(ret_error);
	plan_sort(plan);
	*ret = TAKE_PTR(plan);
	return 0;
}
