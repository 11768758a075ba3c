/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading stanzas, and looking things up in them. Strict: what is not in the vocabulary is refused with its line, so that a misspelt key cannot
 * be a rule that silently does nothing.
 */
#include "host/knowledge.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "base/array.h"
#include "desc/line.h"
#include "host/vocabulary.h"

#define RULES_SIZE_LIMIT (256u * 1024) /* bytes of one file */
#define STANZA_LIMIT 8192 /* of all files together */
#define VALUE_LIMIT 1024 /* values of one stanza */
#define ENDING ".rules"

static void stanza_done(Stanza *stanza)
{
	for (size_t i = 0; i < stanza->n_values; i++)
		free(stanza->values[i].value);
	free(stanza->values);
	free(stanza->name);
	free(stanza->file);
}

Knowledge *knowledge_free(Knowledge *knowledge)
{
	for (size_t i = 0; knowledge && i < knowledge->n_stanzas; i++)
		stanza_done(&knowledge->stanzas[i]);
	if (knowledge)
		free(knowledge->stanzas);
	free(knowledge);
	return NULL;
}

static int add_value(Stanza *stanza, Line *line, Error **ret_error)
{
	const char *key, *value = line->value;
	bool many;
	int r = vocabulary_check(stanza->kind, line->name, value, &key, &many, ret_error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < stanza->n_values; i++) {
		const StanzaValue *other = &stanza->values[i];

		if (other->key == key && (!many || strcmp(other->value, value) == 0))
			return error_set(ret_error, EINVAL, "%s%s%s: given twice", key,
				many ? "=" : "", many ? value : "");
	}
	if (stanza->n_values == VALUE_LIMIT)
		return error_set(ret_error, E2BIG, "more than %d values", VALUE_LIMIT);
	if (array_room(&stanza->values, stanza->n_values, sizeof(*stanza->values)) < 0)
		return error_oom(ret_error);
	stanza->values[stanza->n_values++] = (StanzaValue){ key, TAKE_PTR(line->value) };
	return 0;
}

static const Stanza *find_named(const Knowledge *knowledge, StanzaKind kind, const char *name)
{
	STANZA_FOREACH (s, knowledge, kind)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

/* Stanza i is the last of its kind by now. */
static void link_stanza(Knowledge *knowledge, size_t i)
{
	StanzaKind kind = knowledge->stanzas[i].kind;
	size_t last = knowledge->last[kind];

	knowledge->stanzas[i].next = 0;
	*(last ? &knowledge->stanzas[last - 1].next : &knowledge->first[kind]) = i + 1;
	knowledge->last[kind] = i + 1;
}

static int add_stanza(Knowledge *knowledge, const Line *line, const char *file, unsigned int number,
	Error **ret_error)
{
	size_t n = strcspn(line->section, " ");
	_cleanup_free_ char *kind_name = strndup(line->section, n), *copy = strdup(file),
			    *name = line->section[n] ? strdup(line->section + n + 1) : NULL;
	const Stanza *before;
	StanzaKind kind;

	if (!kind_name || !copy || (line->section[n] && !name))
		return error_oom(ret_error);
	kind = stanza_kind_from_name(kind_name);
	if (kind < 0)
		return error_set(ret_error, EINVAL, "[%s]: unknown kind of stanza", kind_name);
	if (!name || !vocabulary_is_name(name))
		return error_set(ret_error, EINVAL, "a stanza begins with [%s NAME]", kind_name);
	before = find_named(knowledge, kind, name);
	if (before)
		return error_set(ret_error, EINVAL, "[%s %s]: already in %s:%u", kind_name, name,
			before->file, before->line);
	if (knowledge->n_stanzas == STANZA_LIMIT)
		return error_set(ret_error, E2BIG, "more than %d stanzas", STANZA_LIMIT);
	if (array_room(&knowledge->stanzas, knowledge->n_stanzas, sizeof(*knowledge->stanzas)) < 0)
		return error_oom(ret_error);
	knowledge->stanzas[knowledge->n_stanzas++] = (Stanza){
		.kind = kind, .name = TAKE_PTR(name), .file = TAKE_PTR(copy), .line = number
	};
	link_stanza(knowledge, knowledge->n_stanzas - 1);
	return 0;
}

static int check_complete(const Stanza *stanza, Error **ret_error)
{
	const char *missing = vocabulary_missing(stanza);

	return missing ? error_set(ret_error, EINVAL, "%s:%u: [%s %s]: %s= is missing",
				 stanza->file, stanza->line, stanza_kind_name(stanza->kind),
				 stanza->name, missing)
		       : 0;
}

static int read_line(Knowledge *knowledge, const char **text, const char *end, const char *file,
	unsigned int number, size_t first, Error **ret_error)
{
	_cleanup_line_ Line line = {};
	int r = line_read(text, end, &line, ret_error);

	if (r == 0 && line.kind == LINE_SECTION)
		r = add_stanza(knowledge, &line, file, number, ret_error);
	else if (r == 0 && line.kind == LINE_KEY && knowledge->n_stanzas == first)
		r = error_set(ret_error, EINVAL, "%s: stands before the first stanza", line.name);
	else if (r == 0 && line.kind == LINE_KEY)
		r = add_value(&knowledge->stanzas[knowledge->n_stanzas - 1], &line, ret_error);
	if (r < 0)
		(void)error_wrap(ret_error, "%s:%u", file, number); /* r says it */
	return r;
}

static int parse_all(
	Knowledge *knowledge, const char *text, size_t size, const char *file, Error **ret_error)
{
	const char *end = text + size;
	size_t first = knowledge->n_stanzas;
	int r = 0;

	if (size > RULES_SIZE_LIMIT)
		return error_set(
			ret_error, E2BIG, "%s: larger than %u bytes", file, RULES_SIZE_LIMIT);
	for (unsigned int number = 1; r == 0 && text < end; number++)
		r = read_line(knowledge, &text, end, file, number, first, ret_error);
	for (size_t i = first; r == 0 && i < knowledge->n_stanzas; i++)
		r = check_complete(&knowledge->stanzas[i], ret_error);
	return r;
}

int knowledge_parse(
	Knowledge *knowledge, const char *text, size_t size, const char *file, Error **ret_error)
{
	size_t first = knowledge->n_stanzas;
	int r = parse_all(knowledge, text, size, file, ret_error);

	if (r == 0)
		return 0;
	while (knowledge->n_stanzas > first)
		stanza_done(&knowledge->stanzas[--knowledge->n_stanzas]);
	memset(knowledge->first, 0, sizeof(knowledge->first));
	memset(knowledge->last, 0, sizeof(knowledge->last));
	for (size_t i = 0; i < first; i++)
		link_stanza(knowledge, i);
	return r;
}

/* Appends names of *.rules in a directory; positive if there is any such file. */
static int list_files(const char *directory, bool must_exist, char ***names, Error **ret_error)
{
	DIR *dir = opendir(directory);
	bool any = false;
	int r = 0;

	if (!dir && errno == ENOENT && !must_exist)
		return 0;
	if (!dir)
		return error_errno(ret_error, errno, "cannot read the rules in %s", directory);
	for (const struct dirent *entry; r == 0 && (entry = readdir(dir));) {
		size_t n = strlen(entry->d_name);

		if (entry->d_name[0] != '.' && n > strlen(ENDING) &&
			strcmp(entry->d_name + n - strlen(ENDING), ENDING) == 0) {
			r = strv_append_unique(names, entry->d_name);
			any = true;
		}
	}
	(void)closedir(dir);
	return r < 0 ? error_oom(ret_error) : any;
}

/* What is built in cannot be changed by a file: whoever writes such a stanza would believe in an effect that it has not. */
static int check_local(const Knowledge *knowledge, size_t first, Error **ret_error)
{
	for (size_t i = first; i < knowledge->n_stanzas; i++) {
		const Stanza *s = &knowledge->stanzas[i];

		if (s->kind == STANZA_METADATA)
			return error_set(ret_error, EINVAL,
				"%s:%u: [%s %s]: is built in, because a start reads no rules; remove it",
				s->file, s->line, stanza_kind_name(s->kind), s->name);
	}
	return 0;
}

/* The administrator's: a link counts as what it leads to, so that one to /dev/null switches ours off, but not to where a container, or a user of the host,
 * could write rules for root. */
static int read_local(const char *path, char **ret, size_t *ret_size, Error **ret_error)
{
	TrustedFlags flags = TRUSTED_NO_CONTAINER | (geteuid() == 0 ? TRUSTED_ROOT_ONLY : 0);
	_cleanup_fd_ int path_fd = -EBADF, fd = -EBADF;
	int r = trusted_path_open(path, flags, &path_fd, NULL, ret_error);

	if (r < 0)
		return r;
	fd = trusted_path_reopen(path_fd, O_RDONLY);
	r = fd < 0 ? fd : fd_read_all(fd, RULES_SIZE_LIMIT + 1, ret, ret_size);
	return r < 0 ? error_errno(ret_error, -r, "cannot read %s", path) : 0;
}

static int read_rules(Knowledge *knowledge, const char *vendor, const char *local, const char *name,
	Error **ret_error)
{
	_cleanup_free_ char *path = NULL, *theirs = local ? path_join(local, name) : NULL,
			    *text = NULL;
	size_t size, first = knowledge->n_stanzas;
	struct stat st;
	int r;

	if (local && !theirs)
		return error_oom(ret_error);
	if (theirs && lstat(theirs, &st) == 0) {
		r = read_local(theirs, &text, &size, ret_error);
		if (r == 0)
			r = knowledge_parse(knowledge, text, size, theirs, ret_error);
		return r < 0 ? r : check_local(knowledge, first, ret_error);
	}
	path = path_join(vendor, name);
	if (!path)
		return error_oom(ret_error);
	r = file_read(path, &text, &size, ret_error);
	return r < 0 ? r : knowledge_parse(knowledge, text, size, path, ret_error);
}

int knowledge_load_from(const char *vendor, const char *local, Knowledge **ret, Error **ret_error)
{
	_cleanup_knowledge_ Knowledge *knowledge = calloc(1, sizeof(*knowledge));
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!knowledge)
		return error_oom(ret_error);
	r = list_files(vendor, true, &names, ret_error);
	if (r >= 0 && local) {
		r = list_files(local, false, &names, ret_error);
		local = r > 0 ? local : NULL;
	}
	if (r < 0)
		return r;
	strv_sort(names);
	STRV_FOREACH (name, names) {
		r = read_rules(knowledge, vendor, local, *name, ret_error);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(knowledge);
	return 0;
}

int knowledge_load(Knowledge **ret, Error **ret_error)
{
	_cleanup_free_ char *vendor = layout_rules(), *local = layout_path(LAYOUT_RULES);

	if (!vendor || !local)
		return error_oom(ret_error);
	return knowledge_load_from(vendor, local, ret, ret_error);
}

int knowledge_list(const Knowledge *knowledge, char ***ret, Error **ret_error)
{
	for (size_t i = 0; i < knowledge->n_stanzas; i++) {
		const Stanza *s = &knowledge->stanzas[i];
		_cleanup_buf_ Buf line = {};

		for (size_t j = 0; j < s->n_values; j++) {
			buf_printf(&line, "%s%s=", j > 0 ? ", " : "", s->values[j].key);
			line_put_value(&line, s->values[j].value);
		}
		if (strv_appendf(ret, "%s %s: %s (%s:%u)", stanza_kind_name(s->kind), s->name,
			    line.data ? line.data : "", s->file, s->line) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

const Stanza *knowledge_next(const Knowledge *knowledge, StanzaKind kind, const Stanza *previous)
{
	size_t next = previous ? previous->next : knowledge ? knowledge->first[kind] : 0;

	return next > 0 ? &knowledge->stanzas[next - 1] : NULL;
}

bool knowledge_each(
	const Knowledge *knowledge, StanzaKind kind, const char *key, KnowledgeEach *each)
{
	if (!each->stanza)
		each->stanza = knowledge_next(knowledge, kind, NULL);
	for (; each->stanza; each->stanza = knowledge_next(knowledge, kind, each->stanza)) {
		while (each->next < each->stanza->n_values) {
			const StanzaValue *value = &each->stanza->values[each->next++];

			each->value = value->value;
			if (strcmp(value->key, key) == 0)
				return true;
		}
		each->next = 0;
	}
	return false;
}

const Stanza *knowledge_find(
	const Knowledge *knowledge, StanzaKind kind, const char *key, const char *value)
{
	STANZA_FOREACH (s, knowledge, kind)
		if (stanza_has(s, key, value))
			return s;
	return NULL;
}
