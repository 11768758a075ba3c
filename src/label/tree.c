/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Labels of files: set on what we made, changed and put back on what was there before, compared.
 *
 * What was there before remembers its old label and which containers use it in attributes of its own, where no container can write (trusted.*), and in the
 * container's journal. The attributes move with a file that is renamed; the journal serves file systems without them. Both are on disk before the label changes.
 */
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "label/filelabel.h"
#include "label/relabel-journal.h"

#define DIFFERENCES_MAX 1000u /* lines of label_check_tree(): who has more relabels all */

static bool has_files(const Label *label)
{
	return label->file && label->driver->xattr;
}

static int finish(const Label *label, int fd, mode_t mode, bool existing, Error **ret_error)
{
	return label->driver->finish_file
		       ? label->driver->finish_file(label, fd, mode, existing, ret_error)
		       : 0;
}

int label_set_root(const Label *label, int fd, Error **ret_error)
{
	int r = has_files(label) ? filelabel_set(label, fd, label->file, ret_error) : 0;

	return r < 0 ? error_wrap(
			       ret_error, "cannot label a file of container %s", label->container)
		     : 0;
}

int label_set_fd(const Label *label, int fd, Error **ret_error)
{
	struct stat st;
	int r = label_set_root(label, fd, ret_error);

	if (r < 0 || !has_files(label))
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot examine a file of container %s",
			label->container);
	return finish(label, fd, st.st_mode, false, ret_error);
}

typedef struct TreeWork {
	const Label *label;
	RelabelJournal *journal;
	size_t known; /* entries that the journal had before, sorted */
	char **lines; /* of the comparison */
	size_t n_lines;
} TreeWork;

/* First walk of a relabelling: what will change goes into the journal. */
static int note_file(int fd, const struct stat *st, const char *path, const char **inherited,
	void *data, Error **ret_error)
{
	_cleanup_filememory_ FileMemory memory = {};
	_cleanup_free_ char *has = NULL;
	TreeWork *work = data;
	int r;

	(void)st;
	(void)inherited;
	if (relabel_journal_find(work->journal, work->known, path))
		return 0;
	r = filelabel_get(work->label, fd, &has, ret_error);
	if (r >= 0)
		r = filememory_get(work->label, fd, &memory, ret_error);
	if (r < 0)
		return r;
	if (filelabel_is_ours(work->label, has))
		return memory.users
			       ? relabel_journal_add(work->journal, path, memory.old, ret_error)
			       : 0;
	if (memory.users)
		return error_set(ret_error, EBUSY,
			"it was given the label %s for another container that still uses it; "
			"containers share files with one static label, or with relabel=no",
			has ? has : RELABEL_NONE);
	return relabel_journal_add(work->journal, path, has ? has : RELABEL_NONE, ret_error);
}

/* The container uses the file, too. */
static int remember(const Label *label, int fd, const char *old, Error **ret_error)
{
	_cleanup_filememory_ FileMemory memory = {};
	int r = filememory_get(label, fd, &memory, ret_error);

	if (r < 0)
		return r;
	if (strv_contains(memory.users, label->container))
		return 0;
	if (!memory.users) {
		free(memory.old);
		memory.old = strdup(old);
		if (!memory.old)
			return error_oom(ret_error);
	}
	if (strv_append(&memory.users, label->container) < 0)
		return error_oom(ret_error);
	return filememory_set(label, fd, &memory, ret_error);
}

/* Second walk: the labels change. What the journal had before has its label and its user already, if nothing went wrong meanwhile. */
static int change_file(int fd, const struct stat *st, const char *path, const char **inherited,
	void *data, Error **ret_error)
{
	_cleanup_free_ char *has = NULL;
	const RelabelEntry *entry;
	TreeWork *work = data;
	int r;

	(void)inherited;
	r = filelabel_get(work->label, fd, &has, ret_error);
	if (r < 0)
		return r;
	entry = relabel_journal_find(work->journal, work->journal->n, path);
	if (entry) {
		r = remember(work->label, fd, entry->old, ret_error);
		if (r < 0)
			return r;
	}
	if (!entry || filelabel_is_ours(work->label, has))
		return 0;
	r = filelabel_set(work->label, fd, work->label->file, ret_error);
	return r < 0 ? r : finish(work->label, fd, st->st_mode, true, ret_error);
}

/* The path as the journal keeps it: neither changing nor restoring may be led elsewhere by links. */
static int real_path(const char *path, char **ret, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;

	return trusted_path_open(path, 0, &fd, ret, ret_error);
}

/* Directories whose labels the host itself lives by: relabelled, they would take it down, and no container may be given them as its own. */
static const char *const system_directories[] = { "/", "/bin", "/boot", "/dev", "/etc", "/home",
	"/lib", "/lib32", "/lib64", "/libx32", "/media", "/mnt", "/opt", "/proc", "/root", "/run",
	"/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64",
	"/usr/libexec", "/usr/local", "/usr/sbin", "/usr/share", "/var", "/var/cache", "/var/lib",
	"/var/log", "/var/spool", "/var/tmp" };

/* By what they are, not by name: a bind mount of the root is the root. */
static int check_not_system(const Label *label, const char *real, Error **ret_error)
{
	struct stat st, system;

	if (stat(real, &st) < 0)
		return error_errno(ret_error, errno, "cannot examine %s", real);
	for (size_t i = 0; i < ARRAY_SIZE(system_directories); i++) {
		_cleanup_free_ char *path = path_join(label->host->root, system_directories[i]);

		if (!path)
			return error_oom(ret_error);
		if (stat(path, &system) == 0 && st.st_dev == system.st_dev &&
			st.st_ino == system.st_ino)
			return error_set(ret_error, EPERM,
				"container %s: %s is %s, whose labels the host needs; mount a "
				"directory below it, or this one readonly or with relabel=no",
				label->container, real, system_directories[i]);
	}
	return 0;
}

int label_relabel_tree(const Label *label, const char *path, Error **ret_error)
{
	_cleanup_relabel_journal_ RelabelJournal journal = {};
	TreeWork work = { .label = label, .journal = &journal };
	_cleanup_free_ char *real = NULL;
	int r;

	if (!has_files(label) || !label->relabel)
		return 0;
	r = real_path(path, &real, ret_error);
	if (r == 0)
		r = check_not_system(label, real, ret_error);
	if (r >= 0)
		r = relabel_journal_load(label->container, &journal, ret_error);
	if (r < 0)
		return r;
	work.known = journal.n;
	r = filelabel_walk(real, note_file, &work, ret_error);
	if (r == 0)
		r = relabel_journal_save(label->container, &journal, ret_error);
	if (r < 0)
		return error_wrap(
			ret_error, "container %s: cannot relabel %s", label->container, path);
	r = filelabel_walk(real, change_file, &work, ret_error);
	if (r < 0) {
		(void)label_restore_tree(
			label, path, NULL); /* the failure that is reported is the first */
		return error_wrap(
			ret_error, "container %s: cannot relabel %s", label->container, path);
	}
	return 0;
}

/* What a file of the tree gets back. NULL: it stays as it is. */
static const char *label_before(const TreeWork *work, const FileMemory *memory, const char *path,
	const char *has, const char *inherited)
{
	const RelabelEntry *entry;

	if (memory->users)
		return memory->old;
	if (!filelabel_is_ours(work->label, has))
		return NULL;
	entry = relabel_journal_find(work->journal, work->journal->n, path);
	/* Neither: the container made the file. It must not keep a level that the next container may draw: it gets what it would have got from its
	 * directory, had there been no container. */
	return entry ? entry->old : inherited;
}

static bool has_other_users(const FileMemory *memory, const char *container)
{
	return strv_length(memory->users) > (strv_contains(memory->users, container) ? 1u : 0u);
}

static int restore_file(int fd, const struct stat *st, const char *path, const char **inherited,
	void *data, Error **ret_error)
{
	_cleanup_filememory_ FileMemory memory = {};
	_cleanup_free_ char *has = NULL;
	const RelabelEntry *entry;
	const char *before;
	TreeWork *work = data;
	bool others;
	int r;

	(void)st;
	r = filelabel_get(work->label, fd, &has, ret_error);
	if (r >= 0)
		r = filememory_get(work->label, fd, &memory, ret_error);
	if (r < 0)
		return r;
	others = has_other_users(&memory, work->label->container);
	before = label_before(work, &memory, path, has, *inherited);
	entry = relabel_journal_find(work->journal, work->journal->n, path);
	if (entry) /* what was made below stays for the others that use it, too */
		*inherited = others ? NULL : entry->old;
	if (others) {
		if (!strv_remove(memory.users, work->label->container))
			return 0; /* it is in the journal of one that died before it used it */
		return filememory_set(work->label, fd, &memory, ret_error);
	}
	if (before && (!has || strcmp(before, has) != 0)) {
		r = filelabel_set(work->label, fd,
			strcmp(before, RELABEL_NONE) == 0 ? NULL : before, ret_error);
		if (r < 0)
			return r;
	}
	return filememory_set(work->label, fd, &(FileMemory){}, ret_error);
}

static int restore_below(TreeWork *work, const char *real, Error **ret_error)
{
	int r = filelabel_walk(real, restore_file, work, ret_error);

	return r < 0 ? error_wrap(ret_error, "container %s: cannot restore the labels of %s",
			       work->label->container, real)
		     : 0;
}

static int forget_below(
	const Label *label, RelabelJournal *journal, const char *path, Error **ret_error)
{
	_cleanup_relabel_journal_ RelabelJournal kept = {};

	for (size_t i = 0; i < journal->n; i++) {
		int r;

		if (path_is_below(journal->entries[i].path, path))
			continue;
		r = relabel_journal_add(
			&kept, journal->entries[i].path, journal->entries[i].old, ret_error);
		if (r < 0)
			return r;
	}
	return relabel_journal_save(label->container, &kept, ret_error);
}

int label_restore_tree(const Label *label, const char *path, Error **ret_error)
{
	_cleanup_relabel_journal_ RelabelJournal journal = {};
	TreeWork work = { .label = label, .journal = &journal };
	_cleanup_free_ char *real = NULL;
	int r;

	if (!has_files(label) || !label->relabel)
		return 0;
	r = relabel_journal_load(label->container, &journal, ret_error);
	if (r < 0 || journal.n == 0)
		return r;
	r = real_path(path, &real, ret_error);
	if (r == 0)
		r = restore_below(&work, real, ret_error);
	return r < 0 ? r : forget_below(label, &journal, real, ret_error);
}

/* Is a directory above it in the journal, too? Then the walk from there comes past it. */
static int is_top(const RelabelJournal *journal, const char *path, bool *ret, Error **ret_error)
{
	_cleanup_free_ char *above = strdup(path);
	char *slash;

	if (!above)
		return error_oom(ret_error);
	while ((slash = strrchr(above, '/')) && slash > above) {
		*slash = '\0';
		if (relabel_journal_find(journal, journal->n, above)) {
			*ret = false;
			return 0;
		}
	}
	*ret = true;
	return 0;
}

int label_restore_all(const Label *label, Error **ret_error)
{
	_cleanup_relabel_journal_ RelabelJournal journal = {}, nothing = {};
	TreeWork work = { .label = label, .journal = &journal };
	int r;

	if (!has_files(label))
		return 0;
	r = relabel_journal_load(label->container, &journal, ret_error);
	for (size_t i = 0; r == 0 && i < journal.n; i++) {
		const char *path = journal.entries[i].path;
		bool top = false;

		r = is_top(&journal, path, &top, ret_error);
		if (r == 0 && top && file_exists(path))
			r = restore_below(&work, path, ret_error);
	}
	return r < 0 || journal.n == 0
		       ? r
		       : relabel_journal_save(label->container, &nothing, ret_error);
}

static int compare_file(int fd, const struct stat *st, const char *path, const char **inherited,
	void *data, Error **ret_error)
{
	_cleanup_free_ char *has = NULL;
	TreeWork *work = data;
	int r;

	(void)st;
	(void)inherited;
	r = filelabel_get(work->label, fd, &has, ret_error);
	if (r < 0 || filelabel_is_ours(work->label, has) || work->n_lines >= DIFFERENCES_MAX)
		return r;
	work->n_lines++;
	return strv_appendf(&work->lines, "%s: %s", path, has ? has : "no label") < 0
		       ? error_oom(ret_error)
		       : 0;
}

int label_check_tree(const Label *label, const char *path, char ***ret, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	TreeWork work = { .label = label };
	int r = has_files(label) ? real_path(path, &real, ret_error) : 0;

	if (r == 0 && real)
		r = filelabel_walk(real, compare_file, &work, ret_error);
	if (r < 0) {
		strv_free(work.lines);
		return error_wrap(ret_error, "container %s: cannot compare the labels of %s",
			label->container, path);
	}
	*ret = work.lines;
	return 0;
}
