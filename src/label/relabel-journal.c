/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal of relabelled files.
 */
#include "label/relabel-journal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"

#define JOURNAL_MAX 10000000u /* files of one container */

void relabel_journal_done(RelabelJournal *journal)
{
	for (size_t i = 0; i < journal->n; i++) {
		free(journal->entries[i].path);
		free(journal->entries[i].old);
	}
	free(journal->entries);
	*journal = (RelabelJournal){};
}

static int consume(RelabelJournal *journal, char *path, char *old)
{
	if (path && old && journal->n == journal->room && journal->n < JOURNAL_MAX) {
		size_t room = journal->room ? journal->room * 2 : 64;
		RelabelEntry *grown = reallocarray(journal->entries, room, sizeof(*grown));

		if (grown) {
			journal->entries = grown;
			journal->room = room;
		}
	}
	if (!path || !old || journal->n == journal->room) {
		free(path);
		free(old);
		return -ENOMEM;
	}
	journal->entries[journal->n++] = (RelabelEntry){ .path = path, .old = old };
	return 0;
}

int relabel_journal_add(
	RelabelJournal *journal, const char *path, const char *old, Error **ret_error)
{
	return consume(journal, strdup(path), strdup(old)) < 0 ? error_oom(ret_error) : 0;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const RelabelEntry *)a)->path, ((const RelabelEntry *)b)->path);
}

static void sort(RelabelJournal *journal)
{
	if (journal->n > 0)
		qsort(journal->entries, journal->n, sizeof(*journal->entries), compare_entries);
}

const RelabelEntry *relabel_journal_find(const RelabelJournal *journal, size_t n, const char *path)
{
	RelabelEntry key = { .path = (char *)path };

	return n > 0 ? bsearch(&key, journal->entries, n, sizeof(key), compare_entries) : NULL;
}

static int octal(const char *p)
{
	for (int i = 0; i < 3; i++)
		if (p[i] < '0' || p[i] > '7')
			return -EINVAL;
	return (p[0] - '0') << 6 | (p[1] - '0') << 3 | (p[2] - '0');
}

/* The path in a line of n bytes; NULL with errno. */
static char *unescape(const char *p, size_t n)
{
	char *path = malloc(n + 1), *out = path;

	if (!path)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)p[i];

		if (c == '\\') {
			c = n - i > 3 ? octal(p + i + 1) : -EINVAL;
			if (c <= 0 || c > 255) {
				free(path);
				errno = EINVAL;
				return NULL;
			}
			i += 3;
		}
		*out++ = (char)c;
	}
	*out = '\0';
	return path;
}

static void escape(Buf *text, const char *path)
{
	for (const char *p = path; *p; p++) {
		if (*p == ' ' || *p == '\n' || *p == '\\')
			buf_printf(text, "\\%03o", (unsigned int)*p);
		else
			buf_append(text, p, 1);
	}
}

int relabel_journal_parse(
	const char *text, const char *file, RelabelJournal *ret, Error **ret_error)
{
	_cleanup_relabel_journal_ RelabelJournal journal = {};

	for (unsigned int number = 1; *text; number++) {
		size_t n = strcspn(text, "\n"), blank = strcspn(text, " ");
		char *path;

		if (text[n] != '\n' || blank == 0 || blank + 1 >= n || text[blank + 1] != '/')
			return error_set(ret_error, EINVAL, "%s:%u: this is not \"LABEL PATH\"",
				file, number);
		path = unescape(text + blank + 1, n - blank - 1);
		if (!path && errno == EINVAL)
			return error_set(
				ret_error, EINVAL, "%s:%u: a malformed \\ooo", file, number);
		if (consume(&journal, path, strndup(text, blank)) < 0)
			return error_oom(ret_error);
		text += n + 1;
	}
	sort(&journal);
	*ret = journal;
	journal = (RelabelJournal){};
	return 0;
}

static char *journal_path(const char *container)
{
	return layout_pathf(LAYOUT_RESERVATIONS, "relabelled/%s", container);
}

int relabel_journal_load(const char *container, RelabelJournal *ret, Error **ret_error)
{
	_cleanup_free_ char *path = journal_path(container), *text = NULL;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = file_read_optional(path, &text, NULL, ret_error);
	if (r == 0)
		*ret = (RelabelJournal){};
	if (r <= 0)
		return r;
	return relabel_journal_parse(text, path, ret, ret_error);
}

int relabel_journal_save(const char *container, RelabelJournal *journal, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, "relabelled"),
			    *path = journal_path(container), *text = NULL;
	_cleanup_buf_ Buf lines = {};
	int r;

	if (!directory || !path)
		return error_oom(ret_error);
	if (journal->n == 0) {
		if (unlink(path) < 0 && errno != ENOENT)
			return error_errno(ret_error, errno, "cannot remove %s", path);
		return 0;
	}
	sort(journal);
	for (size_t i = 0; i < journal->n; i++) {
		buf_printf(&lines, "%s ", journal->entries[i].old);
		escape(&lines, journal->entries[i].path);
		buf_puts(&lines, "\n");
	}
	r = buf_take(&lines, &text, ret_error);
	if (r < 0)
		return r;
	r = file_mkdir_p(directory, 0700, ret_error);
	return r < 0 ? r : file_write_atomic(path, text, strlen(text), 0600, ret_error);
}

int relabel_journal_close(const char *container, Error **ret_error)
{
	_cleanup_relabel_journal_ RelabelJournal journal = {}, nothing = {};
	int r = relabel_journal_load(container, &journal, ret_error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < journal.n; i++)
		if (file_exists(journal.entries[i].path))
			return error_set(ret_error, EBUSY, "%s still has the label of container %s",
				journal.entries[i].path, container);
	return journal.n > 0 ? relabel_journal_save(container, &nothing, ret_error) : 0;
}
