/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan's rules for system calls, as the kernel's program, for the init of one unit.
 */
#include "sandbox/direct-filter-code.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/strv.h"
#include "engine/start/filter-rules.h"

static SpecAction action_of(int error)
{
	return error == 0  ? SPEC_ACTION_ALLOW
	       : error < 0 ? SPEC_ACTION_KILL_PROCESS
			   : SPEC_ACTION_ERRNO;
}

/* A call that is not known here is not in the container's own filter either, which allows what it knows. */
static int add_rule(const PlanCallRule *rule, Spec *spec)
{
	_cleanup_strv_ char **known = NULL;
	SpecFilterRule *made;

	STRV_FOREACH (call, rule->calls)
		if (filter_knows_call(*call) && strv_append(&known, *call) < 0)
			return -ENOMEM;
	if (!known)
		return 0;
	made = spec_add_filter_rule(spec);

	if (!made)
		return -ENOMEM;
	made->action = action_of(rule->error);
	made->error = rule->error > 0 ? (uint32_t)rule->error : 0;
	made->calls = TAKE_PTR(known);
	made->arguments = calloc(rule->n_tests + 1, sizeof(*made->arguments));
	if (!made->arguments)
		return -ENOMEM;
	for (size_t i = 0; i < rule->n_tests; i++) {
		const PlanCallTest *test = &rule->tests[i];

		made->arguments[made->n_arguments++] = (SpecArgument){ .index = test->argument,
			.comparison =
				test->kind == PLAN_CALL_IS_NOT ? SPEC_NOT_EQUAL : SPEC_MASKED_EQUAL,
			.value = test->value,
			/* Of all these arguments the kernel reads 32 bits: what is above them must not make one another. */
			.mask = test->kind == PLAN_CALL_HAS ? test->value : UINT32_MAX };
	}
	return 0;
}

static int append_code(const FilterProgram *program, char ***steps)
{
	const unsigned char *bytes = (const unsigned char *)program->code;
	_cleanup_buf_ Buf buf = { 0 };
	_cleanup_free_ char *text = NULL;

	buf_puts(&buf, "filter=");
	for (size_t i = 0; i < program->length * sizeof(*program->code); i++)
		buf_printf(&buf, "%02x", bytes[i]);
	return buf_take(&buf, &text, NULL) < 0 ? -ENOMEM : strv_append(steps, text);
}

int direct_filter_code(const Plan *plan, char ***steps, Error **ret_error)
{
	_cleanup_free_ FilterProgram *program = NULL;
	_cleanup_spec_ Spec *spec = NULL;
	int r = 0;

	if (plan->n_call_rules == 0)
		return 0;
	spec = spec_new();
	program = malloc(sizeof(*program));
	if (!spec || !program)
		return error_oom(ret_error);
	spec->filter.kind = SPEC_FILTER_RULES;
	spec->filter.otherwise = action_of(plan->call_otherwise);
	spec->filter.error = plan->call_otherwise > 0 ? (uint32_t)plan->call_otherwise : 0;
	for (size_t i = 0; r == 0 && i < plan->n_call_rules; i++)
		r = add_rule(&plan->call_rules[i], spec);
	if (r < 0)
		return error_oom(ret_error);
	r = filter_rules_compile(spec, program, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "the unit's system calls");
	return append_code(program, steps) < 0 ? error_oom(ret_error) : 0;
}
