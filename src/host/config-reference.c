/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What configuration names, as facts: each path once, with what it leads to and what lies beside it.
 */
#include "host/config-reference.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/config-text.h"
#include "host/host-links.h"
#include "host/peer-note.h"

/* Endings of databases that are compiled from a file and lie beside it. */
static const char *const databases[] = { "db", "lmdb", "cdb", "dir", "pag" };

/* The text of a small regular file, links followed; anything else is -ENODATA: binaries, data, what may not be read. */
int config_reference_read_text(const HostRoot *root, const char *path, char **ret, size_t *ret_size)
{
	_cleanup_fd_ int fd = host_root_open_file(root, path, O_RDONLY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return fd == -ENOMEM ? -ENOMEM : -ENODATA;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > CONFIG_TEXT_LIMIT)
		return -ENODATA;
	return fd_read_all(fd, CONFIG_TEXT_LIMIT, ret, ret_size) == -ENOMEM ? -ENOMEM
	       : *ret							    ? 0
									    : -ENODATA;
}

/* A link is nothing without what it leads to, which may be a link again. */
static int add_target(
	const HostRoot *root, FactReference *reference, const struct stat *st, Facts *facts)
{
	_cleanup_free_ char *file = NULL, *target = NULL;
	int r = host_links_step(root, reference->path, st, &target);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	file = strdup(reference->file); /* references move when there are more */
	reference->target = strdup(target);
	if (!file || !reference->target)
		return -ENOMEM;
	return facts_is_private(target) || facts_is_outside(target)
		       ? config_reference_add(root, file, target, facts)
		       : 0;
}

/* A program makes its log, but not the directory for it; where that is the administrator's own (/var/log/site9, /srv/www/x/logs), nothing else says that it is
 * needed. */
int config_reference_add_place(
	const HostRoot *root, const char *file, const char *path, Facts *facts)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(path_base(path) - path - 1));
	struct stat st;

	if (!parent)
		return -ENOMEM;
	if ((!path_is_below(parent, "/var/log") && !path_is_below(parent, "/srv")) ||
		strcmp(parent, "/var/log") == 0 || strcmp(parent, "/srv") == 0 ||
		host_root_lstat(root, parent, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	return config_reference_add(root, file, parent, facts);
}

int config_reference_add(const HostRoot *root, const char *file, const char *path, Facts *facts)
{
	_cleanup_free_ char *text = NULL;
	FactReference *grown;
	struct stat st;
	size_t size = 0, at;

	for (size_t i = 0; i < facts->n_references; i++)
		if (strcmp(facts->references[i].path, path) == 0)
			return 0;
	if (host_links_note(root, path, facts) < 0)
		return -ENOMEM;
	if (facts->n_references >= CONFIG_REFERENCES_MAX)
		return 0;
	if (host_links_lstat(root, path, facts, &st) < 0)
		return config_reference_add_place(root, file, path, facts);
	if (array_room(&facts->references, facts->n_references, sizeof(*facts->references)) < 0)
		return -ENOMEM;
	at = facts->n_references;
	grown = &facts->references[at];
	*grown = (FactReference){
		.file = strdup(file),
		.path = strdup(path),
		.type = host_file_type(st.st_mode),
		.uid = st.st_uid,
		.gid = st.st_gid,
		.mode = st.st_mode & 07777,
	};
	facts->n_references++;
	if (!grown->file || !grown->path)
		return -ENOMEM;
	if (!S_ISDIR(st.st_mode) && config_reference_read_text(root, path, &text, &size) == 0)
		grown->private_key = config_text_is_private_key(text, size);
	if (S_ISREG(st.st_mode) && path_is_below(path, "/var/log") &&
		config_reference_add_place(root, file, path, facts) < 0)
		return -ENOMEM;
	return add_target(root, &facts->references[at], &st, facts);
}

/* A file, and the database that was compiled from it and lies beside it: hash:/etc/aliases is read from /etc/aliases.db. */
int config_reference_add_with_databases(
	const HostRoot *root, const char *file, const char *path, Facts *facts)
{
	int r = config_reference_add(root, file, path, facts);

	for (size_t i = 0; i < ARRAY_SIZE(databases) && r == 0; i++) {
		_cleanup_free_ char *database = NULL;

		if (asprintf(&database, "%s.%s", path, databases[i]) < 0) {
			database = NULL;
			return -ENOMEM;
		}
		r = config_reference_add(root, file, database, facts);
	}
	return r;
}

/* A directory that no container has is worth a word; anything else that looks like one is a part of an address, or a program. */
static int add_elsewhere(
	const HostRoot *root, const char *file, char *const *elsewhere, Facts *facts)
{
	STRV_FOREACH (path, elsewhere) {
		struct stat st;

		if (host_root_stat(root, *path, &st) == 0 && S_ISDIR(st.st_mode) &&
			config_reference_add(root, file, *path, facts) < 0)
			return -ENOMEM;
	}
	return 0;
}

int config_reference_add_line(
	const char *file, const char *path, const char *package, FactLine **lines, size_t *n_lines)
{
	FactLine *line;

	for (size_t i = 0; i < *n_lines; i++)
		if (strcmp((*lines)[i].text, path) == 0)
			return 0;
	if (*n_lines >= CONFIG_REFERENCES_MAX)
		return 0;
	if (array_room(lines, *n_lines, sizeof(**lines)) < 0)
		return -ENOMEM;
	line = &(*lines)[(*n_lines)++];
	*line = (FactLine){ .file = strdup(file),
		.text = strdup(path),
		.package = package ? strdup(package) : NULL };
	return line->file && line->text && (line->package || !package) ? 0 : -ENOMEM;
}

/* Whose these are is seen when all is read. */
static int add_lines(const char *file, const ConfigText *named, Facts *facts)
{
	STRV_FOREACH (path, named->applications)
		if (config_reference_add_line(
			    file, *path, NULL, &facts->applications, &facts->n_applications) < 0)
			return -ENOMEM;
	STRV_FOREACH (path, named->patterns)
		if (config_reference_add_line(
			    file, *path, NULL, &facts->patterns, &facts->n_patterns) < 0)
			return -ENOMEM;
	return 0;
}

/* Does the text have it as a word of its own, in a line that is no comment? */
static bool has_address(const char *text, const char *address)
{
	static const char letters[] = "0123456789abcdefABCDEF.:";
	size_t n = strlen(address);

	for (const char *at = text; (at = strstr(at, address)); at += n) {
		const char *line = at;

		while (line > text && line[-1] != '\n')
			line--;
		line += strspn(line, " \t");
		if (!strchr("#;", *line) &&
			(at == text || !memchr(letters, at[-1], sizeof(letters) - 1)) &&
			!(at[n] && strchr("0123456789abcdefABCDEF", at[n])) &&
			!(at[n] == '.' && at[n + 1] >= '0' && at[n + 1] <= '9'))
			return true;
	}
	return false;
}

/* Where a program listens that names an address is an address of the host, which nothing inside has. */
static int add_addresses(const char *file, const char *text, Facts *facts)
{
	int r = 0;

	STRV_FOREACH (address, facts->own_addresses) {
		_cleanup_free_ char *named = NULL;

		if (r < 0 || !has_address(text, *address))
			continue;
		if (asprintf(&named, "%s %s", file, *address) < 0) {
			named = NULL;
			return -ENOMEM;
		}
		r = strv_append_unique(&facts->named_addresses, named);
	}
	return r;
}

/* What a text names. follow: and what is named by the files of /etc that it names, for they are configuration. */
static int add_text(const HostRoot *root, const char *file, const char *text,
	const ConfigText *named, char *const *names, bool follow, Facts *facts)
{
	int r = add_addresses(file, text, facts);

	if (r == 0)
		r = add_elsewhere(root, file, named->elsewhere, facts);
	if (r == 0)
		r = add_lines(file, named, facts);
	STRV_FOREACH (p, named->paths) {
		if (r == 0)
			r = config_reference_add_with_databases(root, file, *p, facts);
		if (r == 0 && follow && config_text_is_active(*p))
			r = config_reference_read_file(root, *p, names, facts);
	}
	STRV_FOREACH (word, named->words)
		if (r == 0)
			r = strv_append_unique(&facts->named_accounts, *word);
	return r;
}

static int read_file(
	const HostRoot *root, const char *path, char *const *names, Facts *facts, ConfigText *named)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = config_reference_read_text(root, path, &text, &size);

	if (r < 0)
		return r == -ENODATA ? 0 : r;
	if (config_text_is_private_key(text, size))
		return strv_append_unique(&facts->private_keys, path);
	if (memchr(text, '\0', size)) /* no text */
		return 0;
	r = config_text_parse(text, size, names, named);
	if (r == 0)
		r = peer_note_file(path, text, size, facts);
	return r < 0 ? r : add_text(root, path, text, named, names, false, facts);
}

int config_reference_read_file(
	const HostRoot *root, const char *path, char *const *names, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText named = { 0 };

	return read_file(root, path, names, facts, &named);
}

int config_reference_read_script(
	const HostRoot *root, const char *path, char *const *names, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText named = { 0 };
	int r = read_file(root, path, names, facts, &named);

	STRV_FOREACH (p, named.paths)
		if (r == 0 && config_text_is_active(*p))
			r = config_reference_read_file(root, *p, names, facts);
	return r;
}

/* A command line names files as configuration does, and accounts (-u bind), and so do the variables that
 * it is made of. file: where the text stands. */
int config_reference_read_words(
	const HostRoot *root, const char *file, const char *text, char *const *names, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText named = { 0 };
	int r = config_text_parse(text, strlen(text), names, &named);

	return r < 0 ? r : add_text(root, file, text, &named, names, true, facts);
}

/* Is path the file, or a database that was compiled from it? */
bool config_reference_is_made_of(const char *path, const char *file)
{
	size_t n = strlen(file);

	if (strncmp(path, file, n) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(databases) && path[n] == '.'; i++)
		if (strcmp(path + n + 1, databases[i]) == 0)
			return true;
	return path[n] == '\0';
}
