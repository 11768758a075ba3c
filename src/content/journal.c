/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal of one tree, and undo.
 */
#include "content/journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

#define HEADER "virt-sandbox-journal 1"

void plan_remarks_done(PlanRemarks *remarks)
{
	strv_free(remarks->withheld_keys);
	strv_free(remarks->modified_during_copy);
	strv_free(remarks->dangling_links);
	strv_free(remarks->devices);
	strv_free(remarks->foreign_owners);
	*remarks = (PlanRemarks){ 0 };
}

void journal_text_done(JournalText *text)
{
	free(text->temporary);
	free(text->tree);
	plan_remarks_done(&text->remarks);
	*text = (JournalText){ 0 };
}

/* A tree is at least two levels deep: no journal can make us remove /etc. */
static bool tree_path(const char *path)
{
	return path_is_normal(path) && strchr(path + 1, '/');
}

static bool beside(const char *a, const char *b)
{
	size_t n = (size_t)(path_base(a) - a);

	return n == (size_t)(path_base(b) - b) && strncmp(a, b, n) == 0;
}

static int parse_tree(JournalText *text, const char *value)
{
	char *end;

	errno = 0;
	text->inode = strtoull(value, &end, 10);
	if (errno == 0 && end != value && end[0] == ' ' && end[1] >= '0' && end[1] <= '9')
		text->born = strtoull(end + 1, &end, 10);
	if (errno != 0 || end == value || *value < '0' || *value > '9' || *end != ' ' ||
		!tree_path(end + 1) || text->tree || !text->temporary ||
		!beside(text->temporary, end + 1))
		return -EBADMSG;
	text->tree = strdup(end + 1);
	return text->tree ? 0 : -ENOMEM;
}

static int parse_remark(char ***remarks, const char *path)
{
	if (!path_is_normal(path) || strv_length(*remarks) >= JOURNAL_REMARKS_MAX)
		return -EBADMSG;
	return strv_append(remarks, path);
}

static int parse_line(JournalText *text, const char *line)
{
	if (strncmp(line, "temporary ", 10) == 0) {
		if (text->temporary || !tree_path(line + 10))
			return -EBADMSG;
		text->temporary = strdup(line + 10);
		return text->temporary ? 0 : -ENOMEM;
	}
	if (strncmp(line, "tree ", 5) == 0)
		return parse_tree(text, line + 5);
	if (strncmp(line, "kept-back ", 10) == 0)
		return parse_remark(&text->remarks.withheld_keys, line + 10);
	if (strncmp(line, "changing ", 9) == 0)
		return parse_remark(&text->remarks.modified_during_copy, line + 9);
	if (strncmp(line, "beyond ", 7) == 0)
		return parse_remark(&text->remarks.foreign_owners, line + 7);
	if (strncmp(line, "device ", 7) == 0)
		return parse_remark(&text->remarks.devices, line + 7);
	if (strncmp(line, "astray ", 7) == 0)
		return parse_remark(&text->remarks.dangling_links, line + 7);
	if (strcmp(line, "done") != 0 || !text->tree)
		return -EBADMSG;
	text->done = true;
	return 0;
}

int journal_parse(const char *text, JournalText *ret, Error **ret_error)
{
	_cleanup_(journal_text_done) JournalText parsed = { 0 };
	_cleanup_free_ char *copy = strdup(text);
	char *line = copy, *newline;
	unsigned int number = 0;
	int r;

	if (!copy)
		return error_oom(ret_error);
	for (; (newline = strchr(line, '\n')); line = newline + 1) {
		*newline = '\0';
		number++;
		r = number > 1			? parse_line(&parsed, line)
		    : strcmp(line, HEADER) == 0 ? 0
						: -EBADMSG;
		if (r == -ENOMEM)
			return error_oom(ret_error);
		if (r < 0)
			return error_set(ret_error, EBADMSG, "line %u is damaged", number);
	}
	*ret = parsed;
	parsed = (JournalText){ 0 };
	return 0;
}

int journal_open(const char *path, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot create journal %s", path);
	r = journal_write(fd, HEADER);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot write journal %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int journal_write(int fd, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL, *line = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	text = text_formatv(fmt, ap);
	va_end(ap);
	if (!text)
		return -ENOMEM;
	n = asprintf(&line, "%s\n", text);
	if (n < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return fd_write_all(fd, line, (size_t)n);
}

int journal_remark(int fd, const char *what, const char *path)
{
	_cleanup_free_ char *line = strdup(path);

	if (!line)
		return -ENOMEM;
	if (strlen(line) >= PATH_MAX) /* nobody can name it */
		return 0;
	for (char *newline = strchr(line, '\n'); newline; newline = strchr(newline, '\n'))
		*newline = '?';
	return journal_write(fd, "%s %s", what, line);
}

static int load(const char *journal, JournalText *ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = file_read_optional(journal, &text, &size, ret_error);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	if (strlen(text) != size)
		return error_set(ret_error, EBADMSG,
			"journal %s is damaged: it holds a NUL byte; look at it and remove it",
			journal);
	r = journal_parse(text, ret, ret_error);
	if (r < 0)
		return error_wrap(
			ret_error, "journal %s; look at what it names and remove it", journal);
	return 0;
}

int journal_born(int fd, uint64_t *ret)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BTIME, &stx) < 0)
		return -errno;
	*ret = stx.stx_mask & STATX_BTIME ? (uint64_t)stx.stx_btime.tv_sec * UINT64_C(1000000000) +
						    stx.stx_btime.tv_nsec
					  : 0;
	return 0;
}

/* Is the directory the one that the journal tells of? 0, 1 or a negative errno. */
static int is_ours(const JournalText *text, int parent_fd, const char *name)
{
	_cleanup_fd_ int fd =
		openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t born = 0;
	struct stat st;
	int r;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = journal_born(fd, &born);
	if (r < 0)
		return r;
	return text->inode != 0 && st.st_ino == text->inode &&
	       (text->born == 0 || born == 0 || born == text->born);
}

/* Removes a directory of ours. Missing, or another's by now: nothing to do. One whose number is not in the journal yet had nothing in it. */
static int remove_ours(const JournalText *text, const char *path, Error **ret_error)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(path_base(path) - path));
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!parent)
		return error_oom(ret_error);
	fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0
				       : error_errno(ret_error, errno, "cannot open %s", parent);
	if (!text->tree) {
		if (unlinkat(fd, path_base(path), AT_REMOVEDIR) < 0 && errno != ENOENT &&
			errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
			return error_errno(ret_error, errno, "cannot remove %s", path);
		return 0;
	}
	r = is_ours(text, fd, path_base(path));
	if (r < 0)
		return error_errno(ret_error, -r, "cannot inspect %s", path);
	return r == 0 ? 0 : file_remove_tree(fd, path_base(path), ret_error);
}

int plan_undo(const char *journal, Error **ret_error)
{
	_cleanup_(journal_text_done) JournalText text = { 0 };
	int r = load(journal, &text, ret_error);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (text.temporary) {
		r = remove_ours(&text, text.temporary, ret_error);
		if (r < 0)
			return r;
	}
	if (text.tree) {
		r = remove_ours(&text, text.tree, ret_error);
		if (r < 0)
			return r;
	}
	if (unlink(journal) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove journal %s", journal);
	return 0;
}

int plan_remarks(const char *journal, PlanRemarks *ret, Error **ret_error)
{
	_cleanup_(journal_text_done) JournalText text = { 0 };
	int r = load(journal, &text, ret_error);

	if (r == -ENOENT)
		return error_set(ret_error, ENOENT, "there is no journal %s", journal);
	if (r < 0)
		return r;
	*ret = text.remarks;
	text.remarks = (PlanRemarks){ 0 };
	return 0;
}
