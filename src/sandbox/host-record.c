/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The record is a file of lines, "package NAME", "interpreter PATH REAL", "warning SENTENCE". For apt there is a file beside it, in apt's own directory, that
 * says what it must not think of as left over (apt.conf(5), NeverAutoRemove): dpkg need not run for that, as it would for a package that depends on them, nor
 * is an upgrade of the release held up by such a package.
 */
#include "sandbox/host-record.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"

#define FOLDER "host"
#define APT "/etc/apt/apt.conf.d"

static char *record_path(const char *name)
{
	return layout_pathf(LAYOUT_RESERVATIONS, FOLDER "/%s", name);
}

/* NULL and 0: there is no apt here. apt reads no file whose name has other endings. */
static int apt_path(const char *name, char **ret)
{
	_cleanup_free_ char *directory = NULL;

	*ret = NULL;
	if (asprintf(&directory, "%s" APT, layout_root()) < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	if (!file_exists(directory))
		return 0;
	if (asprintf(ret, "%s/90virt-sandbox-%s.conf", directory, name) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* A name of a package as a regular expression. */
static void append_pattern(Buf *buf, const char *package)
{
	buf_puts(buf, "\t\"^");
	for (; *package; package++)
		buf_printf(buf, strchr("+.", *package) ? "[%c]" : "%c", *package);
	buf_puts(buf, "$\";\n");
}

static int write_apt(const char *name, char *const *packages, Error **ret_error)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	int r = apt_path(name, &path);

	if (r < 0)
		return error_oom(ret_error);
	if (!path)
		return 0;
	buf_printf(&buf,
		"// Written by virt-sandbox: what the container %s runs.\nAPT::NeverAutoRemove {\n",
		name);
	STRV_FOREACH (package, packages)
		append_pattern(&buf, *package);
	buf_puts(&buf, "};\n");
	r = buf_take(&buf, &text, ret_error);
	return r < 0 ? r : file_write_unsynced(path, text, strlen(text), 0644, ret_error);
}

static void append_lines(Buf *buf, const char *word, char *const *values)
{
	STRV_FOREACH (value, values)
		if (!strchr(*value, '\n'))
			buf_printf(buf, "%s %s\n", word, *value);
}

int host_record_save(const char *name, const Plan *plan, Error **ret_error)
{
	_cleanup_free_ char *path = record_path(name), *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	int r = path ? file_mkdir_parent(path, ret_error) : error_oom(ret_error);

	append_lines(&buf, "package", plan->packages);
	append_lines(&buf, "interpreter", plan->interpreters);
	append_lines(&buf, "warning", plan->warnings);
	if (r == 0)
		r = buf_take(&buf, &text, ret_error);
	if (r == 0)
		r = file_write_unsynced(path, text, strlen(text), 0600, ret_error);
	return r < 0 ? r : write_apt(name, plan->packages, ret_error);
}

static int forget(const char *path, Error **ret_error)
{
	return path && unlink(path) < 0 && errno != ENOENT
		       ? error_errno(ret_error, errno, "cannot remove %s", path)
		       : 0;
}

int host_record_forget(const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = record_path(name), *apt = NULL;
	int r = path && apt_path(name, &apt) == 0 ? forget(path, ret_error) : error_oom(ret_error);

	return r < 0 ? r : forget(apt, ret_error);
}

static int read_record(const char *name, char ***ret, Error **ret_error)
{
	_cleanup_free_ char *path = record_path(name), *text = NULL;
	int r = path ? file_read_optional(path, &text, NULL, ret_error) : error_oom(ret_error);

	*ret = NULL;
	return r <= 0 ? r : strv_split(ret, text, "\n") < 0 ? error_oom(ret_error) : 1;
}

static int values_of(char *const *lines, const char *word, char ***ret)
{
	size_t size = strlen(word);

	STRV_FOREACH (line, lines)
		if (strncmp(*line, word, size) == 0 && (*line)[size] == ' ' &&
			strv_append(ret, *line + size + 1) < 0)
			return -ENOMEM;
	return 0;
}

int host_record_packages(const char *name, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **lines = NULL, **packages = NULL;
	int r = read_record(name, &lines, ret_error);

	if (r >= 0 && values_of(lines, "package", &packages) < 0)
		r = error_oom(ret_error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(packages);
	return 0;
}

int host_record_rename(const char *from, const char *to, Error **ret_error)
{
	_cleanup_free_ char *old = record_path(from), *new = record_path(to), *apt = NULL;
	_cleanup_strv_ char **packages = NULL;
	int r = old && new &&apt_path(from, &apt) == 0 ? 0 : error_oom(ret_error);

	if (r == 0 && file_exists(old) && rename(old, new) < 0)
		r = error_errno(ret_error, errno, "cannot rename %s to %s", old, new);
	if (r == 0 && file_exists(new))
		r = host_record_packages(to, &packages, ret_error);
	if (r == 0 && packages)
		r = write_apt(to, packages, ret_error);
	return r < 0 ? r : forget(apt, ret_error);
}

/* "PATH REAL": the same path, and another file. */
static int compare_interpreter(const char *now, char *const *before, char ***sentences)
{
	size_t path = strcspn(now, " ") + 1;

	STRV_FOREACH (old, before)
		if (strncmp(*old, now, path) == 0 && strcmp(*old + path, now + path) != 0)
			return strv_appendf(sentences,
				"%.*s led to %s when it was made, and leads to %s now: libraries that "
				"belong to it may not fit",
				(int)path - 1, now, *old + path, now + path);
	return 0;
}

int host_record_compare(const char *name, const Plan *plan, char ***sentences, Error **ret_error)
{
	_cleanup_strv_ char **lines = NULL, **warnings = NULL, **interpreters = NULL;
	int r = read_record(name, &lines, ret_error);

	if (r >= 0 && (values_of(lines, "warning", &warnings) < 0 ||
			      values_of(lines, "interpreter", &interpreters) < 0))
		r = error_oom(ret_error);
	if (r < 0)
		return r;
	STRV_FOREACH (warning, plan->warnings)
		if (!strv_contains(warnings, *warning) && strv_append(sentences, *warning) < 0)
			return error_oom(ret_error);
	STRV_FOREACH (now, plan->interpreters)
		if (compare_interpreter(*now, interpreters, sentences) < 0)
			return error_oom(ret_error);
	return 0;
}
