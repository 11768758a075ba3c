/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading a keyfile, and loading and saving it.
 */
#include "desc/keyfile.h"

#include <string.h>

#include "base/file.h"
#include "desc/keys.h"
#include "desc/line.h"

#define KEYFILE_LIMIT (1024u * 1024) /* bytes; a description with all lists full is smaller */

typedef struct Reader {
	const char *file;
	unsigned int number; /* of the line, from 1 */
	char *section; /* that we are in, NULL before the first */
	unsigned int *given; /* for each key, the line that gave it last, 0: none */
	Desc *desc;
	Identity *identity;
	KeyfileCheck check; /* NULL: every key may stand here */
	bool former; /* written by a release that had no identity beside the description */
} Reader;

static void reader_done(Reader *reader)
{
	free(reader->section);
	free(reader->given);
}

static bool section_known(const char *section)
{
	for (size_t i = 0; i < keys_count(); i++)
		if (strcmp(keys_at(i)->section, section) == 0)
			return true;
	return false;
}

static const Key *find_key(Reader *reader, const char *name)
{
	const Key *key = keys_find(reader->section, name), *replaced;

	if (key)
		return key->flags & KEY_SHORTHAND ? NULL : key;
	replaced = keys_find_former(reader->section, name);
	reader->former = reader->former || replaced;
	return replaced;
}

static int enter_section(Reader *reader, Line *line, Error **ret_error)
{
	if (!section_known(line->section))
		return error_set(ret_error, EINVAL, "[%s]: unknown section", line->section);
	free(reader->section);
	reader->section = TAKE_PTR(line->section);
	return 0;
}

static int read_key(Reader *reader, const Line *line, Error **ret_error)
{
	const Key *key;
	size_t index;
	int r;

	if (!reader->section)
		return error_set(
			ret_error, EINVAL, "%s: stands before the first section", line->name);
	key = find_key(reader, line->name);
	if (!key)
		return error_set(
			ret_error, EINVAL, "[%s] %s: unknown key", reader->section, line->name);
	index = (size_t)(key - keys_at(0));
	if (reader->given[index] && !(key->flags & KEY_LIST))
		return error_set(ret_error, EINVAL, "[%s] %s: was given in line %u already",
			reader->section, line->name, reader->given[index]);
	reader->given[index] = reader->number;
	r = key->flags & KEY_IDENTITY ? key_set(key, reader->identity, line->value, ret_error)
				      : key_set(key, reader->desc, line->value, ret_error);
	if (r == 0 && reader->check)
		r = reader->check(key, reader->desc, ret_error);
	if (r < 0)
		(void)error_wrap(ret_error, "[%s] %s", reader->section, line->name); /* r says it */
	return r;
}

static int read_line(Reader *reader, const char **text, const char *end, Error **ret_error)
{
	_cleanup_line_ Line line = {};
	int r;

	reader->number++;
	r = line_read(text, end, &line, ret_error);
	if (r == 0 && line.kind == LINE_SECTION)
		r = enter_section(reader, &line, ret_error);
	else if (r == 0 && line.kind == LINE_KEY)
		r = read_key(reader, &line, ret_error);
	if (r < 0)
		(void)error_wrap(ret_error, "%s:%u", reader->file, reader->number); /* r says it */
	return r;
}

static int parse(const char *text, size_t size, const char *file, KeyfileCheck check, Desc **ret,
	Identity **ret_identity, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = desc_new();
	_cleanup_identity_ Identity *identity = identity_new();
	_cleanup_(reader_done) Reader reader = {
		.file = file, .desc = desc, .identity = identity, .check = check
	};
	const char *end = text + size;
	int r = 0;

	reader.given = calloc(keys_count(), sizeof(*reader.given));
	if (!desc || !identity || !reader.given)
		return error_oom(ret_error);
	if (size > KEYFILE_LIMIT)
		return error_set(ret_error, E2BIG, "%s: larger than %u bytes", file, KEYFILE_LIMIT);
	while (r == 0 && text < end)
		r = read_line(&reader, &text, end, ret_error);
	if (r == 0 && reader.former)
		r = identity_take_former(identity, desc, ret_error);
	if (r < 0)
		return r;
	desc->kind = desc->units ? DESC_SERVICE : desc->command ? DESC_COMMAND : DESC_SYSTEM;
	*ret = TAKE_PTR(desc);
	if (ret_identity)
		*ret_identity = TAKE_PTR(identity);
	return 0;
}

int keyfile_parse(const char *text, size_t size, const char *file, Desc **ret,
	Identity **ret_identity, Error **ret_error)
{
	return parse(text, size, file, NULL, ret, ret_identity, ret_error);
}

int keyfile_parse_checked(const char *text, size_t size, const char *file, KeyfileCheck check,
	Desc **ret, Error **ret_error)
{
	return parse(text, size, file, check, ret, NULL, ret_error);
}

int keyfile_load(const char *path, Desc **ret, Identity **ret_identity, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read(path, &text, &size, ret_error);

	return r < 0 ? r : keyfile_parse(text, size, path, ret, ret_identity, ret_error);
}

int keyfile_save(const Desc *desc, const Identity *identity, const char *path, Error **ret_error)
{
	_cleanup_free_ char *previous = NULL, *text = NULL;
	size_t size = 0;
	int r = file_read(path, &previous, &size, NULL);

	if (r < 0 && r != -ENOENT)
		return error_errno(ret_error, -r, "cannot read %s", path);
	if (previous && strlen(previous) != size)
		return error_set(
			ret_error, EINVAL, "cannot write %s: its value contains a NUL byte", path);
	r = keyfile_format(desc, identity, previous, &text, ret_error);
	if (r < 0) {
		(void)error_wrap(ret_error, "cannot write %s", path); /* r says it */
		return r;
	}
	return file_write_atomic(path, text, strlen(text), 0600, ret_error);
}
