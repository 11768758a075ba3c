/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * apply: containers as files describe them.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

#define SUFFIX ".sandbox"

enum { SAME, CHANGED, CREATED, RESULTS };

typedef struct Described {
	vsb_desc *desc;
	char *name;
	char **requires;
	bool done;
} Described;

typedef struct Apply {
	bool check, json, any;
	Described *all;
	size_t n;
	bool failed, differs;
} Apply;

static void apply_done(Apply *a)
{
	for (size_t i = 0; i < a->n; i++) {
		vsb_desc_free(a->all[i].desc);
		free(a->all[i].name);
		vsb_strv_free(a->all[i].requires);
	}
	free(a->all);
}

static bool has_suffix(const char *name)
{
	size_t size = strlen(name), suffix = strlen(SUFFIX);

	return size > suffix && strcmp(name + size - suffix, SUFFIX) == 0;
}

/* Its name, or that of the file. */
static int name_of(vsb_desc *desc, const char *path, char **ret, vsb_error **error)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	_cleanup_strv_ char **names = NULL;
	int r = vsb_desc_get(desc, "core.name", &names, error);

	if (r < 0)
		return r;
	*ret = names ? strdup(*names)
		     : strndup(base, strlen(base) - (has_suffix(base) ? strlen(SUFFIX) : 0));
	if (!*ret)
		return -ENOMEM;
	return names ? 0 : vsb_desc_set(desc, "core.name", *ret, error);
}

static int add_file(Apply *a, const char *path, vsb_error **error)
{
	_cleanup_desc_ vsb_desc *desc = NULL;
	Described *grown = reallocarray(a->all, a->n + 1, sizeof(*grown));
	int r;

	if (!grown)
		return -ENOMEM;
	a->all = grown;
	a->all[a->n] = (Described){};
	r = vsb_desc_load_file(path, &desc, error);
	if (r == 0)
		r = name_of(desc, path, &a->all[a->n].name, error);
	if (r == 0)
		r = vsb_desc_get(desc, "order.requires", &a->all[a->n].requires, error);
	a->all[a->n++].desc = desc;
	desc = NULL;
	return r;
}

static int is_description(const struct dirent *entry)
{
	return *entry->d_name != '.' && has_suffix(entry->d_name);
}

/* 1: it is none. */
static int add_directory(Apply *a, const char *path, vsb_error **error)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_description, alphasort), r = 0;

	if (n < 0)
		return errno == ENOTDIR || errno == ENOENT ? 1 : -errno; /* a file says so itself */
	if (n == 0) {
		char sentence[OPTION_PROBLEM_MAX];

		(void)snprintf(sentence, sizeof(sentence),
			"cannot apply %.256s: no file in it ends in " SUFFIX, path);
		report_problem(sentence);
		r = -ENOENT;
	}
	for (int i = 0; i < n; i++) {
		char *file = NULL;

		if (r == 0)
			r = asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0
				    ? -ENOMEM
				    : add_file(a, file, error);
		free(file);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int read_all(Apply *a, char **words)
{
	for (; *words; words++) {
		_cleanup_error_ vsb_error *error = NULL;
		int r = add_directory(a, *words, &error);

		if (r == 1)
			r = add_file(a, *words, &error);
		if (r < 0 && error)
			report_error(error);
		else if (r < 0 && r != -ENOENT) {
			char sentence[OPTION_PROBLEM_MAX];

			(void)snprintf(sentence, sizeof(sentence), "cannot read %.256s: %s", *words,
				strerror(-r));
			report_problem(sentence);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* Two files that say different things of one container would take turns. */
static int refuse_twins(const Apply *a)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(a->all[i].name, a->all[j].name) == 0) {
				char sentence[OPTION_PROBLEM_MAX];

				(void)snprintf(sentence, sizeof(sentence),
					"cannot apply two descriptions of container %.64s",
					a->all[i].name);
				report_problem(sentence);
				return -EEXIST;
			}
	return 0;
}

static void print_json(
	Apply *a, const char *name, int result, char *const *changes, char *const *notes)
{
	static const char *const words[RESULTS] = { "same", "changed", "created" },
				 *const found[RESULTS] = { "same", "differs", "missing" };

	(void)fputs(a->any ? ",\n{ \"name\": " : "[{ \"name\": ", stdout);
	put_json_string(name);
	(void)printf(", \"result\": \"%s\", \"changes\": [", (a->check ? found : words)[result]);
	put_json_changes(changes);
	(void)fputs("], \"notes\": ", stdout);
	put_json_strings(notes);
	(void)fputs(" }", stdout);
	a->any = true;
}

static void print_text(
	const Apply *a, const char *name, int result, char *const *changes, char *const *notes)
{
	char *line = NULL;

	if (result == CREATED)
		(void)printf("%s: %s\n", name, a->check ? "does not exist" : "created");
	for (char *const *c = changes; c && *c; c += 3) {
		if (asprintf(&line, "%s: %s: %s -> %s", name, c[0], *c[1] ? c[1] : "(not set)",
			    *c[2] ? c[2] : "(not set)") < 0)
			return;
		put_line(line);
		free(line);
	}
	for (char *const *n = notes; n && *n && result != CREATED; n++) {
		if (asprintf(&line, "%s: %s", name, *n) < 0)
			return;
		put_line(line);
		free(line);
	}
	(void)fflush(stdout); /* the next one may take a while */
}

static void apply_one(Apply *a, Described *d)
{
	_cleanup_strv_ char **changes = NULL, **notes = NULL;
	_cleanup_error_ vsb_error *error = NULL;
	Progress progress = {};
	int r = vsb_apply(d->desc, a->check, progress_show, &progress, &changes, &notes, &error);

	progress_clear(&progress);
	d->done = true;
	if (r < 0) {
		report_error(error);
		a->failed = true;
		return;
	}
	a->differs = a->differs || r != SAME;
	if (a->json)
		print_json(a, d->name, r, changes, notes);
	else
		print_text(a, d->name, r, changes, notes);
}

/* Does it wait for one that comes later? */
static bool waits(const Apply *a, const Described *d)
{
	for (char **name = d->requires; name && *name; name++)
		for (size_t i = 0; i < a->n; i++)
			if (!a->all[i].done && strcmp(a->all[i].name, *name) == 0)
				return true;
	return false;
}

/* Those that others require come first; those that wait for each other are refused by the library. */
static void apply_all(Apply *a)
{
	for (bool forced = false;; forced = true) {
		bool left = false, moved = true;

		while (moved) {
			moved = left = false;
			for (size_t i = 0; i < a->n; i++)
				if (!a->all[i].done && (forced || !waits(a, &a->all[i]))) {
					apply_one(a, &a->all[i]);
					moved = true;
				} else {
					left = left || !a->all[i].done;
				}
		}
		if (!left)
			return;
	}
}

int run_apply(const Args *args)
{
	Apply a = { .check = args_has(args, "check"), .json = args_has(args, "json") };
	int code = EXIT_FAILED;

	if (read_all(&a, args->words) == 0 && refuse_twins(&a) == 0) {
		apply_all(&a);
		if (a.json)
			(void)puts(a.any ? "]" : "[]");
		code = a.failed ? EXIT_FAILED : a.check && a.differs ? EXIT_DIFFERS : 0;
	}
	apply_done(&a);
	return code;
}
