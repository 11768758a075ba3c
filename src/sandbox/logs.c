/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * logs: what the console of a command said; or a container's own journal, read by the container's own journalctl. Journal files are written by whoever is
 * root inside, so they are never parsed by a process of the host: a stopped container's journal is read in a sandbox made for it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"
#include "engine/keep/outcome.h"
#include "engine/keep/state.h"
#include "sandbox/execute.h"
#include "sandbox/handle.h"
#include "content/image.h"
#include "sandbox/registry.h"

#define LOGS_SILENCE 60 /* seconds until a reader of what a container wrote is given up */
#define LOGS_JOURNAL "var/log/journal" /* below the tree */

/* The value of an argument --namespace=, which may be shortened, or NULL; and how many arguments it takes. */
static const char *logs_namespace(char **args, size_t *ret_n)
{
	const char *equals = strchr(*args, '=');
	size_t n = equals ? (size_t)(equals - *args) : strlen(*args);

	if (n < strlen("--na") || strncmp(*args, "--namespace", n) != 0)
		return NULL;
	*ret_n = equals || !args[1] ? 1 : 2;
	return equals ? equals + 1 : args[1];
}

static int logs_add_files(char ***argv, const char *journal, Error **ret_error)
{
	return strv_appendf(argv, "--file=/" LOGS_JOURNAL "/%s/*.journal*", journal) < 0
		       ? error_oom(ret_error)
		       : 0;
}

/* In a directory that it is given, journalctl looks for no namespace: the files of NAMESPACE, of +NAMESPACE (with the container's own), or of "*" (all). */
static int logs_add_namespace(
	const Container *c, int journal_fd, const char *namespace, char ***argv, Error **ret_error)
{
	bool all = strcmp(namespace, "*") == 0, both = *namespace == '+';
	_cleanup_free_ char *journal = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (all)
		return logs_add_files(argv, "*", ret_error);
	namespace += both;
	if (!*namespace || strpbrk(namespace, "/*?[\\"))
		return error_set(
			ret_error, EINVAL, "--namespace=%s: there is no such name", namespace);
	if (asprintf(&journal, "%s.%s", c->identity->uuid, namespace) < 0) {
		journal = NULL;
		return error_oom(ret_error);
	}
	fd = path_open_no_links(journal_fd, journal, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return error_set(ret_error, ENODATA,
			"container %s has no journal of the namespace %s", c->desc->name,
			namespace);
	r = both ? logs_add_files(argv, c->identity->uuid, ret_error) : 0;
	return r < 0 ? r : logs_add_files(argv, journal, ret_error);
}

/* With the container, which does not run: the files of its journal. */
static int logs_argv(
	const Container *c, int journal_fd, char **args, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **argv = NULL;
	bool named = false;
	int r = strv_append(&argv, "/usr/bin/journalctl");

	if (r >= 0)
		r = strv_append(&argv, "--no-pager");
	for (size_t n = 1; r >= 0 && args && *args; args += n) {
		const char *namespace = c ? logs_namespace(args, &n) : NULL;

		if (!namespace) {
			n = 1;
			r = strv_append(&argv, *args);
			continue;
		}
		r = logs_add_namespace(c, journal_fd, namespace, &argv, ret_error);
		if (r < 0)
			return r;
		named = true;
	}
	if (r >= 0 && c && !named)
		r = strv_append(&argv, "--directory=/" LOGS_JOURNAL);
	if (r < 0)
		return error_oom(ret_error);
	*ret = TAKE_PTR(argv);
	return 0;
}

/* Root inside may have put a link in the place of each of these directories: what it leads to on the host would be shown. Nobody can exchange them now,
 * as the container does not run. */
static int logs_open(const Desc *desc, const char *tree, Error **ret_error)
{
	_cleanup_fd_ int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (tree_fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", tree);
	fd = path_open_no_links(tree_fd, LOGS_JOURNAL, O_PATH | O_DIRECTORY, 0);
	if (fd == -ENOENT)
		return error_set(ret_error, ENODATA,
			"container %s has no journal yet; start it first", desc->name);
	if (fd == -ELOOP || fd == -ENOTDIR)
		return error_set(
			ret_error, -fd, "%s/%s is not a directory: refused", tree, LOGS_JOURNAL);
	return fd < 0 ? error_errno(ret_error, -fd, "cannot open %s/%s", tree, LOGS_JOURNAL) : fd;
}

/* -f, also among other letters, or --follow, which may be shortened. */
static bool logs_follow(char *const *args)
{
	STRV_FOREACH (arg, args) {
		if (strncmp(*arg, "--fo", 4) == 0)
			return true;
		for (const char *p = *arg + 1; **arg == '-' && *p && !strchr("-bcgnoptuDFMSTU", *p);
			p++)
			if (*p == 'f')
				return true;
	}
	return false;
}

/* What has the directories of its /var below it. */
static char *logs_top(const Container *c)
{
	return c->desc->kind == DESC_SYSTEM ? path_join(c->places.tree, SYSTEM_UPPER)
					    : strdup(c->places.tree);
}

/* Only systemd writes one, and of a full system it may have been told not to keep it. */
static bool logs_has_journal(const Container *c, bool stopped)
{
	_cleanup_free_ char *top = NULL, *journal = NULL;

	if (c->desc->kind != DESC_SYSTEM)
		return c->desc->kind == DESC_SERVICE && !desc_is_direct(c->desc);
	if (c->desc->root || !desc_init_is_systemd(c->desc))
		return false;
	top = logs_top(c);
	journal = top ? path_join(top, LOGS_JOURNAL) : NULL;
	return !stopped || (journal && file_exists(journal));
}

/* The journal directory, read-only, in a sandbox with nothing else of the container. */
static int logs_stopped(const Container *c, char **args, int *ret_status, Error **ret_error)
{
	_cleanup_free_ char *tree = logs_top(c),
			    *journal = tree ? path_join(tree, LOGS_JOURNAL) : NULL;
	_cleanup_desc_ Desc *reader = desc_new();
	_cleanup_fd_ int journal_fd = -EBADF;
	DescMount *mount;
	int r;

	if (!journal || !reader)
		return error_oom(ret_error);
	if (c->places.image && logs_follow(args))
		return error_set(ret_error, EINVAL,
			"container %s does not run and has its journal in an image, which nothing "
			"is "
			"added to meanwhile: --follow is for when it runs",
			c->desc->name);
	r = image_mount(&c->places, true, ret_error);
	if (r < 0)
		return r;
	journal_fd = logs_open(c->desc, tree, ret_error);
	if (journal_fd < 0)
		return journal_fd;
	r = logs_argv(c, journal_fd, args, &reader->command, ret_error);
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
	/* Its files may be made so that journalctl never comes to an end, and nobody can start what has its image in use. */
	return oneshot_show(reader, logs_follow(args) ? 0 : LOGS_SILENCE, ret_status, ret_error);
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

typedef struct ConsoleWish {
	uint64_t lines; /* of what was said before; UINT64_MAX: all that is kept */
	bool follow, terminal;
	int filter; /* state of text_filter() */
} ConsoleWish;

/* -n N, --lines=N and the like; NULL: it is another option. *ret_n: how many arguments it takes. */
static const char *console_lines(char **args, size_t *ret_n)
{
	const char *arg = *args, *value = strncmp(arg, "-n", 2) == 0 ? arg + 2 : NULL;

	if (strncmp(arg, "--lines", 7) == 0)
		value = arg[7] == '=' ? arg + 8 : !arg[7] ? arg + 7 : NULL;
	if (!value || *value)
		return value;
	*ret_n = args[1] ? 2 : 1;
	return args[1] ? args[1] : "10";
}

/* What journalctl has for journals; output of a command has no fields, and no times. */
static int console_wish(const char *name, char **args, ConsoleWish *ret, Error **ret_error)
{
	static const char *const without_effect[] = { "--no-pager", "-a", "--all", "-q", "--quiet",
		"-e", "--pager-end" };

	*ret = (ConsoleWish){ .lines = UINT64_MAX, .terminal = isatty(STDOUT_FILENO) };
	for (size_t n = 1; args && *args; args += n) {
		const char *lines = console_lines(args, &n);
		bool known = strcmp(*args, "-f") == 0 || strcmp(*args, "--follow") == 0;

		ret->follow = ret->follow || known;
		if (lines && strcmp(lines, "all") != 0 &&
			text_number(lines, UINT32_MAX, &ret->lines) < 0)
			return error_set(
				ret_error, EINVAL, "\"%s\" is not a number of lines", lines);
		for (size_t i = 0; i < ARRAY_SIZE(without_effect); i++)
			known = known || strcmp(*args, without_effect[i]) == 0;
		if (!known && !lines)
			return error_set(ret_error, EINVAL,
				"container %s runs a command, whose output has no fields and no times: \"%s\" "
				"has no meaning for it; -n and -f have",
				name, *args);
		if (!lines)
			n = 1;
	}
	if (ret->follow && ret->lines == UINT64_MAX)
		ret->lines = 10; /* as journalctl does */
	return 0;
}

static int console_write(const char *data, size_t size, ConsoleWish *wish)
{
	_cleanup_free_ char *clean = NULL;

	if (!wish->terminal)
		return fd_write_all(STDOUT_FILENO, data, size);
	clean = malloc(size + 1);
	return clean ? fd_write_all(
			       STDOUT_FILENO, clean, text_filter(&wish->filter, data, size, clean))
		     : -ENOMEM;
}

static int console_show(const char *data, size_t size, bool tail, void *user)
{
	ConsoleWish *wish = user;
	size_t begin = size, lines = 0;

	if (!tail)
		return console_write(data, size, wish);
	while (begin > 0 && (data[begin - 1] != '\n' || begin == size || ++lines < wish->lines))
		begin--;
	if (wish->lines == 0)
		begin = size;
	return console_write(data + begin, size - begin, wish);
}

/* A command has no journal: what it said last is on its console. */
static int logs_console(
	const RunState *state, const char *name, char **args, int *ret_status, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	ConsoleWish wish;
	int r = console_wish(name, args, &wish, ret_error);

	if (r < 0)
		return r;
	*ret_status = 0;
	if (wish.follow && state->phase != RUN_STOPPED)
		return supervisor_console_follow(name, console_show, &wish, ret_error);
	r = state->phase == RUN_STOPPED ? -ENOTCONN : supervisor_console_tail(name, &text, NULL);
	if (r < 0) /* or it has just ended */
		r = logs_outcome(name, &text, ret_error);
	if (r < 0)
		return r;
	r = console_show(text, strlen(text), true, &wish);
	return r < 0 ? error_errno(ret_error, -r, "cannot write to standard output") : 0;
}

PUBLIC int vsb_logs(const char *name, char **args, int *status, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_strv_ char **argv = NULL;
	_cleanup_container_ Container container = {};
	int r = sandbox_begin_running(name, &container, &state, error);
	if (r < 0)
		return r;
	if (!logs_has_journal(&container, state.phase == RUN_STOPPED))
		return logs_console(&state, name, args, status, error);
	if (state.phase == RUN_STOPPED)
		return logs_stopped(&container, args, status, error);
	r = logs_argv(NULL, -EBADF, args, &argv, error);
	return r < 0 ? r : execute_show(&container, argv, status, error);
}
