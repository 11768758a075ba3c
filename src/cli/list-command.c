/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * list, ps and inspect.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

#define PROCESS_TEXTS 4 /* of one process, see vsb_processes() */
#define CELL_MAX 512 /* bytes of one field; a longer one is cut */

typedef enum Column {
	COLUMN_NAME,
	COLUMN_STATE,
	COLUMN_UNITS,
	COLUMN_ADDRESS,
	COLUMN_LABEL,
	COLUMN_MEMORY,
	COLUMN_SINCE,
	COLUMN_PID,
	COLUMN_VERSION,
	COLUMN_SNAPSHOTS,
	COLUMN_BEHIND,
	COLUMN_PROBLEM,
	_COLUMN_MAX,
} Column;

static const struct {
	const char *name, *title;
} columns[_COLUMN_MAX] = {
	[COLUMN_NAME] = { "name", "NAME" },
	[COLUMN_STATE] = { "state", "STATE" },
	[COLUMN_UNITS] = { "units", "UNITS" },
	[COLUMN_ADDRESS] = { "address", "ADDRESS" },
	[COLUMN_LABEL] = { "label", "LABEL" },
	[COLUMN_MEMORY] = { "memory", "MEMORY" },
	[COLUMN_SINCE] = { "since", "UP SINCE" },
	[COLUMN_PID] = { "pid", "PID" },
	[COLUMN_VERSION] = { "version", "VERSION" },
	[COLUMN_SNAPSHOTS] = { "snapshots", "SNAPSHOTS" },
	[COLUMN_BEHIND] = { "behind", "BEHIND" },
	[COLUMN_PROBLEM] = { "problem", "PROBLEM" },
};
static const char default_columns[] = "name,state,units,address,label,memory,since";

/* A container, or one that was deleted and is kept. */
typedef struct Row {
	char cells[_COLUMN_MAX][CELL_MAX];
	const char *colour; /* of the state, "" */
	const vsb_info *info; /* NULL: it was deleted */
	long long until; /* and is kept until then; 0: until it is removed */
} Row;

typedef struct List {
	const Args *args;
	vsb_info **infos;
	char **deleted;
	Row *rows;
	size_t n;
	Column shown[_COLUMN_MAX];
	size_t n_shown;
	Column sorted;
} List;

static void list_done(List *list)
{
	vsb_list_free(list->infos);
	vsb_strv_free(list->deleted);
	free(list->rows);
}

static void join(char *cell, size_t room, char *const *words)
{
	size_t size = 0;

	*cell = '\0';
	for (; words && *words && size < room - 1; words++)
		size += (size_t)snprintf(cell + size, room - size, "%s%s", size ? " " : "", *words);
}

static void format_since(char *cell, int64_t since)
{
	time_t seconds = since;
	struct tm local;

	if (!localtime_r(&seconds, &local) ||
		strftime(cell, CELL_MAX, "%Y-%m-%d %H:%M", &local) == 0)
		*cell = '\0';
}

static const char *state_colour(const vsb_info *info)
{
	if (strcmp(vsb_info_state(info), "broken") == 0)
		return "\033[31m";
	if (vsb_info_is_stale(info) || vsb_info_is_outdated(info))
		return "\033[33m";
	return strcmp(vsb_info_state(info), "running") == 0 ? "\033[32m" : "";
}

/* "10.88.0.2 (8080:80)" */
static void fill_address(char *cell, const char *address, char *const *published)
{
	char ports[CELL_MAX / 2];

	join(ports, sizeof(ports), published);
	(void)snprintf(cell, CELL_MAX, "%s%s%s%s", address ? address : "", *ports ? " (" : "",
		ports, *ports ? ")" : "");
}

static void fill_row(Row *row, const vsb_info *info)
{
	const char *address = vsb_info_address(info), *label = vsb_info_label(info),
		   *version = vsb_info_version(info), *problem = vsb_info_problem(info);

	row->info = info;
	(void)snprintf(row->cells[COLUMN_NAME], CELL_MAX, "%s", vsb_info_name(info));
	(void)snprintf(row->cells[COLUMN_STATE], CELL_MAX, "%s%s%s", vsb_info_state(info),
		vsb_info_is_stale(info) ? " (stale)" : "",
		vsb_info_is_outdated(info) ? " (older version)" : "");
	join(row->cells[COLUMN_UNITS], CELL_MAX, vsb_info_units(info));
	fill_address(row->cells[COLUMN_ADDRESS], address, vsb_info_published(info));
	(void)snprintf(row->cells[COLUMN_LABEL], CELL_MAX, "%s", label ? label : "");
	if (vsb_info_memory(info) > 0)
		format_amount(row->cells[COLUMN_MEMORY], vsb_info_memory(info));
	if (vsb_info_since(info) > 0)
		format_since(row->cells[COLUMN_SINCE], vsb_info_since(info));
	if (vsb_info_pid(info) > 0)
		(void)snprintf(row->cells[COLUMN_PID], CELL_MAX, "%d", vsb_info_pid(info));
	(void)snprintf(row->cells[COLUMN_VERSION], CELL_MAX, "%s", version ? version : "");
	if (vsb_info_snapshots(info) > 0)
		(void)snprintf(
			row->cells[COLUMN_SNAPSHOTS], CELL_MAX, "%zu", vsb_info_snapshots(info));
	if (vsb_info_behind(info) >= 0)
		(void)snprintf(row->cells[COLUMN_BEHIND], CELL_MAX, "%lld",
			(long long)vsb_info_behind(info));
	(void)snprintf(row->cells[COLUMN_PROBLEM], CELL_MAX, "%s", problem ? problem : "");
	row->colour = state_colour(info);
}

static void fill_deleted(Row *row, const char *name, const char *until)
{
	row->until = strtoll(until, NULL, 10);
	row->colour = "";
	(void)snprintf(row->cells[COLUMN_NAME], CELL_MAX, "%s", name);
	(void)snprintf(row->cells[COLUMN_STATE], CELL_MAX, "deleted");
	(void)snprintf(row->cells[COLUMN_PROBLEM], CELL_MAX, "kept until ");
	if (row->until > 0)
		format_since(row->cells[COLUMN_PROBLEM] + strlen("kept until "), row->until);
}

/* -- What is asked for -- */

static bool find_column(const char *name, size_t size, Column *ret)
{
	for (size_t i = 0; i < _COLUMN_MAX; i++)
		if (strlen(columns[i].name) == size && memcmp(columns[i].name, name, size) == 0) {
			*ret = (Column)i;
			return true;
		}
	return false;
}

static const char *refuse(const char *option, const char *word, size_t size)
{
	static char problem[OPTION_PROBLEM_MAX];

	(void)snprintf(problem, sizeof(problem),
		"--%s does not know \"%.*s\"; known are name, state, units, address, label, memory, "
		"since, pid, version, snapshots, behind and problem",
		option, (int)(size < 64 ? size : 64), word);
	return problem;
}

/* NULL, or what is wrong. */
static const char *read_columns(List *list, const char *text)
{
	for (;;) {
		size_t size = strcspn(text, ",");
		Column column;

		if (!find_column(text, size, &column))
			return refuse("columns", text, size);
		for (size_t i = 0; i < list->n_shown; i++)
			if (list->shown[i] == column)
				return "--columns names a column twice";
		list->shown[list->n_shown++] = column;
		if (!text[size])
			return NULL;
		text += size + 1;
	}
}

static const char *check_filters(const List *list)
{
	for (size_t i = 0; i < list->args->n_given; i++) {
		const ParsedOption *given = &list->args->given[i];
		Column column;

		if (strcmp(given->option.name, "filter") != 0)
			continue;
		if (!strchr(given->value, '='))
			return "--filter expects COLUMN=PATTERN, as state=running";
		if (!find_column(given->value, strcspn(given->value, "="), &column))
			return refuse("filter", given->value, strcspn(given->value, "="));
	}
	return NULL;
}

static const char *read_wishes(List *list)
{
	const char *wanted = args_value(list->args, "columns"),
		   *sort = args_value(list->args, "sort"),
		   *problem = read_columns(list, wanted ? wanted : default_columns);

	if (!problem && sort && !find_column(sort, strlen(sort), &list->sorted))
		problem = refuse("sort", sort, strlen(sort));
	return problem ? problem : check_filters(list);
}

/* A state without what list says beside it, a unit among several: either the whole or a word of it. */
static bool matches(const char *pattern, const char *cell)
{
	char word[CELL_MAX];

	if (fnmatch(pattern, cell, 0) == 0)
		return true;
	for (const char *p = cell; *p; p += strspn(p, " ")) {
		size_t size = strcspn(p, " ");

		(void)snprintf(word, sizeof(word), "%.*s", (int)size, p);
		if (fnmatch(pattern, word, 0) == 0)
			return true;
		p += size;
	}
	return false;
}

/* Of several filters of one column one is enough. */
static bool is_wanted(const List *list, const Row *row)
{
	bool asked[_COLUMN_MAX] = {}, met[_COLUMN_MAX] = {};

	if (args_has(list->args, "running") && (!row->info || vsb_info_pid(row->info) <= 0))
		return false;
	for (size_t i = 0; i < list->args->n_given; i++) {
		const ParsedOption *given = &list->args->given[i];
		Column c;

		if (strcmp(given->option.name, "filter") != 0 ||
			!find_column(given->value, strcspn(given->value, "="), &c))
			continue;
		asked[c] = true;
		met[c] = met[c] || matches(strchr(given->value, '=') + 1, row->cells[c]);
	}
	for (size_t i = 0; i < _COLUMN_MAX; i++)
		if (asked[i] && !met[i])
			return false;
	return true;
}

/* Of a column of numbers; 0 without one. */
static uint64_t number_of(const Row *row, Column column)
{
	if (!row->info)
		return 0;
	if (column == COLUMN_MEMORY)
		return vsb_info_memory(row->info);
	if (column == COLUMN_SINCE)
		return (uint64_t)vsb_info_since(row->info);
	return column == COLUMN_BEHIND ? (uint64_t)(vsb_info_behind(row->info) + 1) : 0;
}

/* Numbers: the largest first. */
static int compare(const void *a, const void *b, void *data)
{
	const Row *x = a, *y = b;
	const Column by = *(const Column *)data;
	uint64_t m = number_of(x, by), n = number_of(y, by);
	int order = 0;

	if (m != n)
		return m > n ? -1 : 1;
	if (by != COLUMN_MEMORY && by != COLUMN_SINCE && by != COLUMN_BEHIND)
		order = strcmp(x->cells[by], y->cells[by]);
	return order != 0 ? order : strcmp(x->cells[COLUMN_NAME], y->cells[COLUMN_NAME]);
}

static int fill(List *list)
{
	size_t room = 1;

	for (vsb_info **i = list->infos; *i; i++)
		room++;
	for (char **d = list->deleted; d && *d; d += 2)
		room++;
	list->rows = calloc(room, sizeof(*list->rows));
	if (!list->rows)
		return -1;
	for (vsb_info **i = list->infos; *i; i++) {
		fill_row(&list->rows[list->n], *i);
		if (is_wanted(list, &list->rows[list->n]))
			list->n++;
		else
			memset(&list->rows[list->n], 0, sizeof(*list->rows));
	}
	for (char **d = list->deleted; d && *d; d += 2) {
		fill_deleted(&list->rows[list->n], d[0], d[1]);
		if (is_wanted(list, &list->rows[list->n]))
			list->n++;
		else
			memset(&list->rows[list->n], 0, sizeof(*list->rows));
	}
	qsort_r(list->rows, list->n, sizeof(*list->rows), compare, &list->sorted);
	return 0;
}

/* -- Output -- */

/* row NULL: the titles. */
static const char *cell_of(const Row *row, Column column)
{
	const char *cell = row ? row->cells[column] : columns[column].title;

	return *cell ? cell : "-";
}

static void put_row(const List *list, const Row *row, const int *widths, bool coloured)
{
	for (size_t i = 0; i < list->n_shown; i++) {
		const Column c = list->shown[i];
		bool colour = row && coloured && c == COLUMN_STATE && *row->colour;
		_cleanup_text_ char *clean = vsb_text_sanitize(cell_of(row, c), "");
		int width = i + 1 < list->n_shown ? widths[i] : 0; /* nothing after the last */

		(void)printf("%s%s%-*s%s", i ? "  " : "", colour ? row->colour : "", width,
			clean ? clean : "", colour ? "\033[0m" : "");
	}
	(void)putchar('\n');
}

static void print_table(const List *list)
{
	bool coloured = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int widths[_COLUMN_MAX] = {};

	for (size_t j = 0; j < list->n_shown; j++)
		for (size_t i = 0; i <= list->n; i++) {
			const Row *row = i < list->n ? &list->rows[i] : NULL;
			int size = (int)strlen(cell_of(row, list->shown[j]));

			if (size > widths[j])
				widths[j] = size;
		}
	put_row(list, NULL, widths, coloured);
	for (size_t i = 0; i < list->n; i++)
		put_row(list, &list->rows[i], widths, coloured);
}

static void put_json_field(const char *name, const char *value)
{
	(void)printf("\"%s\": ", name);
	if (value)
		put_json_string(value);
	else
		(void)fputs("null", stdout);
	(void)fputs(", ", stdout);
}

static void put_json_list(const char *name, char *const *values)
{
	(void)printf("\"%s\": [", name);
	for (char *const *value = values; value && *value; value++) {
		(void)fputs(value == values ? "" : ", ", stdout);
		put_json_string(*value);
	}
	(void)fputs("], ", stdout);
}

static void put_json_info(const vsb_info *info)
{
	(void)fputs("  {", stdout);
	put_json_field("name", vsb_info_name(info));
	put_json_field("state", vsb_info_state(info));
	put_json_list("units", vsb_info_units(info));
	put_json_field("address", vsb_info_address(info));
	put_json_list("addresses", vsb_info_addresses(info));
	put_json_list("published", vsb_info_published(info));
	put_json_list("allow_from", vsb_info_allowed(info));
	put_json_list("egress", vsb_info_egress(info));
	put_json_field("label", vsb_info_label(info));
	put_json_field("problem", vsb_info_problem(info));
	put_json_field("version", vsb_info_version(info));
	if (vsb_info_memory(info) > 0 || vsb_info_pid(info) <= 0)
		(void)printf("\"memory\": %llu, ", (unsigned long long)vsb_info_memory(info));
	else
		(void)fputs("\"memory\": null, ", stdout); /* it runs, and nobody counts */
	if (vsb_info_behind(info) >= 0)
		(void)printf("\"behind\": %lld, ", (long long)vsb_info_behind(info));
	else
		(void)fputs("\"behind\": null, ", stdout);
	(void)printf(
		"\"since\": %lld, \"pid\": %d, \"snapshots\": %zu, \"stale\": %s, \"outdated\": %s}",
		(long long)vsb_info_since(info), vsb_info_pid(info), vsb_info_snapshots(info),
		vsb_info_is_stale(info) ? "true" : "false",
		vsb_info_is_outdated(info) ? "true" : "false");
}

static void put_json_deleted(const Row *row)
{
	(void)fputs("  {", stdout);
	put_json_field("name", row->cells[COLUMN_NAME]);
	put_json_field("state", "deleted");
	if (row->until > 0)
		(void)printf("\"kept_until\": %lld}", row->until);
	else
		(void)fputs("\"kept_until\": null}", stdout);
}

static void print_json(const List *list)
{
	(void)puts("[");
	for (size_t i = 0; i < list->n; i++) {
		if (list->rows[i].info)
			put_json_info(list->rows[i].info);
		else
			put_json_deleted(&list->rows[i]);
		(void)puts(i + 1 < list->n ? "," : "");
	}
	(void)puts("]");
}

static bool shows_problems(const List *list)
{
	for (size_t i = 0; i < list->n_shown; i++)
		if (list->shown[i] == COLUMN_PROBLEM)
			return true;
	return false;
}

int run_list(const Args *args)
{
	_cleanup_(list_done) List list = { .args = args, .sorted = COLUMN_NAME };
	const char *problem = read_wishes(&list);
	_cleanup_error_ vsb_error *error = NULL;

	if (problem)
		return report_usage("list", problem);
	if (vsb_list(&list.infos, &error) < 0 ||
		(args_has(args, "all") && vsb_deleted(&list.deleted, &error) < 0) ||
		fill(&list) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	if (args_has(args, "json"))
		print_json(&list);
	else
		print_table(&list);
	for (size_t i = 0; i < list.n && (args_has(args, "json") || !shows_problems(&list)); i++)
		if (list.rows[i].info && vsb_info_problem(list.rows[i].info))
			report_problem(vsb_info_problem(list.rows[i].info));
	return 0;
}

int each_ps(const char *name, const Args *args, vsb_error **error)
{
	_cleanup_strv_ char **rows = NULL;
	bool json = args_has(args, "json");
	int r = vsb_processes(name, &rows, error);

	wait_end();
	if (r < 0)
		return r;
	(void)puts(json ? "[" : "    PID  INSIDE   USER  COMMAND");
	for (char **row = rows; row && *row; row += PROCESS_TEXTS) {
		if (!json) {
			(void)printf("%7s %7s %6s  ", row[0], row[1], row[2]);
			put_line(row[3]);
			continue;
		}
		(void)printf("  {\"pid\": %s, \"inside\": %s, \"user\": %s, \"command\": ", row[0],
			row[1], row[2]);
		put_json_string(row[3]);
		(void)puts(row[PROCESS_TEXTS] ? "}," : "}");
	}
	if (json)
		(void)puts("]");
	return 0;
}

int each_inspect(const char *name, const Args *args, vsb_error **error)
{
	_cleanup_text_ char *json = NULL;
	int r;

	(void)args;
	r = vsb_inspect(name, &json, error);
	wait_end();
	if (r == 0)
		(void)fputs(json, stdout);
	return r;
}
