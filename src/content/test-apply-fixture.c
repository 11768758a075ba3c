/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "content/test-apply-fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/unit-test.h"
#include "content/apply.h"
#include "plan/build.h"
#include "plan/secret.h"

void put(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(folder, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0640, NULL), 0);
}

void folder(const char *above, const char *name)
{
	_cleanup_free_ char *path = path_join(above, name);

	assert_int_equal(file_mkdir_p(path, 0755, NULL), 0);
}

int set_up(void **state)
{
	Place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	place->base = strdup("/var/tmp/test-apply.XXXXXX");
	assert_non_null(mkdtemp(place->base));
	place->source = path_join(place->base, "source");
	place->tree = path_join(place->base, "tree");
	place->journal = path_join(place->base, "journal");
	folder(place->source, "sub");
	put(place->source, "a", "hello\n");
	put(place->source, "sub/b", "deep\n");
	*state = place;
	return 0;
}

SecretWords *secrets;

int load_secrets(_unused_ void **state)
{
	_cleanup_free_ char *directory = path_join(getenv("SOURCE_ROOT"), "rules.d");
	_cleanup_knowledge_ Knowledge *knowledge = NULL;

	return knowledge_load_from(directory, NULL, &knowledge, NULL) < 0 ||
	       secret_words(knowledge, &secrets) < 0;
}

int free_secrets(_unused_ void **state)
{
	secrets = secret_words_free(secrets);
	return 0;
}

int tear_down(void **state)
{
	Place *place = *state;

	assert_int_equal(file_remove_tree(AT_FDCWD, place->base, NULL), 0);
	free(place->base);
	free(place->source);
	free(place->tree);
	free(place->journal);
	free(place);
	return 0;
}

/* A plan that copies the source as /srv/data, with passwd and group, and further entries. */
void plan_init(Plan *plan, PlanEntry *entries, size_t n)
{
	*plan = (Plan){ .entries = entries, .n_entries = n, .secrets = secrets };
	for (size_t i = 1; i < n; i++)
		assert_true(plan_path_compare(entries[i - 1].path, entries[i].path) < 0);
}

PlanEntry dir(const char *path)
{
	return (PlanEntry){ .kind = PLAN_DIRECTORY, .path = (char *)path };
}

PlanEntry text(const char *path, const char *content)
{
	return (PlanEntry){ .kind = PLAN_FILE, .path = (char *)path, .content = (char *)content };
}

PlanEntry tree(const char *path, const char *source)
{
	return (PlanEntry){
		.kind = PLAN_COPY, .path = (char *)path, .source = (char *)source, .recurse = true
	};
}

void apply(const Plan *plan, const Place *place)
{
	_cleanup_error_ Error *error = NULL;

	if (plan_apply(plan, place->tree, place->journal, NULL, NULL, &error) < 0)
		fail_msg("%s", error_message(error));
}

/* The content of a file of the tree, or NULL if there is none. */
char *content(const Place *place, const char *path)
{
	_cleanup_free_ char *full = path_join(place->tree, path);
	char *data = NULL;

	return file_read(full, &data, NULL, NULL) < 0 ? NULL : data;
}

struct stat status(const Place *place, const char *path)
{
	_cleanup_free_ char *full = path_join(place->tree, path);
	struct stat st;

	assert_int_equal(lstat(full, &st), 0);
	return st;
}

void assert_content(const Place *place, const char *path, const char *expected)
{
	_cleanup_free_ char *data = content(place, path);

	assert_non_null(data);
	assert_string_equal(data, expected);
}

void assert_fifo(const Place *place, const char *path)
{
	_cleanup_free_ char *full = path_join(place->tree, path);
	struct stat st;

	assert_int_equal(lstat(full, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
}

void assert_missing(const Place *place, const char *path)
{
	_cleanup_free_ char *full = path_join(place->tree, path);

	assert_false(file_exists(full));
}

/* Nothing but the source is left. */
void assert_clean(const Place *place)
{
	assert_false(file_exists(place->tree));
	assert_false(file_exists(place->journal));
}
