/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing a keyfile into the text that was there: a line whose value did not change stays as a
 * person wrote it, with the comments around it; a changed one is written in its place; a new one
 * goes to the end of its section.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "desc/keys.h"
#include "desc/line.h"

/* The values that a key shall have, and how many are written. */
typedef struct Pending {
	char **values;
	size_t written;
	size_t lines; /* of this key that are still to come in the old text */
} Pending;

typedef struct Writer {
	Pending *pending; /* one for each key of the table */
	Buf text;
	Buf blanks; /* empty lines and comments that may belong to what follows */
	char *section; /* that we are in */
} Writer;

static void writer_done(Writer *writer)
{
	for (size_t i = 0; writer->pending && i < keys_count(); i++)
		strv_free(writer->pending[i].values);
	free(writer->pending);
	free(writer->section);
	buf_done(&writer->text);
	buf_done(&writer->blanks);
}

static int writer_init(
	Writer *writer, const Desc *desc, const Identity *identity, Error **ret_error)
{
	writer->pending = calloc(keys_count(), sizeof(*writer->pending));
	if (!writer->pending)
		return error_oom(ret_error);
	for (size_t i = 0; i < keys_count(); i++) {
		const void *object = key_object(keys_at(i), desc, identity);

		if (object && key_get(keys_at(i), object, &writer->pending[i].values) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

static Pending *find_pending(Writer *writer, const char *name, const Key **ret_key)
{
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);

		if (strcmp(key->section, writer->section) == 0 && strcmp(key->name, name) == 0) {
			*ret_key = key;
			return &writer->pending[i];
		}
	}
	return NULL;
}

static void put_blanks(Writer *writer)
{
	if (writer->blanks.size > 0)
		buf_append(&writer->text, writer->blanks.data, writer->blanks.size);
	buf_done(&writer->blanks);
	writer->blanks = (Buf){};
}

/* Writes values up to, not including, the one with this index. */
static void put_values(Writer *writer, const Key *key, Pending *pending, size_t index)
{
	while (pending->written < index)
		line_put_key(&writer->text, key->name, pending->values[pending->written++]);
}

/* What the line's value is in our spelling; *ret NULL when it says only what is so anyway. */
static int canonical(const Key *key, const char *value, char ***ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = desc_new();
	_cleanup_identity_ Identity *identity = identity_new();
	void *object = key->flags & KEY_IDENTITY ? (void *)identity : (void *)desc;
	int r;

	if (!desc || !identity)
		return error_oom(ret_error);
	r = key_set(key, object, value, ret_error);
	if (r < 0)
		return r;
	return key_get(key, object, ret) < 0 ? error_oom(ret_error) : 0;
}

static int write_key(Writer *writer, const Line *line, Error **ret_error)
{
	_cleanup_strv_ char **same = NULL;
	const Key *key = NULL;
	Pending *pending = find_pending(writer, line->name, &key);
	size_t count, index;
	bool keep;
	int r;

	if (!pending) { /* of an earlier release: it is in the identity's section now */
		put_blanks(writer);
		return 0;
	}
	r = canonical(key, line->value, &same, ret_error);
	if (r < 0)
		return r;
	put_blanks(writer);
	count = strv_length(pending->values);
	index = pending->written;
	while (same && index < count && strcmp(pending->values[index], same[0]) != 0)
		index++;
	keep = same ? index < count : count == 0;
	if (keep) {
		put_values(writer, key, pending, index);
		buf_append(&writer->text, line->text, line->size);
		buf_puts(&writer->text, "\n");
		if (same)
			pending->written++;
	}
	if (--pending->lines == 0)
		put_values(writer, key, pending, count);
	return 0;
}

/* Writes what the section shall have and has no line for. */
static void finish_section(Writer *writer)
{
	for (size_t i = 0; writer->section && i < keys_count(); i++) {
		Pending *pending = &writer->pending[i];

		if (strcmp(keys_at(i)->section, writer->section) == 0 && pending->lines == 0)
			put_values(writer, keys_at(i), pending, strv_length(pending->values));
	}
	put_blanks(writer);
}

static int write_line(Writer *writer, Line *line, Error **ret_error)
{
	if (line->kind == LINE_KEY)
		return write_key(writer, line, ret_error);
	if (line->kind == LINE_SECTION) {
		finish_section(writer);
		free(writer->section);
		writer->section = TAKE_PTR(line->section);
	}
	buf_append(
		line->kind == LINE_BLANK ? &writer->blanks : &writer->text, line->text, line->size);
	buf_puts(line->kind == LINE_BLANK ? &writer->blanks : &writer->text, "\n");
	return 0;
}

/* Goes over the old text twice: counting the lines of each key, then writing. */
static int walk(Writer *writer, const char *text, bool write, Error **ret_error)
{
	const char *end = text + strlen(text);
	int r = 0;

	while (r == 0 && text < end) {
		_cleanup_line_ Line line = {};
		const Key *key;

		r = line_read(&text, end, &line, ret_error);
		if (r < 0)
			return r;
		if (write) {
			r = write_line(writer, &line, ret_error);
		} else if (line.kind == LINE_SECTION) {
			free(writer->section);
			writer->section = TAKE_PTR(line.section);
		} else if (line.kind == LINE_KEY) {
			Pending *pending = find_pending(writer, line.name, &key);

			if (pending)
				pending->lines++;
		}
	}
	if (write)
		finish_section(writer);
	free(writer->section);
	writer->section = NULL;
	return r;
}

static void append_sections(Writer *writer)
{
	const char *section = "";

	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		Pending *pending = &writer->pending[i];
		size_t count = strv_length(pending->values);

		if (pending->written == count)
			continue;
		if (strcmp(key->section, section) != 0) {
			section = key->section;
			buf_printf(&writer->text, "%s[%s]\n", writer->text.size > 0 ? "\n" : "",
				section);
		}
		put_values(writer, key, pending, count);
	}
}

int keyfile_format(const Desc *desc, const Identity *identity, const char *previous, char **ret,
	Error **ret_error)
{
	_cleanup_(writer_done) Writer writer = {};
	int r = writer_init(&writer, desc, identity, ret_error);

	if (r < 0)
		return r;
	if (previous) {
		_cleanup_desc_ Desc *old = NULL;

		/* A text that we do not understand is not ours to change. */
		r = keyfile_parse(
			previous, strlen(previous), "present file", &old, NULL, ret_error);
		if (r == 0)
			r = walk(&writer, previous, false, ret_error);
		if (r == 0)
			r = walk(&writer, previous, true, ret_error);
		if (r < 0)
			return r;
	}
	append_sections(&writer);
	return buf_take(&writer.text, ret, ret_error);
}
