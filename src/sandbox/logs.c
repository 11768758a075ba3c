/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * logs: what the console of a command said; or a container's own journal, read by the container's own journalctl. Journal files are written by whoever is
 * root inside, so they are never parsed by a process of the host: a stopped container's journal is read in a sandbox made for it.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/keep/outcome.h"
#include "engine/keep/state.h"
#include "sandbox/execute.h"
#include "sandbox/handle.h"
#include "content/image.h"
#include "sandbox/registry.h"

#define LOGS_JOURNAL "var/log/journal" /* below the tree */

static int logs_argv(const char *directory, char **args, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **argv = NULL;
	int r;

	r = strv_append(&argv, "/usr/bin/journalctl");
	if (r >= 0)
		r = strv_append(&argv, "--no-pager");
	if (r >= 0 && directory)
		r = strv_appendf(&argv, "--directory=%s", directory);
	STRV_FOREACH (arg, args)
		if (r >= 0)
			r = strv_append(&argv, *arg);
	if (r < 0)
		return error_oom(ret_error);
	*ret = TAKE_PTR(argv);
	return 0;
}

/* Root inside may have put a link in the place of each of these directories: what it leads to on the host would be shown. Nobody can exchange them now,
 * as the container does not run. */
static int logs_check(const Desc *desc, const char *tree, Error **ret_error)
{
	_cleanup_fd_ int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int fd = -EBADF;

	if (tree_fd < 0)
		return error_errno(ret_error, errno, "open %s", tree);
	fd = path_open_no_links(tree_fd, LOGS_JOURNAL, O_PATH | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		return error_set(ret_error, ENODATA,
			"container %s has no journal yet; start it first", desc->name);
	if (fd == -ELOOP || fd == -ENOTDIR)
		return error_set(
			ret_error, -fd, "%s/%s is not a directory: refused", tree, LOGS_JOURNAL);
	return fd < 0 ? error_errno(ret_error, -fd, "open %s/%s", tree, LOGS_JOURNAL) : 0;
}

/* The journal directory, read-only, in a sandbox with nothing else of the container. */
static int logs_stopped(const Container *c, char **args, int *ret_status, Error **ret_error)
{
	const char *tree = c->places.tree;
	_cleanup_free_ char *journal = path_join(tree, LOGS_JOURNAL);
	_cleanup_desc_ Desc *reader = desc_new();
	DescMount *mount;
	int r;

	if (!journal || !reader)
		return error_oom(ret_error);
	r = image_mount(&c->places, true, ret_error);
	if (r < 0)
		return r;
	r = logs_check(c->desc, tree, ret_error);
	if (r < 0)
		return r;
	r = logs_argv("/" LOGS_JOURNAL, args, &reader->command, ret_error);
	if (r < 0)
		return r;
	reader->kind = DESC_COMMAND;
	reader->security.model = c->desc->security.model;
	mount = desc_add_mount(reader);
	if (!mount)
		return error_oom(ret_error);
	mount->type = DESC_MOUNT_HOST_BIND;
	mount->readonly = true;
	mount->source = TAKE_PTR(journal);
	mount->target = strdup("/" LOGS_JOURNAL);
	if (!mount->target)
		return error_oom(ret_error);
	return oneshot_show(reader, ret_status, ret_error);
}

/* Of its last run. */
static int logs_outcome(const char *name, char **ret, Error **ret_error)
{
	_cleanup_outcome_ Outcome outcome = { 0 };
	int r = outcome_load(name, &outcome, ret_error);

	if (r < 0)
		return r;
	if (!outcome.said)
		return error_set(ret_error, ENODATA,
			"container %s has said nothing yet; start it first", name);
	*ret = TAKE_PTR(outcome.said);
	return 0;
}

/* A command has no journal: what it said last is on its console. */
static int logs_console(
	const RunState *state, const char *name, char **args, int *ret_status, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (args && *args)
		return error_set(ret_error, EINVAL,
			"container %s runs a command without a journal: its log takes no arguments",
			name);
	r = state->phase == RUN_STOPPED ? -ENOTCONN : supervisor_console_tail(name, &text, NULL);
	if (r < 0) /* or it has just ended */
		r = logs_outcome(name, &text, ret_error);
	if (r < 0)
		return r;
	r = fd_write_all(STDOUT_FILENO, text, strlen(text));
	if (r < 0)
		return error_errno(ret_error, -r, "write to standard output");
	*ret_status = 0;
	return 0;
}

PUBLIC int vsb_logs(const char *name, char **args, int *status, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_strv_ char **argv = NULL;
	_cleanup_container_ Container container = {};
	int r;

	r = sandbox_begin_look(name, &container, &state, error);
	if (r < 0)
		return r;
	if (container.desc->kind != DESC_SERVICE)
		return logs_console(&state, name, args, status, error);
	if (state.phase == RUN_STOPPED)
		return logs_stopped(&container, args, status, error);
	r = logs_argv(NULL, args, &argv, error);
	return r < 0 ? r : execute_show(&container, argv, status, error);
}
