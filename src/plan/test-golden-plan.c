/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Golden plans: tests/golden/plan/X.facts gives X.plan. The first line of a facts file says how create was called: "# -C",
 * "# -C --init=direct" or "# without -C". With UPDATE_GOLDEN=1 in the environment the plans are written anew, to be read before they are committed.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/unit-test.h"
#include "plan/plan.h"
#include "plan/test-facts.h"

/* What --dry-run prints, and the accounts, which are what most goes wrong. */
static char *golden_text(const Plan *plan)
{
	static const char *const shown[] = { "/etc/passwd", "/etc/group" };
	_cleanup_free_ char *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	char *all = NULL;

	assert_int_equal(plan_format(plan, &text, NULL), 0);
	buf_puts(&buf, text);
	for (size_t i = 0; i < plan->n_entries; i++) {
		const PlanEntry *e = &plan->entries[i];

		for (size_t j = 0; j < ARRAY_SIZE(shown); j++)
			if (strcmp(e->path, shown[j]) == 0 ||
				(j == 0 && strstr(e->path, "/50-virt-sandbox.conf")))
				buf_printf(&buf, "== %s\n%s", e->path, e->content);
	}
	assert_int_equal(buf_take(&buf, &all, NULL), 0);
	return all;
}

static char *plan_text(const char *facts_path)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_error_ Error *error = NULL;
	_cleanup_facts_ Facts *facts = NULL;
	_cleanup_desc_ Desc *desc = desc_new();
	_cleanup_plan_ Plan *plan = NULL;
	const Identity identity = { .uuid = (char *)"0123456789abcdef0123456789abcdef" };

	assert_non_null(desc);
	desc->name = strdup("web1");
	desc->kind = DESC_SERVICE;
	assert_int_equal(file_read(facts_path, &text, NULL, NULL), 0);
	desc->copy = strncmp(text, "# -C", 4) == 0;
	if (strncmp(text, "# -C --init=direct\n", 19) == 0)
		desc->manager = strdup("direct");
	if (test_facts_parse(text, &facts, &error) < 0)
		fail_msg("%s: %s", facts_path, error_message(error));
	if (plan_make(desc, &identity, facts, &plan, &error) == -EOPNOTSUPP) {
		char *refusal = NULL;

		assert_true(asprintf(&refusal, "%s\n", error_message(error)) > 0);
		return refusal;
	}
	assert_non_null(plan);
	return golden_text(plan);
}

static void check(const char *folder, const char *name)
{
	_cleanup_free_ char *facts_path = path_join(folder, name), *plan_path = strdup(facts_path),
			    *made = NULL, *golden = NULL;

	strcpy(strrchr(plan_path, '.'), ".plan"); /* as long as ".facts" */
	made = plan_text(facts_path);
	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(file_write_atomic(plan_path, made, strlen(made), 0644, NULL), 0);
	if (file_read(plan_path, &golden, NULL, NULL) < 0)
		fail_msg("there is no %s", plan_path);
	if (strcmp(made, golden) != 0)
		print_error("%s differs; see with UPDATE_GOLDEN=1 and git diff\n", plan_path);
	assert_string_equal(made, golden);
}

TEST(golden)
{
	_cleanup_free_ char *folder = path_join(getenv("SOURCE_ROOT"), "tests/golden/plan");
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort), checked = 0;

	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(names[i]->d_name, '.');

		if (dot && strcmp(dot, ".facts") == 0) {
			check(folder, names[i]->d_name);
			checked++;
		}
		free(names[i]);
	}
	free(names);
	assert_true(checked > 0);
}
