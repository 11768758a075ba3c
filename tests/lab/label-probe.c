/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For suites of the lab: the label of a container without the rest of it. No namespace stands between two processes that this program starts: what keeps
 * them apart is the label alone.
 *
 *	label-probe create NAME TREE [LEVEL]   reserves a label, makes TREE and TREE/file with it, prints "PROCESS FILE"
 *	label-probe static NAME LABEL          reserves a static label that may relabel, prints the same
 *	label-probe run NAME PROCESS FILE COMMAND...   runs it with the label, without the capabilities that override one
 *	label-probe check|relabel|restore NAME PROCESS FILE PATH
 *	label-probe release NAME
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "label/choose.h"

static int fail(const Error *error)
{
	fprintf(stderr, "label-probe: %s\n", error_message(error));
	return 1;
}

static int make_tree(const Label *label, const char *tree, Error **ret_error)
{
	_cleanup_free_ char *file = path_join(tree, "file");
	_cleanup_fd_ int fd = -EBADF, tree_fd = -EBADF;
	int r;

	if (!file)
		return error_oom(ret_error);
	r = label_create_begin(label, ret_error);
	if (r < 0)
		return r;
	if (mkdir(tree, 0777) < 0 || (tree_fd = open(tree, O_PATH | O_CLOEXEC)) < 0)
		return error_errno(ret_error, errno, "make %s", tree);
	r = label_set_fd(label, tree_fd, ret_error);
	if (r < 0)
		return r;
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_errno(ret_error, errno, "make %s", file);
	(void)fd_write_all(fd, "content\n", 8); /* a suite reads it */
	return label_create_end(label, ret_error);
}

/* What makes a container one: without its description its reservation is void. */
static int define(const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	int r = path ? file_mkdir_parent(path, ret_error) : error_oom(ret_error);

	return r < 0 ? r : file_write_unsynced(path, "", 0, 0600, ret_error);
}

static int release(const char *name)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	_cleanup_error_ Error *error = NULL;

	if (label_release(name, &error) < 0)
		return fail(error);
	return path && unlink(path) == 0 ? 0 : 1;
}

static int reserve(LabelWish *wish, const char *tree)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_label_ Label *label = NULL;

	wish->manager = true;
	if (define(wish->container, &error) < 0 || label_reserve(wish, &label, &error) < 0)
		return fail(error);
	if (tree && make_tree(label, tree, &error) < 0)
		return fail(error);
	printf("%s %s\n", label_process(label), label_file(label) ? label_file(label) : "-");
	return 0;
}

static int child(const Label *label, int proc_fd, char **argv)
{
	_cleanup_error_ Error *error = NULL;

	if (label_apply_self(label, proc_fd, &error) < 0)
		return fail(error);
	if (prctl(PR_CAPBSET_DROP, CAP_MAC_ADMIN, 0, 0, 0) < 0 ||
		prctl(PR_CAPBSET_DROP, CAP_MAC_OVERRIDE, 0, 0, 0) < 0)
		return 1;
	(void)execvp(argv[0], argv);
	perror(argv[0]);
	return 127;
}

/* Everything the command says goes to our standard output. */
static void relay(int from)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		(void)fd_write_all(1, buffer, (size_t)n);
}

static int run(const Label *label, char **argv)
{
	_cleanup_fd_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC),
			 null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	_cleanup_error_ Error *error = NULL;
	int status, output[2];
	pid_t pid;

	if (label_load(label, &error) < 0 || label_prepare(label, &error) < 0 ||
		label_pipe(label, output, &error) < 0)
		return fail(error);
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0) {
		if (dup2(null, 0) < 0 || dup2(output[1], 1) < 0 || dup2(output[1], 2) < 0)
			_exit(1);
		_exit(child(label, proc_fd, argv));
	}
	(void)close(output[1]);
	relay(output[0]);
	if (waitpid(pid, &status, 0) < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int check(const Label *label, const char *path)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_strv_ char **lines = NULL;

	if (label_check_tree(label, path, &lines, &error) < 0)
		return fail(error);
	STRV_FOREACH (line, lines)
		puts(*line);
	return 0;
}

static int with_label(int argc, char **argv)
{
	const Labels labels = { .model = (char *)label_model_of_host(),
		.process = argv[3],
		.file = strcmp(argv[4], "-") == 0 ? NULL : argv[4],
		.relabel = true,
		.manager = true };
	_cleanup_error_ Error *error = NULL;
	_cleanup_label_ Label *label = NULL;
	int r;

	if (label_take_up(argv[2], &labels, &label, &error) < 0)
		return fail(error);
	if (strcmp(argv[1], "run") == 0)
		return run(label, argv + 5);
	if (strcmp(argv[1], "check") == 0)
		return check(label, argv[5]);
	r = strcmp(argv[1], "relabel") == 0 ? label_relabel_tree(label, argv[5], &error)
					    : label_restore_tree(label, argv[5], &error);
	(void)argc;
	return r < 0 ? fail(error) : 0;
}

int main(int argc, char **argv)
{
	LabelWish wish = { .container = argc > 2 ? argv[2] : NULL };

	if (argc >= 4 && strcmp(argv[1], "create") == 0) {
		wish.level = argc > 4 ? argv[4] : NULL;
		return reserve(&wish, argv[3]);
	}
	if (argc == 4 && strcmp(argv[1], "static") == 0) {
		wish.fixed = true;
		wish.label = argv[3];
		return reserve(&wish, NULL);
	}
	if (argc == 3 && strcmp(argv[1], "release") == 0)
		return release(argv[2]);
	if (argc >= 6)
		return with_label(argc, argv);
	fprintf(stderr, "label-probe: see the head of label-probe.c\n");
	return 2;
}
