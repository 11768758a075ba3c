/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines "NAME:...", merged by name.
 */
#include "content/account-merge.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/macro.h"
#include "base/strv.h"

typedef struct Line {
	const char *text;
	size_t size; /* without newline */
} Line;

static const struct {
	const char *path;
	unsigned int number; /* field with the number of the account; 0: none */
	unsigned int members; /* field with a list of members; 0: none */
} files[] = {
	{ "passwd", 2, 0 },
	{ "group", 2, 3 },
	{ "shadow", 0, 0 },
	{ "gshadow", 0, 3 },
};

static bool next(const char **text, Line *ret)
{
	if (!**text)
		return false;
	*ret = (Line){ *text, strcspn(*text, "\n") };
	*text += ret->size + ((*text)[ret->size] == '\n');
	return true;
}

/* Field i of the line; the last one has all of the rest. Empty where the line is shorter. */
static Line field(Line line, unsigned int i)
{
	const char *end = line.text + line.size, *colon;

	for (; i > 0; i--) {
		colon = memchr(line.text, ':', (size_t)(end - line.text));
		line.text = colon ? colon + 1 : end;
	}
	colon = memchr(line.text, ':', (size_t)(end - line.text));
	line.size = (size_t)((colon ? colon : end) - line.text);
	return line;
}

static bool same(Line a, Line b)
{
	return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

/* The line of text whose field i is word, if there is one. */
static bool find(const char *text, unsigned int i, Line word, Line *ret)
{
	while (next(&text, ret))
		if (word.size > 0 && same(field(*ret, i), word))
			return true;
	return false;
}

static bool is_member(Line list, Line name)
{
	const char *end = list.text + list.size;

	while (list.text < end) {
		const char *comma = memchr(list.text, ',', (size_t)(end - list.text));
		Line one = { list.text, (size_t)((comma ? comma : end) - list.text) };

		if (same(one, name))
			return true;
		list.text = comma ? comma + 1 : end;
	}
	return false;
}

/* The members of the wanted line that the present one lacks follow its own: the list is its last field. */
static void add_members(Buf *buf, Line present, Line wanted, unsigned int members)
{
	Line own = field(present, members), list = field(wanted, members);
	const char *end = list.text + list.size;
	bool any = own.size > 0;

	while (list.text < end) {
		const char *comma = memchr(list.text, ',', (size_t)(end - list.text));
		Line one = { list.text, (size_t)((comma ? comma : end) - list.text) };

		if (one.size > 0 && !is_member(own, one)) {
			buf_printf(buf, "%s%.*s", any ? "," : "", (int)one.size, one.text);
			any = true;
		}
		list.text = comma ? comma + 1 : end;
	}
}

static int note(char ***list, Line name)
{
	return strv_appendf(list, "%.*s", (int)name.size, name.text);
}

static size_t find_file(const char *path)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(files) && strcmp(files[i].path, path) != 0)
		i++;
	return i;
}

bool account_merge_knows(const char *path)
{
	return find_file(path) < ARRAY_SIZE(files);
}

static void keep_present(Buf *buf, const char *present, const char *wanted, unsigned int members)
{
	Line line, other;

	while (next(&present, &line)) {
		buf_append(buf, line.text, line.size);
		if (members && find(wanted, 0, field(line, 0), &other))
			add_members(buf, line, other, members);
		buf_puts(buf, "\n");
	}
}

int account_merge(const char *path, const char *present, const char *wanted, char **ret,
	char ***ret_added, char ***ret_left)
{
	const size_t i = find_file(path);
	_cleanup_strv_ char **added = NULL, **left = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	const char *rest = wanted;
	Line line, other;
	int r = 0;

	if (i >= ARRAY_SIZE(files))
		return -EINVAL;
	keep_present(&buf, present, wanted, files[i].members);
	while (r == 0 && next(&rest, &line)) {
		Line name = field(line, 0);

		if (name.size == 0 || find(present, 0, name, &other))
			continue;
		if (files[i].number &&
			find(present, files[i].number, field(line, files[i].number), &other)) {
			r = note(&left, name);
			continue;
		}
		buf_append(&buf, line.text, line.size);
		buf_puts(&buf, "\n");
		r = note(&added, name);
	}
	if (r < 0 || buf_take(&buf, ret, NULL) < 0)
		return -ENOMEM;
	*ret_added = TAKE_PTR(added);
	*ret_left = TAKE_PTR(left);
	return 0;
}
