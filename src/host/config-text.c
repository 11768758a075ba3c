/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of configuration files, read without knowing any grammar: a path is a word that begins with one of the directories
 * which a container has for itself, an account is a word that is the name of one.
 */
#include "host/config-text.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/array.h"
#include "host/host-links.h"
#include "host/host-read.h"

#define SCRIPTS "/var/lib/dpkg/info"
#define LINKS_MAX 8 /* of a chain; a longer one is a loop */

/* Endings of databases that are compiled from a file and lie beside it. */
static const char *const databases[] = { "db", "lmdb", "cdb", "dir", "pag" };

void config_text_done(ConfigText *text_facts)
{
	strv_free(text_facts->paths);
	strv_free(text_facts->elsewhere);
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
	if (facts_content(path) || path_is_below(path, "/opt"))
		list = strchr(path + 1, '/') ? &text_facts->paths : NULL; /* /etc is no name */
	else if (facts_elsewhere(path))
		list = &text_facts->elsewhere;
	return list && strv_length(*list) < CONFIG_REFERENCES_MAX ? strv_append_unique(list, path)
								  : 0;
}

static int compare_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_word(
	ConfigText *text_facts, const char *word, size_t n, char *const *names, size_t n_names)
{
	char key[64];
	const char *pointer = key;

	if (n >= sizeof(key))
		return 0;
	memcpy(key, word, n);
	key[n] = '\0';
	if (n_names == 0 || !bsearch(&pointer, names, n_names, sizeof(*names), compare_name))
		return 0;
	return strv_append_unique(&text_facts->words, key);
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
			if (end == n || !strchr("*?[{$%", line[end])) /* a pattern is no path */
				r = add_path(text_facts, line + i, end - i);
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

/* The text of a small regular file, links followed; anything else is -ENODATA: binaries, data, what may not be read. */
int config_text_read_small(const HostRoot *root, const char *path, char **ret, size_t *ret_size)
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

/* Debian keeps what may be enabled in directories named so; what is enabled is named by links elsewhere. */
bool config_text_is_active(const char *path)
{
	return path_is_below(path, "/etc") && !strstr(path, "-available/");
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
	return facts_content(target) || facts_elsewhere(target)
		       ? config_text_reference(root, file, target, facts)
		       : 0;
}

int config_text_reference(const HostRoot *root, const char *file, const char *path, Facts *facts)
{
	_cleanup_free_ char *text = NULL;
	FactReference *grown;
	struct stat st;
	size_t size = 0;

	for (size_t i = 0; i < facts->n_references; i++)
		if (strcmp(facts->references[i].path, path) == 0)
			return 0;
	if (host_links_note(root, path, facts) < 0)
		return -ENOMEM;
	if (facts->n_references >= CONFIG_REFERENCES_MAX ||
		host_links_lstat(root, path, facts, &st) < 0)
		return 0;
	if (array_room(&facts->references, facts->n_references, sizeof(*facts->references)) < 0)
		return -ENOMEM;
	grown = &facts->references[facts->n_references];
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
	if (!S_ISDIR(st.st_mode) && config_text_read_small(root, path, &text, &size) == 0)
		grown->private_key = config_text_is_private_key(text, size);
	return add_target(root, grown, &st, facts);
}

/* A file, and the database that was compiled from it and lies beside it: hash:/etc/aliases is read from /etc/aliases.db. */
int config_text_named(const HostRoot *root, const char *file, const char *path, Facts *facts)
{
	int r;

	r = config_text_reference(root, file, path, facts);
	for (size_t i = 0; i < ARRAY_SIZE(databases) && r == 0; i++) {
		_cleanup_free_ char *database = NULL;

		if (asprintf(&database, "%s.%s", path, databases[i]) < 0) {
			database = NULL;
			return -ENOMEM;
		}
		r = config_text_reference(root, file, database, facts);
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
			config_text_reference(root, file, *path, facts) < 0)
			return -ENOMEM;
	}
	return 0;
}

int config_text_of_file(const HostRoot *root, const char *path, char *const *names, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText text_facts = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r;

	r = config_text_read_small(root, path, &text, &size);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	if (config_text_is_private_key(text, size))
		return strv_append_unique(&facts->private_keys, path);
	if (memchr(text, '\0', size)) /* no text */
		return 0;
	r = config_text_parse(text, size, names, &text_facts);
	if (r == 0)
		r = add_elsewhere(root, path, text_facts.elsewhere, facts);
	STRV_FOREACH (p, text_facts.paths)
		if (r == 0)
			r = config_text_named(root, path, *p, facts);
	STRV_FOREACH (word, text_facts.words)
		if (r == 0)
			r = strv_append_unique(&facts->named_accounts, *word);
	return r;
}

/* A value that is nothing but paths. */
static int read_place(const HostRoot *root, const char *file, const char *value, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText text_facts = { 0 };
	int r = config_text_parse_paths(value, &text_facts);

	STRV_FOREACH (path, text_facts.paths)
		if (r == 0)
			r = config_text_reference(root, file, *path, facts);
	return r;
}

/* A link of the configuration names what it leads to, as text would (/etc/mail/aliases -> ../aliases); that may be a link again. */
static int read_link(const HostRoot *root, const char *file, Facts *facts)
{
	_cleanup_free_ char *path = strdup(file);
	int r = path ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < LINKS_MAX && r == 0; i++) {
		_cleanup_free_ char *target = NULL, *next = NULL;

		r = host_root_readlink(root, path, &target);
		if (r < 0)
			return r == -ENOMEM ? r : 0; /* no link: the last one's end was added */
		next = path_of_link(path, target);
		if (!next)
			return errno == ENOMEM ? -ENOMEM : 0;
		if (!path_is_neighbour(file, next))
			r = read_place(root, file, next, facts);
		free(path);
		path = TAKE_PTR(next);
	}
	return r;
}

/* The script that made a package's accounts names them. rpm keeps its scripts in the database, but its packages declare accounts in
 * sysusers.d. */
static int read_script(const HostRoot *root, const char *package, char *const *names, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText text_facts = { 0 };
	_cleanup_free_ char *path = NULL, *text = NULL;
	size_t size = 0;
	int r;

	if (asprintf(&path, SCRIPTS "/%s.postinst", package) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = config_text_read_small(root, path, &text, &size);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	r = config_text_parse(text, size, names, &text_facts);
	STRV_FOREACH (word, text_facts.words)
		if (r == 0)
			r = strv_append_unique(&facts->named_accounts, *word);
	return r;
}

int config_text_of_scripts(const HostRoot *root, const char *package, char ***ret)
{
	static const char *const kinds[] = { "config", "postinst", "postrm" };
	_cleanup_(config_text_done) ConfigText text_facts = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_free_ char *path = NULL, *text = NULL;
		size_t size = 0;
		int r;

		if (asprintf(&path, SCRIPTS "/%s.%s", package, kinds[i]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		r = config_text_read_small(root, path, &text, &size);
		if (r == 0)
			r = config_text_parse(text, size, NULL, &text_facts);
		if (r < 0 && r != -ENODATA)
			return r;
	}
	*ret = TAKE_PTR(text_facts.paths);
	return 0;
}

static int account_names(const Facts *facts, char ***ret)
{
	_cleanup_strv_ char **names = NULL;

	for (size_t i = 0; i < facts->n_accounts; i++)
		if (strv_append(&names, facts->accounts[i].name) < 0)
			return -ENOMEM;
	if (names)
		strv_sort(names);
	*ret = TAKE_PTR(names);
	return 0;
}

static int read_package(
	const HostRoot *root, const FactPackage *package, char *const *names, Facts *facts)
{
	int r = read_script(root, package->name, names, facts);
	bool kin = facts_kin(facts, package);

	for (size_t i = 0; i < package->n_files && r == 0; i++) {
		const FactFile *file = &package->files[i];

		if (!kin || !config_text_is_active(file->path))
			continue;
		if (file->type == FACT_FILE_REGULAR)
			r = config_text_of_file(root, file->path, names, facts);
		else if (file->type == FACT_FILE_LINK)
			r = read_link(root, file->path, facts);
	}
	return r;
}

/* A command line names files as configuration does (memcached-wrapper /etc/memcached.conf), and accounts (-u bind), and so do the variables that
 * it is made of; a file of /etc that it names is configuration. file: where the text stands. */
int config_text_of_words(
	const HostRoot *root, const char *file, const char *text, char *const *names, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText text_facts = { 0 };
	int r = config_text_parse(text, strlen(text), names, &text_facts);

	if (r == 0)
		r = add_elsewhere(root, file, text_facts.elsewhere, facts);
	STRV_FOREACH (p, text_facts.paths) {
		if (r == 0)
			r = config_text_named(root, file, *p, facts);
		if (r == 0 && config_text_is_active(*p))
			r = config_text_of_file(root, *p, names, facts);
	}
	STRV_FOREACH (word, text_facts.words)
		if (r == 0)
			r = strv_append_unique(&facts->named_accounts, *word);
	return r;
}

/* A directory that packages share and that is named after one of them is for its program (/etc/cron.d, /etc/xinetd.d), which no file says. */
static int read_drop_ins(const HostRoot *root, const FactPackage *package, Facts *facts)
{
	_cleanup_free_ char *path = NULL, *file = NULL;

	if (asprintf(&path, "/etc/%s.d", package->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&file, "package %s", package->name) < 0) {
		file = NULL;
		return -ENOMEM;
	}
	return path_is_shared(root->knowledge, path)
		       ? config_text_reference(root, file, path, facts)
		       : 0;
}

/* Is path the file, or a database that was compiled from it? */
static bool is_made_of(const char *path, const char *file)
{
	size_t n = strlen(file);

	if (strncmp(path, file, n) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(databases) && path[n] == '.'; i++)
		if (strcmp(path + n + 1, databases[i]) == 0)
			return true;
	return path[n] == '\0';
}

/* Configuration that names a file which the package's scripts make or remove: it is a part of it, wherever it lies (/etc/aliases,
 * /var/lib/dictd/db.list). */
static int mark_scripted(const HostRoot *root, const FactPackage *package, Facts *facts)
{
	_cleanup_strv_ char **paths = NULL;
	int r = config_text_of_scripts(root, package->name, &paths);

	STRV_FOREACH (path, paths)
		for (size_t i = 0; i < facts->n_references; i++)
			if (facts->references[i].type == FACT_FILE_REGULAR &&
				is_made_of(facts->references[i].path, *path))
				facts->references[i].conffile = true;
	return r;
}

/* A certificate with its key that a package's scripts made for the host, among the state of a service. A key alone may be one that something was signed with: only the
 * administrator can say what becomes of it. */
static int read_state_file(const HostRoot *root, const char *path, Facts *facts)
{
	static const char ending[] = ".pem", certificate[] = "-----BEGIN CERTIFICATE-----";
	_cleanup_free_ char *text = NULL;
	size_t n = strlen(path), size = 0;
	int r;

	if (n <= strlen(ending) || strcmp(path + n - strlen(ending), ending) != 0)
		return 0;
	r = config_text_read_small(root, path, &text, &size);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	return config_text_is_private_key(text, size) &&
			       memmem(text, size, certificate, strlen(certificate))
		       ? config_text_reference(root, path, path, facts)
		       : 0;
}

typedef struct State {
	const HostRoot *root;
	const char *directory;
	Facts *facts;
} State;

static int visit_state(int fd, const char *name, unsigned char type, void *data)
{
	const State *state = data;
	_cleanup_free_ char *path = NULL;

	(void)fd;
	if (type != DT_REG)
		return 0;
	path = path_join(state->directory, name);
	return path ? read_state_file(state->root, path, state->facts) : -ENOMEM;
}

static int read_state(const HostRoot *root, const FactUnowned *u, Facts *facts)
{
	State state = { root, u->path, facts };

	if (u->type != FACT_FILE_DIRECTORY)
		return read_state_file(root, u->path, facts);
	/* What cannot be listed is not copied either. */
	return host_root_each(root, u->path, visit_state, &state) == -ENOMEM ? -ENOMEM : 0;
}

/* What the administrator names may be a link, too. */
int config_text_of_named(const HostRoot *root, char *const *with, Facts *facts)
{
	STRV_FOREACH (path, with) {
		struct stat st;

		if (host_root_lstat(root, *path, &st) == 0 && S_ISLNK(st.st_mode) &&
			config_text_reference(root, FACT_NAMED, *path, facts) < 0)
			return -ENOMEM;
	}
	return 0;
}

int config_text_read(const HostRoot *root, Facts *facts, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	r = account_names(facts, &names);
	for (size_t i = 0; i < facts->n_packages && r == 0; i++)
		r = read_package(root, &facts->packages[i], names, facts);
	for (size_t i = 0; i < facts->n_unowned && r == 0; i++) {
		const FactUnowned *u = &facts->unowned[i];

		if (path_is_below(u->path, "/var"))
			r = read_state(root, u, facts);
		if (r < 0 || u->type == FACT_FILE_DIRECTORY || !config_text_is_active(u->path))
			continue;
		r = config_text_of_file(root, u->path, names, facts);
		if (r == 0 && u->type == FACT_FILE_LINK)
			r = read_link(root, u->path, facts);
	}
	for (size_t i = 0; i < facts->n_units && r == 0; i++)
		r = config_unit_read(root, &facts->units[i], names, facts);
	for (size_t i = 0; i < facts->n_packages && r == 0; i++)
		if (facts_kin(facts, &facts->packages[i]))
			r = mark_scripted(root, &facts->packages[i], facts);
	for (size_t i = 0; i < facts->n_packages && r == 0; i++)
		if (facts->packages[i].direct)
			r = read_drop_ins(root, &facts->packages[i], facts);
	return r < 0 ? error_errno(ret_error, -r, "read the configuration of the packages") : 0;
}
