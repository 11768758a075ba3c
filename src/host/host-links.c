/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Links that the administrator put in the way. A link that somebody else made, or that lies in a directory of somebody else, is left alone: a service could lead us
 * to the host's secrets by it.
 */
#include "host/host-links.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/array.h"
#include "host/config-text.h"
#include "host/unit-words.h"

/* Whose directory a path is in, if anybody but root could put a link there. */
static bool in_directory_of_root(const HostRoot *root, const char *path)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(path_base(path) - path));
	struct stat st;

	return parent && host_root_stat(root, parent, &st) == 0 && st.st_uid == 0 &&
	       !(st.st_mode & S_IWOTH);
}

/* A link within what was moved away that leads back to it would be copied without end. */
static bool leads_in_circles(const Facts *facts, const char *path, const char *target)
{
	for (size_t i = 0; i < facts->n_links; i++) {
		const FactLink *l = &facts->links[i];

		if (l->moved && path_is_below(path, l->path) &&
			(path_is_below(target, l->target) || path_is_below(l->target, target)))
			return true;
	}
	return false;
}

/* systemd wants /var/lib/X of a dynamic user to say "private/X", and nothing else. Newly allocated; NULL without memory. */
static char *text_of(const HostRoot *root, const char *path, const char *target)
{
	_cleanup_free_ char *text = NULL, *next = NULL;

	if (host_root_readlink(root, path, &text) == 0)
		next = path_of_link(path, text);
	return next && strcmp(next, target) == 0 ? TAKE_PTR(text) : strdup(target);
}

/* A link of root's at path, whose target is st: *ret is NULL if it is to stay a link. */
static int note(const HostRoot *root, const char *path, const struct stat *st, Facts *facts,
	const FactLink **ret)
{
	_cleanup_free_ char *target = NULL, *text = NULL;
	FactLink *grown;
	bool moved;
	int r;

	*ret = facts_link(facts, path);
	if (*ret)
		return 0;
	r = host_root_realpath(root, path, &target);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	moved = facts_is_outside(target);
	if (moved ? leads_in_circles(facts, path, target)
		  : !facts_is_private(target) || !S_ISDIR(st->st_mode))
		return 0;
	text = text_of(root, path, target);
	if (array_room(&facts->links, facts->n_links, sizeof(*facts->links)) < 0)
		return -ENOMEM;
	grown = &facts->links[facts->n_links];
	*grown = (FactLink){
		.path = strdup(path),
		.text = TAKE_PTR(text),
		.target = TAKE_PTR(target),
		.moved = moved,
	};
	facts->n_links++;
	*ret = grown;
	return grown->path && grown->text ? 0 : -ENOMEM;
}

int host_links_lstat(const HostRoot *root, const char *path, Facts *facts, struct stat *ret)
{
	const FactLink *link;
	struct stat st;
	int r = host_root_lstat(root, path, ret);

	if (r < 0 || !S_ISLNK(ret->st_mode) || ret->st_uid != 0 ||
		!in_directory_of_root(root, path) || host_root_stat(root, path, &st) < 0 ||
		(!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
		return r;
	r = note(root, path, &st, facts, &link);
	if (r == 0 && link)
		*ret = st;
	return r;
}

int host_links_step(const HostRoot *root, const char *path, const struct stat *st, char **ret)
{
	_cleanup_free_ char *text = NULL, *next = NULL;
	struct stat target;
	int r = S_ISLNK(st->st_mode) ? host_root_readlink(root, path, &text) : -ENOENT;

	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	next = path_of_link(path, text);
	if (!next)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	if (host_root_lstat(root, next, &target) < 0)
		return -ENOENT;
	if ((st->st_uid != 0 || !in_directory_of_root(root, path)) && target.st_uid != st->st_uid)
		return -ENOENT;
	*ret = TAKE_PTR(next);
	return 0;
}

int host_links_note(const HostRoot *root, const char *path, Facts *facts)
{
	_cleanup_free_ char *above = strdup(path);
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;

	if (!above)
		return -ENOMEM;
	/* Mostly there is none, which is one question. */
	fd = path_open_no_links(root->fd, path, O_PATH, 0);
	if (fd != -ELOOP && fd != -ENOSYS)
		return 0;
	for (char *c = above + 1;; c++) {
		const char end = *c;

		if (end != '/' && end != '\0')
			continue;
		*c = '\0';
		if (host_links_lstat(root, above, facts, &st) == -ENOMEM)
			return -ENOMEM;
		if (end == '\0')
			return 0;
		*c = end;
	}
}

static int note_all(const HostRoot *root, char *const *paths, Facts *facts)
{
	STRV_FOREACH (path, paths)
		if (host_links_note(root, *path, facts) < 0)
			return -ENOMEM;
	return 0;
}

static int note_of_text(const HostRoot *root, const char *text, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText named = { 0 };

	if (config_text_parse_paths(text, &named) < 0)
		return -ENOMEM;
	return note_all(root, named.paths, facts);
}

/* A word of a directive is a path, or has some in it; StateDirectory=data is /var/lib/data. */
static int note_of_word(const HostRoot *root, const Directive *row, const char *word, Facts *facts)
{
	const char *place = directive_place(row->key, false);
	_cleanup_free_ char *path = NULL;

	if (row->noun == NOUN_PROGRAM || row->noun == NOUN_VARIABLES)
		return note_of_text(root, word, facts);
	word = unit_word_bare(row->key, word);
	path = place ? path_join(place, word) : word[0] == '/' ? path_normalize(word) : NULL;
	return path ? host_links_note(root, path, facts) : 0;
}

static int note_of_unit(const HostRoot *root, const FactUnit *unit, Facts *facts)
{
	int r = 0;

	for (size_t i = 0; i < unit->n_directives && r == 0; i++) {
		const FactDirective *d = &unit->directives[i];
		const Directive *row = directive_find(d->key);
		_cleanup_strv_ char **words = NULL;

		if (!row || row->noun == NOUN_PLAIN)
			continue;
		if (unit_words(d->value, row->words, &words) == -ENOMEM)
			return -ENOMEM;
		STRV_FOREACH (word, words)
			if (r == 0)
				r = note_of_word(root, row, *word, facts);
	}
	return r;
}

int host_links_of_named(const HostRoot *root, char *const *with, Facts *facts)
{
	int r = note_all(root, with, facts);

	for (size_t i = 0; i < facts->n_units && r == 0; i++)
		r = note_of_unit(root, &facts->units[i], facts);
	for (size_t i = 0; i < facts->n_accounts && r == 0; i++)
		if (!facts->accounts[i].group)
			r = note_of_text(root, facts->accounts[i].home, facts);
	for (size_t i = 0; i < facts->n_tmpfiles && r == 0; i++)
		r = note_of_text(root, facts->tmpfiles[i].text, facts);
	return r;
}
