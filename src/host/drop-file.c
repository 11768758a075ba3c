/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files among drop-ins that no package owns.
 */
#include "host/drop-file.h"

#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/config-text.h"
#include "host/knowledge.h"

#define BLANKS " \t\r"

typedef struct DropFile {
	const char *path;
	const Stanza *place;
	Facts *facts;
	unsigned int depth; /* of braces */
} DropFile;

/* The directory of "/var/log/x/ * / y.log" is /var/log/x: what is a pattern may be nothing yet. */
static int add_place(DropFile *file, const char *word)
{
	_cleanup_free_ char *place = NULL;
	size_t n;

	word += *word == '"' || *word == '\'';
	n = strcspn(word, "*?[\"'");
	while (n > 1 && word[n - 1] != '/')
		n--;
	place = strndup(word, n > 1 ? n - 1 : n);
	if (!place)
		return -ENOMEM;
	if (*place != '/' || !path_is_normal(place))
		return 0;
	return strv_appendf(&file->facts->left_files, "%s %s", file->path, place);
}

static int add_account(DropFile *file, const char *name)
{
	if (strspn(name, "0123456789") > 0 || facts_account(file->facts, name, false) ||
		facts_account(file->facts, name, true))
		return 0;
	return strv_appendf(&file->facts->stranger_files, "%s %s", file->path, name);
}

static int read_words(DropFile *file, char *const *words)
{
	bool accounts = words[0] && stanza_has(file->place, "account-line", words[0]);
	int r = 0;

	for (size_t i = 0; r == 0 && words[i]; i++) {
		if (*words[i] == '#')
			break;
		if (strcmp(words[i], "{") == 0)
			file->depth++;
		else if (strcmp(words[i], "}") == 0)
			file->depth -= file->depth > 0;
		else if (accounts && i > 0)
			r = add_account(file, words[i]);
		else if (file->depth == 0 && strchr("/\"'", *words[i]))
			r = add_place(file, words[i]);
	}
	return r;
}

/* A brace may stand at the end of a word. */
static int read_line(DropFile *file, const char *line)
{
	_cleanup_free_ char *text = strdup(line);
	_cleanup_strv_ char **words = NULL;
	size_t n = text ? strlen(text) : 0;

	while (n > 0 && strchr(BLANKS, text[n - 1]))
		text[--n] = '\0';
	if (text && n > 1 && text[n - 1] == '{') {
		text[n - 1] = '\0';
		if (strv_split(&words, text, BLANKS) < 0 || strv_append(&words, "{") < 0)
			return -ENOMEM;
	} else if (!text || strv_split(&words, text, BLANKS) < 0) {
		return -ENOMEM;
	}
	return words ? read_words(file, words) : 0;
}

int drop_file_read(const HostRoot *root, const char *path, Facts *facts)
{
	DropFile file = { .path = path, .facts = facts };
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	int r;

	KNOWLEDGE_FOREACH (place, facts->knowledge, STANZA_DROP_PLACE, "path")
		if (path_is_below(path, place.value) && stanza_get(place.stanza, "format"))
			file.place = place.stanza;
	if (!file.place)
		return 0;
	r = host_root_read(root, path, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0; /* it is no text */
	r = strv_split(&lines, text, "\n");
	STRV_FOREACH (line, lines)
		if (r >= 0)
			r = read_line(&file, *line);
	return r < 0 ? r : 0;
}
