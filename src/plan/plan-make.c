/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * plan_make(): every rule of the table, one after the other, over the same facts.
 */
#include "plan/plan.h"

#include "base/strv.h"
#include "plan/build.h"
#include "plan/rules.h"

/* The sentence of a refusal names unit and directive: it is all that the administrator sees of the plan then. */
static int check_refusals(const Desc *desc, const Plan *plan, Error **ret_error)
{
	for (size_t i = 0; i < plan->n_notes; i++) {
		const PlanNote *note = &plan->notes[i];

		if (note->refusal)
			return error_set(ret_error, EOPNOTSUPP,
				"%s cannot run in a container%s: %s: %s%s%s",
				note->unit ? note->unit : "this service",
				desc_is_direct(desc) ? " with --init=direct" : "", note->directive,
				note->reason, note->replacement ? "; " : "",
				note->replacement ? note->replacement : "");
	}
	return 0;
}

/* What of the host it cannot do without, though no file of it is copied. */
static int note_host(const Facts *facts, Plan *plan, Error **ret_error)
{
	for (size_t i = 0; i < facts->n_packages && facts->packages[i].direct; i++)
		if (strv_append_unique(&plan->packages, facts->packages[i].name) < 0)
			return error_oom(ret_error);
	for (size_t i = 0; i < facts->n_programs; i++)
		if (facts->programs[i].interpreter &&
			strv_append_unique(&plan->interpreters, facts->programs[i].interpreter) < 0)
			return error_oom(ret_error);
	return 0;
}

int plan_make(const Desc *desc, const Identity *identity, const Facts *facts, Plan **ret,
	Error **ret_error)
{
	_cleanup_(build_done) PlanBuild build = { 0 };
	_cleanup_plan_ Plan *plan = NULL;
	int r = build_init(&build, desc, facts, ret_error);
	if (r < 0)
		return r;
	build.identity = identity;
	for (size_t i = 0; i < rules_count() && !build.failed; i++) {
		build.rule = rules_at(i)->name;
		build.inferred = rules_at(i)->inferred;
		if (!rules_at(i)->systemd || !desc_is_direct(desc))
			rules_at(i)->apply(&build);
	}
	r = build_finish(&build, &plan, ret_error);
	if (r < 0)
		return r;
	r = check_refusals(desc, plan, ret_error);
	if (r == 0)
		r = note_host(facts, plan, ret_error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(plan);
	return 0;
}
