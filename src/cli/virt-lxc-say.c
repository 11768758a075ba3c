/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What virt-lxc says, in virsh's forms: errors, results, tables.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/virt-lxc.h"

/* Text of documents and containers may be in it, which are not to steer a terminal. */
__attribute__((format(printf, 2, 0))) static void put(FILE *file, const char *format, va_list list)
{
	_cleanup_text_ char *clean = NULL;
	char *text = NULL;

	if (vasprintf(&text, format, list) < 0)
		return;
	clean = vsb_text_sanitize(text, "\n\t");
	(void)fputs(clean ? clean : "", file);
	free(text);
}

bool virt_fail_list(const char *format, va_list list)
{
	(void)fflush(stdout);
	(void)fputs("error: ", stderr);
	put(stderr, format, list);
	(void)fputc('\n', stderr);
	return false;
}

bool virt_fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)virt_fail_list(format, list);
	va_end(list);
	return false;
}

bool virt_not_running(void)
{
	return virt_fail("Requested operation is not valid: domain is not running");
}

bool virt_fail_error(const vsb_error *error)
{
	return virt_fail("%s", error ? vsb_error_message(error) : "out of memory");
}

bool virt_failed(const vsb_error *error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)virt_fail_list(format, list);
	va_end(list);
	return virt_fail_error(error);
}

void virt_say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	put(stdout, format, list);
	va_end(list);
}

void virt_extra(const VirtShell *shell, const char *format, ...)
{
	va_list list;

	if (shell->quiet)
		return;
	va_start(list, format);
	put(stdout, format, list);
	va_end(list);
}

void virt_line(const VirtShell *shell, const char *text)
{
	virt_say("%s%s", text, shell->quiet ? "\n" : "");
}

void virt_table_begin(VirtTable *table, size_t columns, const char *const *titles)
{
	*table = (VirtTable){ .columns = columns };
	virt_table_add(table, titles);
}

void virt_table_add(VirtTable *table, const char *const *cells)
{
	char **grown =
		reallocarray(table->cells, table->n_cells + table->columns, sizeof(*table->cells));

	if (!grown) {
		table->failed = true;
		return;
	}
	table->cells = grown;
	for (size_t i = 0; i < table->columns; i++) {
		char *copy = vsb_text_sanitize(cells[i] ? cells[i] : "-", "");

		table->failed = table->failed || !copy;
		table->cells[table->n_cells++] = copy;
	}
}

/* Columns of a terminal that a text takes: characters, of which UTF-8 has one for each byte that continues none. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void put_row(const VirtTable *table, char *const *row, const size_t *widths)
{
	for (size_t i = 0; i < table->columns; i++) {
		(void)printf("%s%s", i ? "   " : " ", row[i]);
		if (i + 1 < table->columns)
			(void)printf("%*s", (int)(widths[i] - width_of(row[i])), "");
	}
	(void)putchar('\n');
}

static void print_table(const VirtTable *table, const VirtShell *shell)
{
	size_t widths[VIRT_OPTIONS_MAX] = { 0 }, rule = 0;

	/* Titles that are not shown need no room. */
	for (size_t i = shell->quiet ? table->columns : 0; i < table->n_cells; i++) {
		size_t width = width_of(table->cells[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	for (size_t i = 0; i < table->columns; i++)
		rule += widths[i] + 3;
	for (size_t i = shell->quiet ? table->columns : 0; i < table->n_cells;
		i += table->columns) {
		put_row(table, table->cells + i, widths);
		for (size_t j = 0; i == 0 && j < rule; j++)
			(void)putchar('-');
		if (i == 0)
			(void)putchar('\n');
	}
}

bool virt_table_end(VirtTable *table, const VirtShell *shell)
{
	bool failed = table->failed;

	if (!failed)
		print_table(table, shell);
	for (size_t i = 0; i < table->n_cells; i++)
		vsb_free(table->cells[i]);
	free(table->cells);
	*table = (VirtTable){ 0 };
	return failed ? virt_fail_error(NULL) : true;
}
