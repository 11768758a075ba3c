/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the directives of a unit name, by the table of directives: files, directories, programs, accounts, credentials.
 */
#include "host/config-unit.h"

#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "host/config-reference.h"
#include "host/config-text.h"
#include "host/host-links.h"
#include "host/unit-program.h"
#include "host/unit-words.h"

#define LINKS_MAX 8 /* of a chain; a longer one is a loop */

typedef struct UnitText {
	const HostRoot *root;
	const FactUnit *unit;
	const char *file; /* where it stands */
	char *const *names; /* of accounts, sorted */
	Facts *facts;
} UnitText;

/* Where systemd looks for the credentials that it is given by name alone. /run/credstore lasts until the next boot. */
static const char *const credential_stores[] = { "/etc/credstore", "/run/credstore",
	"/usr/local/lib/credstore", "/usr/lib/credstore" };

static int name_path(const UnitText *text, const char *word)
{
	_cleanup_free_ char *path = path_normalize(word);

	if (!path)
		return errno == ENOMEM ? -ENOMEM : 0;
	if (!facts_is_private(path) && !facts_is_outside(path))
		return 0;
	return config_reference_add(text->root, text->file, path, text->facts);
}

/* What a directive brings from wherever it is needs no word about it. */
static int name_content(const UnitText *text, const char *word)
{
	return facts_is_private(word) || path_is_below(word, "/opt") ? name_path(text, word) : 0;
}

static int read_pattern(const UnitText *text, const char *pattern,
	int (*read)(const UnitText *text, const char *path))
{
	_cleanup_strv_ char **paths = NULL;
	int r = host_root_glob(text->root, pattern, &paths);

	STRV_FOREACH (path, paths)
		if (r == 0)
			r = read(text, *path);
	return r;
}

/* A program that an administrator installed, or the script that an interpreter is given, has no package to say what it needs: its text does. */
static int read_own_text(const UnitText *text, const char *path)
{
	static const char *const places[] = { "/usr/local", "/opt", "/srv" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (path_is_below(path, places[i]))
			return config_reference_read_script(
				text->root, path, text->names, text->facts);
	return 0;
}

/* The path that a word is or ends with ("--config=/etc/my app/x"), newly allocated, if there is one on the host; text of many words has
 * none. -ENOENT. */
static int path_of_word(const UnitText *text, const char *word, char **ret)
{
	const char *start = strchr(word, '/');
	_cleanup_free_ char *path = NULL;
	struct stat st;

	bool glued = word[0] == '-' && start == word + 2; /* -c/etc/app.conf */

	if (!start || (start > word && !glued && !strchr("=:,@-+!|", start[-1])))
		return -ENOENT;
	path = path_normalize(start);
	if (!path)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	if (host_root_lstat(text->root, path, &st) < 0)
		return -ENOENT;
	*ret = TAKE_PTR(path);
	return 0;
}

/* A program, or what it is given, may be a link that leads out of /usr: each step of it, and where a directory on the way leads. */
static int follow(const UnitText *text, const char *path)
{
	_cleanup_free_ char *at = strdup(path), *real = NULL;
	struct stat st;

	for (unsigned int i = 0; i < LINKS_MAX && at; i++) {
		char *next = NULL;

		if (facts_is_private(at) ||
			facts_is_outside(at)) /* its own target is a reference then */
			return config_reference_add_with_databases(
				text->root, text->file, at, text->facts);
		if (host_root_lstat(text->root, at, &st) < 0 || !S_ISLNK(st.st_mode) ||
			host_links_step(text->root, at, &st, &next) < 0)
			break;
		free(at);
		at = next;
	}
	if (!at)
		return -ENOMEM;
	if (host_root_realpath(text->root, path, &real) < 0)
		return 0;
	return facts_is_private(real) || facts_is_outside(real)
		       ? config_reference_add_with_databases(
				 text->root, text->file, real, text->facts)
		       : 0;
}

/* The directory that a program or script of one's own comes in: the first one below /srv. */
static int name_tree(const UnitText *text, const char *path)
{
	_cleanup_free_ char *top = NULL;
	size_t n = strlen("/srv/");
	struct stat st;

	if (!path_is_below(path, "/srv") || !strchr(path + n, '/') ||
		host_root_stat(text->root, path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	top = strndup(path, n + strcspn(path + n, "/"));
	return top ? config_reference_add(text->root, text->file, top, text->facts) : -ENOMEM;
}

/* A word that is a file of one's own, by itself or in one of the directories. */
static int read_script(const UnitText *text, const char *word, char *const *directories)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int r;

	if (*word == '-' || (*word != '/' && !directories))
		return 0;
	path = *word == '/' ? strdup(word)
			    : path_join(*directories, word + (strncmp(word, "./", 2) == 0 ? 2 : 0));
	if (!path)
		return -ENOMEM;
	if (host_root_stat(text->root, path, &st) < 0 || !S_ISREG(st.st_mode))
		return *word == '/' || !directories || !directories[1]
			       ? 0
			       : read_script(text, word, directories + 1);
	r = name_tree(text, path);
	if (r == 0)
		r = read_own_text(text, path);
	return r == 0 ? follow(text, path) : r;
}

/* What a shell is told to do ("cd /srv/app && exec node server.js") names programs and scripts, too, which may be named from where it does it. */
static int read_shell_text(const UnitText *text, const char *words)
{
	_cleanup_strv_ char **tokens = NULL, **directories = NULL;
	const char *directory = facts_unit_get(text->unit, "Service", "WorkingDirectory");
	struct stat st;
	int r = strv_split(&tokens, words, " \t\n\"'`;&|()<>");

	if (r == 0 && directory)
		r = strv_append(&directories, directory + strspn(directory, "-"));
	STRV_FOREACH (token, tokens)
		if (r == 0 && **token == '/' && host_root_stat(text->root, *token, &st) == 0 &&
			S_ISDIR(st.st_mode))
			r = strv_append(&directories, *token);
	STRV_FOREACH (token, tokens)
		if (r == 0)
			r = read_script(text, *token, directories);
	/* "my app.sh" */
	for (const char *c = words + strcspn(words, "\"'"); *c && r == 0; c += strcspn(c, "\"'")) {
		size_t n = strcspn(c + 1, (const char[]){ *c, '\0' });
		_cleanup_free_ char *quoted = strndup(c + 1, n);

		if (!quoted)
			return -ENOMEM;
		r = c[n + 1] && strpbrk(quoted, " \t") ? read_script(text, quoted, directories) : 0;
		c += n + (c[n + 1] ? 2 : 1);
	}
	return r;
}

/* A word of a command line, or of the variables that it is made of, names files as configuration does, and
 * accounts (-u bind). */
static int read_argument(const UnitText *text, const char *word)
{
	_cleanup_free_ char *path = NULL;
	int r = path_of_word(text, word, &path);

	if (r == -ENOENT) {
		r = config_reference_read_words(
			text->root, text->file, word, text->names, text->facts);
		return r == 0 ? read_shell_text(text, word) : r;
	}
	if (r == 0)
		r = read_own_text(text, path);
	if (r == 0)
		r = follow(text, path);
	if (r == 0 && config_text_is_active(path))
		r = config_reference_read_file(text->root, path, text->names, text->facts);
	return r;
}

/* Is it a shell that begins a session, or what starts one? */
static bool is_login(const char *program, char *const *arguments)
{
	static const char *const names[] = { "bash", "dash", "ksh", "runuser", "sh", "su", "zsh" };

	if (!text_is_one_of(path_base(program), names, ARRAY_SIZE(names)))
		return false;
	STRV_FOREACH (word, arguments)
		if (**word != '-')
			return false;
		else if (strcmp(*word, "-") == 0 || strcmp(*word, "--login") == 0 ||
			 ((*word)[1] != '-' && strchr(*word, 'l')))
			return true;
	return false;
}

/* What another program is told to start (flock FILE PROGRAM, setpriv, start-stop-daemon --exec PROGRAM). */
static bool is_started(const UnitText *text, const char *word)
{
	struct stat st;

	return *word == '/' && host_root_stat(text->root, word, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & 0111);
}

/* The program, and the script that an interpreter of the host's is given. */
static int read_command(const UnitText *text, const char *key, char *const *words)
{
	const char *program = unit_word_bare(key, words[0]);
	_cleanup_free_ char *found = unit_program_find(text->root, text->unit, program);
	bool past = false; /* the first path that it is given */
	int r = found ? unit_program_read(text->root, text->unit, key, found, text->facts)
		      : -ENOMEM;

	if (r == 0)
		r = name_tree(text, found);
	if (r == 0 && is_login(found, words + 1))
		r = read_pattern(text, "/etc/profile.d/*.sh", name_path);
	for (char *const *word = words + 1; *word && r == 0; word++) {
		bool first =
			**word == '/' && !past; /* not an option, a variable, a program by name */

		if (first || is_started(text, *word))
			r = name_tree(text, *word);
		past = past || first;
	}
	return r;
}

static int read_environment(const UnitText *text, const char *path)
{
	_cleanup_free_ char *content = NULL;
	size_t size = 0;
	int r = name_content(text, path);

	if (r == 0)
		r = config_text_is_active(path)
			    ? config_reference_read_text(text->root, path, &content, &size)
			    : -ENODATA;
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	return config_reference_read_words(text->root, path, content, text->names, text->facts);
}

/* What something else makes on the host is perhaps made by nothing inside. */
static int note_run_path(const UnitText *text, const char *path)
{
	struct stat st;

	return !text->unit->asked ||
			       (!path_is_below(path, "/run") && !path_is_below(path, "/var/run")) ||
			       host_root_lstat(text->root, path, &st) < 0
		       ? 0
		       : strv_append_unique(&text->facts->run_paths, path);
}

/* What an asked unit does not start without, unless it is where things come and go. */
static int note_missing(const UnitText *text, const char *path)
{
	static const char *const passing[] = { "/proc", "/run", "/sys", "/tmp", "/var/run" };
	struct stat st;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		if (path_is_below(path, passing[i]))
			return 0;
	if (*path != '/' || !text->unit->asked)
		return 0;
	r = host_root_stat(text->root, path, &st);
	return r == -ENOENT || r == -ELOOP ? strv_append_unique(&text->facts->missing_paths, path)
					   : 0;
}

/* ID:PATH, or a name that is looked for in the stores: ID alone or what is behind its colon; ImportCredential= gives a pattern of IDs. */
static int read_credential(const UnitText *text, const char *word)
{
	const char *colon = strchr(word, ':'), *name = colon ? colon + 1 : word;
	int r = 0;

	if (*name == '/') {
		r = colon ? name_content(text, name) : 0;
		return r == 0 && colon ? note_missing(text, name) : r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(credential_stores) && r == 0; i++) {
		_cleanup_free_ char *stored = path_join(credential_stores[i], name);

		r = stored ? read_pattern(text, stored, name_path) : -ENOMEM;
	}
	return r;
}

/* "/dev/fuse rw" */
static int read_device(const UnitText *text, const char *word)
{
	_cleanup_free_ char *path = strndup(word, strcspn(word, " \t"));
	struct stat st;

	if (!path)
		return -ENOMEM;
	if (!path_is_below(path, "/dev") || host_root_stat(text->root, path, &st) < 0 ||
		(!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
		return 0;
	return strv_append_unique(&text->facts->devices, path);
}

/* A unit whose condition is not met does not start; "!" wants the path not to exist, and of those with "|" one has to. */
static int read_condition(const UnitText *text, const char *word, const char *path)
{
	bool pattern = strpbrk(path, "*?[");
	int r = pattern ? read_pattern(text, path, name_path) : name_path(text, path);

	if (r == 0 && word == path)
		r = read_device(text, path);
	return r < 0 || word != path || pattern ? r : note_missing(text, path);
}

/* "append:/var/log/app/log": systemd makes the file, but not its directory. */
static int read_output(const UnitText *text, const char *key, const char *word)
{
	_cleanup_free_ char *parent = NULL;
	const char *path = strchr(word, ':');

	if (!path || path[1] != '/' || path_base(path + 1) == path + 2)
		return 0;
	if (strncmp(word, "file:", strlen("file:")) == 0 && name_path(text, path + 1) < 0)
		return -ENOMEM;
	if (strcmp(key, "StandardInput") == 0)
		return note_missing(text, path + 1);
	parent = strndup(path + 1, (size_t)(path_base(path + 1) - path - 2));
	return parent ? name_path(text, parent) : -ENOMEM;
}

/* StateDirectory=a:b is /var/lib/a, and a link b. */
static int read_directory(const UnitText *text, const char *key, const char *word)
{
	static const bool dynamic[] = { false, true };
	_cleanup_free_ char *name = strndup(word, strcspn(word, ":"));

	for (size_t i = 0; i < ARRAY_SIZE(dynamic); i++) {
		const char *place = directive_place(key, dynamic[i]);
		_cleanup_free_ char *path = place && name ? path_join(place, name) : NULL;

		if (place && (!path || name_path(text, path) < 0))
			return -ENOMEM;
	}
	return 0;
}

static int read_account(const UnitText *text, const char *user)
{
	const FactAccount *account = facts_account(text->facts, user, false);

	/* A program looks for its files at home, too. */
	return account && account->home ? name_path(text, account->home) : 0;
}

static int read_pam(const UnitText *text, const char *name)
{
	_cleanup_free_ char *path = path_join("/etc/pam.d", name);

	return path ? name_path(text, path) : -ENOMEM;
}

static int read_word(const UnitText *text, const Directive *row, const char *word)
{
	const char *bare = unit_word_bare(row->key, word);
	int r = 0;

	if (row->noun == NOUN_NEEDED || row->noun == NOUN_SHIELDED || row->noun == NOUN_FILE)
		r = word == bare ? note_run_path(text, bare) : 0;
	if (r < 0)
		return r;
	switch (row->noun) {
	case NOUN_PROGRAM:
	case NOUN_VARIABLES:
		r = strstr(word, "/dev/") ? read_device(text, strstr(word, "/dev/")) : 0;
		return r < 0 ? r : read_argument(text, word);
	case NOUN_FILE:
		r = row->words == WORDS_PATTERN ? read_pattern(text, bare, read_environment)
						: name_content(text, bare);
		return r < 0 || word != bare || strpbrk(bare, "*?[") ? r : note_missing(text, bare);
	case NOUN_SHIELDED:
		/* What the unit may only read there, it may well do without. */
		return row->words == WORDS_LIST ? name_content(text, bare) : name_path(text, bare);
	case NOUN_NEEDED:
	case NOUN_NAMED:
		if (word == bare && row->noun == NOUN_NEEDED && read_device(text, bare) < 0)
			return -ENOMEM;
		return row->words == WORDS_PATTERN ? read_pattern(text, bare, name_path)
						   : name_path(text, bare);
	case NOUN_CONDITION:
		/* "|" only says that others will do */
		return read_condition(text, *word == '|' ? word + 1 : word, bare);
	case NOUN_OUTPUT:
		return read_output(text, row->key, bare);
	case NOUN_DIRECTORY:
		return read_directory(text, row->key, bare);
	case NOUN_CREDENTIAL:
		return read_credential(text, bare);
	case NOUN_PAM:
		return read_pam(text, bare);
	case NOUN_DEVICE:
		return strcmp(row->key, "DeviceAllow") == 0 ? read_device(text, bare) : 0;
	case NOUN_USER:
		return read_account(text, bare);
	default:
		return 0;
	}
}

int config_unit_read(const HostRoot *root, const FactUnit *unit, char *const *names, Facts *facts)
{
	UnitText text = { root, unit, unit->path ? unit->path : unit->name, names, facts };
	int r = 0;

	for (size_t i = 0; i < unit->n_directives && r == 0; i++) {
		const FactDirective *d = &unit->directives[i];
		const Directive *row = directive_find(d->key);
		_cleanup_strv_ char **words = NULL;
		size_t step = row && row->words == WORDS_BINDS ? 2 : 1;

		if (!row || row->noun == NOUN_PLAIN)
			continue;
		if (unit_words(d->value, row->words, &words) == -ENOMEM)
			return -ENOMEM;
		if (words && row->noun == NOUN_PROGRAM)
			r = read_command(&text, d->key, words);
		for (size_t j = 0; words && words[j] && r == 0; j += step)
			r = read_word(&text, row, words[j]);
	}
	return r;
}

int config_unit_read_command(
	const HostRoot *root, char *const *words, char *const *names, Facts *facts)
{
	FactUnit unit = { .name = (char *)FACT_COMMAND };
	UnitText text = { root, &unit, FACT_COMMAND, names, facts };
	int r = read_command(&text, "argv", words);

	STRV_FOREACH (word, words)
		if (r == 0)
			r = read_argument(&text, *word);
	return r;
}
