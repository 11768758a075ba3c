/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * list, ps and inspect.
 */
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
	_COLUMN_MAX,
} Column;

static const char *const titles[_COLUMN_MAX] = {
	[COLUMN_NAME] = "NAME",
	[COLUMN_STATE] = "STATE",
	[COLUMN_UNITS] = "UNITS",
	[COLUMN_ADDRESS] = "ADDRESS",
	[COLUMN_LABEL] = "LABEL",
	[COLUMN_MEMORY] = "MEMORY",
	[COLUMN_SINCE] = "UP SINCE",
};

typedef struct Row {
	char cells[_COLUMN_MAX][CELL_MAX];
	const char *colour; /* of the state, "" */
} Row;

static void join(char *cell, size_t room, char *const *words)
{
	size_t size = 0;

	*cell = '\0';
	for (; words && *words && size < room - 1; words++)
		size += (size_t)snprintf(cell + size, room - size, "%s%s", size ? " " : "", *words);
}

static void format_memory(char *cell, uint64_t bytes)
{
	static const char units[] = "KMGT";
	double amount = (double)bytes / 1024;
	size_t unit = 0;

	while (amount >= 1024 && units[unit + 1]) {
		amount /= 1024;
		unit++;
	}
	(void)snprintf(cell, CELL_MAX, "%.1f%c", amount, units[unit]);
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
	const char *address = vsb_info_address(info), *label = vsb_info_label(info);

	(void)snprintf(row->cells[COLUMN_NAME], CELL_MAX, "%s", vsb_info_name(info));
	(void)snprintf(row->cells[COLUMN_STATE], CELL_MAX, "%s%s%s", vsb_info_state(info),
		vsb_info_is_stale(info) ? " (stale)" : "",
		vsb_info_is_outdated(info) ? " (older version)" : "");
	join(row->cells[COLUMN_UNITS], CELL_MAX, vsb_info_units(info));
	fill_address(row->cells[COLUMN_ADDRESS], address, vsb_info_published(info));
	(void)snprintf(row->cells[COLUMN_LABEL], CELL_MAX, "%s", label ? label : "");
	if (vsb_info_memory(info) > 0)
		format_memory(row->cells[COLUMN_MEMORY], vsb_info_memory(info));
	if (vsb_info_since(info) > 0)
		format_since(row->cells[COLUMN_SINCE], vsb_info_since(info));
	for (size_t i = 0; i < _COLUMN_MAX; i++)
		if (!row->cells[i][0])
			(void)snprintf(row->cells[i], CELL_MAX, "-");
	row->colour = state_colour(info);
}

static size_t length(vsb_info *const *infos)
{
	size_t n = 0;

	while (infos[n])
		n++;
	return n;
}

static void put_row(const Row *row, const int *widths, bool colours)
{
	for (size_t i = 0; i < _COLUMN_MAX; i++) {
		bool colour = colours && i == COLUMN_STATE && *row->colour;
		int width = i + 1 < _COLUMN_MAX ? widths[i] : 0; /* nothing after the last */

		(void)printf("%s%s%-*s%s", i ? "  " : "", colour ? row->colour : "", width,
			row->cells[i], colour ? "\033[0m" : "");
	}
	(void)putchar('\n');
}

static int print_table(vsb_info *const *infos)
{
	size_t count = length(infos);
	bool colours = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	Row *rows = calloc(count + 1, sizeof(*rows));
	int widths[_COLUMN_MAX] = {};

	if (!rows)
		return -1;
	rows[0].colour = "";
	for (size_t i = 0; i < _COLUMN_MAX; i++)
		(void)snprintf(rows[0].cells[i], CELL_MAX, "%s", titles[i]);
	for (size_t i = 0; i < count; i++)
		fill_row(&rows[i + 1], infos[i]);
	for (size_t i = 0; i <= count; i++)
		for (size_t j = 0; j < _COLUMN_MAX; j++)
			if ((int)strlen(rows[i].cells[j]) > widths[j])
				widths[j] = (int)strlen(rows[i].cells[j]);
	for (size_t i = 0; i <= count; i++)
		put_row(&rows[i], widths, colours);
	free(rows);
	return 0;
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
	(void)printf(
		"\"memory\": %llu, \"since\": %lld, \"pid\": %d, \"stale\": %s, \"outdated\": %s}",
		(unsigned long long)vsb_info_memory(info), (long long)vsb_info_since(info),
		vsb_info_pid(info), vsb_info_is_stale(info) ? "true" : "false",
		vsb_info_is_outdated(info) ? "true" : "false");
}

static void print_json(vsb_info *const *infos)
{
	(void)puts("[");
	for (vsb_info *const *i = infos; *i; i++) {
		put_json_info(*i);
		(void)puts(i[1] ? "," : "");
	}
	(void)puts("]");
}

/* Leaves those that run in the list. */
static void keep_running(vsb_info **infos)
{
	vsb_info **kept = infos;

	for (vsb_info **i = infos; *i; i++)
		if (vsb_info_pid(*i) > 0)
			*kept++ = *i;
		else
			vsb_info_free(*i);
	*kept = NULL;
}

int run_list(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_list_ vsb_info **infos = NULL;
	int r = 0;

	if (vsb_list(&infos, &error) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	if (args_has(args, "running"))
		keep_running(infos);
	if (args_has(args, "json"))
		print_json(infos);
	else
		r = print_table(infos);
	for (vsb_info **i = infos; *i; i++)
		if (vsb_info_problem(*i))
			report_problem(vsb_info_problem(*i));
	if (r == 0)
		return 0;
	report_error(NULL);
	return EXIT_FAILED;
}

static int print_processes(const char *name, const Args *args, vsb_error **error)
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

int run_ps(const Args *args)
{
	return command_each(args, "looking at", print_processes);
}

static int inspect(const char *name, const Args *args, vsb_error **error)
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

int run_inspect(const Args *args)
{
	return command_each(args, "inspecting", inspect);
}
