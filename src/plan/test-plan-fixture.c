/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plans made from facts that a test writes down as text.
 */
#include "plan/test-plan-fixture.h"

#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "plan/test-facts.h"

void made_done(PlanFixture *made)
{
	desc_free(made->desc);
	facts_free(made->facts);
	plan_free(made->plan);
	error_free(made->error);
}

static PlanFixture plan_of(PlanFixture made, const char *text)
{
	static const Identity identity = { .uuid = (char *)"0123456789abcdef0123456789abcdef" };

	if (test_facts_parse(text, &made.facts, &made.error) < 0)
		fail_msg("%s", error_message(made.error));
	made.r = plan_make(made.desc, &identity, made.facts, &made.plan, &made.error);
	return made;
}

PlanFixture made_ignoring(const char *text, const char *directive)
{
	PlanFixture made = { .desc = desc_new() };

	assert_non_null(made.desc);
	made.desc->name = strdup("web1");
	made.desc->kind = DESC_SERVICE;
	assert_int_equal(strv_append(&made.desc->ignored_directives, directive), 0);
	return plan_of(made, text);
}

PlanFixture made_with(const char *text, bool copy, const char *with, const char *without)
{
	PlanFixture made = { .desc = desc_new() };

	assert_non_null(made.desc);
	made.desc->name = strdup("web1");
	made.desc->kind = DESC_SERVICE;
	made.desc->copy = copy;
	if (with)
		assert_int_equal(strv_append(&made.desc->with, with), 0);
	if (without)
		assert_int_equal(strv_append(&made.desc->without, without), 0);
	return plan_of(made, text);
}

PlanFixture made_new(const char *text, bool copy)
{
	PlanFixture made = made_with(text, copy, NULL, NULL);

	if (made.r < 0)
		fail_msg("%s", error_message(made.error));
	return made;
}

const PlanEntry *made_entry(const PlanFixture *made, const char *path)
{
	for (size_t i = 0; i < made->plan->n_entries; i++)
		if (strcmp(made->plan->entries[i].path, path) == 0)
			return &made->plan->entries[i];
	return NULL;
}

const PlanEntry *made_expect(
	const PlanFixture *made, const char *path, PlanKind kind, const char *rule)
{
	const PlanEntry *e = made_entry(made, path);

	if (!e) {
		fail_msg("nothing is planned for %s", path);
		abort(); /* fail_msg() does not return, but its declaration does not say so */
	}
	assert_int_equal(e->kind, kind);
	assert_string_equal(e->rule, rule);
	assert_true(*e->reason != '\0');
	return e;
}
