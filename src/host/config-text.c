/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of configuration files, read without knowing any grammar: a path is a word that begins with one of the directories
 * which a container has for itself, an account is a word that is the name of one.
 */
#include "host/config-text.h"

#include <ctype.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/facts.h"

void config_text_done(ConfigText *text_facts)
{
	strv_free(text_facts->paths);
	strv_free(text_facts->elsewhere);
	strv_free(text_facts->applications);
	strv_free(text_facts->patterns);
	strv_free(text_facts->words);
	*text_facts = (ConfigText){ 0 };
}

static bool is_path_byte(char c)
{
	return isalnum((unsigned char)c) || c == '/' || c == '.' || c == '_' || c == '+' ||
	       c == '@' || c == '-';
}

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool is_comment(const char *line, size_t n)
{
	return n > 0 &&
	       (line[0] == '#' || line[0] == ';' || (n > 1 && line[0] == '/' && line[1] == '/'));
}

static int add_application(ConfigText *text_facts, const char *path)
{
	static const char *const places[] = { "/usr/share/", "/usr/lib/" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i]);
		_cleanup_free_ char *top = NULL;

		if (strncmp(path, places[i], n) != 0)
			continue;
		top = strndup(path, n + strcspn(path + n, "/"));
		return !top ? -ENOMEM
		       : strv_length(text_facts->applications) < CONFIG_REFERENCES_MAX
			       ? strv_append_unique(&text_facts->applications, top)
			       : 0;
	}
	return 0;
}

static int add_path(ConfigText *text_facts, const char *word, size_t n)
{
	_cleanup_free_ char *copy = NULL, *path = NULL;
	char ***list = NULL;

	if (n > 1 && word[1] == '/') /* of an address: http://localhost/etc */
		return 0;
	while (n > 0 && strchr("./", word[n - 1])) /* the end of a sentence or of a directory */
		n--;
	copy = strndup(word, n);
	if (!copy)
		return -ENOMEM;
	path = path_normalize(copy);
	if (!path)
		return errno == ENOMEM ? -ENOMEM : 0;
	if (facts_is_private(path) || path_is_below(path, "/opt"))
		list = strchr(path + 1, '/') ? &text_facts->paths : NULL; /* /etc is no name */
	else if (facts_is_outside(path))
		list = &text_facts->elsewhere;
	else
		return add_application(text_facts, path);
	return list && strv_length(*list) < CONFIG_REFERENCES_MAX ? strv_append_unique(list, path)
								  : 0;
}

static int add_word(
	ConfigText *text_facts, const char *word, size_t n, char *const *names, size_t n_names)
{
	char key[64];

	if (n >= sizeof(key))
		return 0;
	memcpy(key, word, n);
	key[n] = '\0';
	if (!strv_sorted_has(names, n_names, key))
		return 0;
	return strv_append_unique(&text_facts->words, key);
}

/* A path with wildcards, or with variables that only the program knows, is no path. */
static int add_pattern(ConfigText *text_facts, const char *word, size_t n)
{
	_cleanup_free_ char *copy = strndup(word, n);

	if (!copy)
		return -ENOMEM;
	if (!facts_is_private(copy) || strstr(copy, "/../") ||
		strv_length(text_facts->patterns) >= CONFIG_REFERENCES_MAX)
		return 0;
	return strv_append_unique(&text_facts->patterns, copy);
}

/* A path in quotes may have blanks in it ("/srv/my site"), or be the beginning of a sentence: it counts in addition to what is read without the quotes. */
static int add_quoted(ConfigText *text_facts, const char *line, size_t n, size_t at)
{
	size_t end = at;

	if (at == 0 || !strchr("\"'", line[at - 1]))
		return 0;
	while (end < n && line[end] != line[at - 1])
		end++;
	return end < n && memchr(line + at, ' ', end - at)
		       ? add_path(text_facts, line + at, end - at)
		       : 0;
}

static bool is_pattern(const char *line, size_t n, size_t end)
{
	return end < n && strchr("*?[{$%", line[end]);
}

static int parse_line(
	const char *line, size_t n, char *const *names, size_t n_names, ConfigText *text_facts)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0;) {
		size_t end = i;

		if (line[i] == '/' && (i == 0 || !is_path_byte(line[i - 1]))) {
			while (end < n && is_path_byte(line[end]))
				end++;
			r = add_quoted(text_facts, line, n, i);
			if (r < 0)
				return r;
			if (is_pattern(line, n, end)) {
				while (end < n && !strchr(" \t\"',;|&<>()", line[end]))
					end++;
				r = add_pattern(text_facts, line + i, end - i);
			} else {
				r = add_path(text_facts, line + i, end - i);
			}
		} else if (is_word_byte(line[i])) {
			while (end < n && is_word_byte(line[end]))
				end++;
			r = add_word(text_facts, line + i, end - i, names, n_names);
		} else {
			end++;
		}
		i = end;
	}
	return r;
}

int config_text_parse(const char *text, size_t size, char *const *names, ConfigText *text_facts)
{
	const char *end = text + size;
	size_t n_names = strv_length(names);
	int r = 0;

	while (text < end && r == 0) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text), blank = 0;

		while (blank < n && (text[blank] == ' ' || text[blank] == '\t'))
			blank++;
		if (!is_comment(text + blank, n - blank))
			r = parse_line(text + blank, n - blank, names, n_names, text_facts);
		text += n + 1;
	}
	return r;
}

int config_text_parse_paths(const char *value, ConfigText *text_facts)
{
	_cleanup_free_ char *text = strdup(value);

	if (!text)
		return -ENOMEM;
	for (char *c = text; *c; c++)
		if ((*c == '-' || *c == '+') && (c == text || !is_path_byte(c[-1])))
			*c = ' ';
	return config_text_parse(text, strlen(text), NULL, text_facts);
}

bool config_text_is_private_key(const char *text, size_t size)
{
	static const char begin[] = "-----BEGIN ", key[] = "PRIVATE KEY";
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);

		if (n >= strlen(begin) && memcmp(text, begin, strlen(begin)) == 0 &&
			memmem(text, n, key, strlen(key)))
			return true;
		text += n + 1;
	}
	return false;
}

/* Debian keeps what may be enabled in directories named so; what is enabled is named by links elsewhere. */
bool config_text_is_active(const char *path)
{
	return path_is_below(path, "/etc") && !strstr(path, "-available/");
}
