/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files are relabelled as those that a container is given, with the same memory; only that no container is called so.
 */
#include "label/host-files.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "label/kernel.h"
#include "label/relabel-journal.h"

#define HOST ".host" /* no container has a name with a dot at its beginning */
#define RULES "/etc/smack/accesses.d/virt-sandbox" /* systemd loads what is there at boot */
#define LOAD "/sys/fs/smackfs/load2"
#define ACCESS "rwxat"
#define NO_ACCESS "-----"

static int open_label(const LabelHost *host, Label **ret, Error **ret_error)
{
	const Labels labels = { .model = (char *)"smack",
		.process = (char *)HOST_FILES_LABEL,
		.file = (char *)HOST_FILES_LABEL,
		.relabel = true };

	return label_take_up_on(host, HOST, &labels, ret, ret_error);
}

/* Whose processes are the host's: the floor label's, those of init, and ours. */
static int subjects(const LabelHost *host, char ***ret, Error **ret_error)
{
	static const char *const whose[] = { "/proc/1/attr/smack/current",
		"/proc/thread-self/attr/smack/current" };

	if (strv_append(ret, "_") < 0)
		return error_oom(ret_error);
	for (size_t i = 0; i < ARRAY_SIZE(whose); i++) {
		_cleanup_free_ char *subject = NULL;
		int r = kernel_read(host, whose[i], &subject, ret_error);

		if (r < 0)
			return r;
		if (strv_append_unique(ret, subject) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

static int set_rules(const LabelHost *host, const char *access, char **ret_text, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL, **lines = NULL;
	int r = subjects(host, &names, ret_error);

	STRV_FOREACH (name, names) {
		_cleanup_free_ char *rule = NULL;

		if (r < 0)
			return r;
		if (asprintf(&rule, "%s " HOST_FILES_LABEL " %s", *name, access) < 0) {
			rule = NULL;
			return error_oom(ret_error);
		}
		if (strv_append(&lines, rule) < 0)
			return error_oom(ret_error);
		r = kernel_write(host, LOAD, rule, ret_error);
	}
	if (r < 0)
		return r;
	*ret_text = strv_join(lines, "\n");
	return *ret_text ? 0 : error_oom(ret_error);
}

/* The kernel knows the rules before a file has the label, and so does the next boot. */
static int admit_host(const LabelHost *host, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(host->root, RULES), *text = NULL, *line = NULL,
			    *directory = NULL;
	int r = set_rules(host, ACCESS, &text, ret_error);

	if (r < 0)
		return r;
	if (!path || asprintf(&line, "%s\n", text) < 0) {
		line = NULL;
		return error_oom(ret_error);
	}
	directory = strndup(path, (size_t)(path_base(path) - 1 - path));
	if (!directory)
		return error_oom(ret_error);
	r = file_mkdir_p(directory, 0755, ret_error);
	return r < 0 ? r : file_write_atomic(path, line, strlen(line), 0644, ret_error);
}

static int protect_found(const Label *label, char *const *paths, size_t n, Error **ret_error)
{
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		int r;

		if (stat(paths[i], &st) < 0 || !S_ISREG(st.st_mode)) /* gone, or no content */
			continue;
		r = label_relabel_tree(label, paths[i], ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

int host_files_protect(const LabelHost *host, char *const *patterns, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r = open_label(host, &label, ret_error);

	if (r == 0)
		r = admit_host(host, ret_error);
	STRV_FOREACH (pattern, patterns) {
		_cleanup_free_ char *full = path_join(host->root, *pattern);
		glob_t found = {};
		int q;

		if (r < 0)
			return r;
		if (!full)
			return error_oom(ret_error);
		q = glob(full, 0, NULL, &found);
		if (q == 0)
			r = protect_found(label, found.gl_pathv, found.gl_pathc, ret_error);
		else if (q != GLOB_NOMATCH)
			r = error_set(ret_error, EIO, "cannot look for %s", full);
		globfree(&found);
	}
	return r;
}

int host_files_release(const LabelHost *host, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(host->root, RULES), *text = NULL;
	_cleanup_label_ Label *label = NULL;
	int r = open_label(host, &label, ret_error);

	if (r == 0)
		r = label_restore_all(label, ret_error);
	if (r == 0)
		r = set_rules(host, NO_ACCESS, &text, ret_error);
	if (r < 0)
		return r;
	if (!path)
		return error_oom(ret_error);
	return unlink(path) < 0 && errno != ENOENT
		       ? error_errno(ret_error, errno, "cannot remove %s", path)
		       : 0;
}

bool host_files_are_private(void)
{
	_cleanup_relabel_journal_ RelabelJournal journal = {};

	return relabel_journal_load(HOST, &journal, NULL) == 0 && journal.n > 0;
}
