/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * edit.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

#define TEXT_MAX (4u << 20)

/* $VISUAL may have arguments. The keys that end a program are the editor's. */
static bool run_editor(const char *path)
{
	const char *visual = getenv("VISUAL"),
		   *editor = visual && *visual ? visual : getenv("EDITOR");
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	_cleanup_text_ char *script = NULL;
	int status = -1;
	pid_t pid;

	if (asprintf(&script, "%s \"$1\"", editor && *editor ? editor : "vi") < 0) {
		script = NULL;
		return false;
	}
	(void)sigaction(SIGINT, &ignore, &before);
	pid = fork();
	if (pid == 0) {
		(void)sigaction(SIGINT, &before, NULL);
		(void)execl("/bin/sh", "sh", "-c", script, "edit", path, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)sigaction(SIGINT, &before, NULL);
	return pid > 0 && status == 0;
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(TEXT_MAX + 1);
	size_t n = file && text ? fread(text, 1, TEXT_MAX + 1, file) : TEXT_MAX + 1;

	if (file)
		(void)fclose(file); /* read only */
	if (n > TEXT_MAX || memchr(text, '\0', n)) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static bool write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	bool good = file && fputs(text, file) >= 0;

	return file && fclose(file) == 0 && good;
}

static void print_changes(char *const *changes, char *const *notes, bool json)
{
	for (char *const *c = changes; !json && c && *c; c += 3) {
		_cleanup_text_ char *line = NULL;

		if (asprintf(&line, "%s: %s -> %s", c[0], *c[1] ? c[1] : "(not set)",
			    *c[2] ? c[2] : "(not set)") >= 0)
			put_line(line);
	}
	if (json) {
		(void)fputs("{\"changes\": [", stdout);
		put_json_changes(changes);
		(void)fputs("], \"notes\": ", stdout);
		put_json_strings(notes);
		(void)puts("}");
	} else {
		put_lines(notes);
	}
}

static bool wants_again(void)
{
	char answer[16];

	if (!isatty(STDIN_FILENO))
		return false;
	(void)fputs("Edit it again? [Y/n] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && *answer != 'n' && *answer != 'N';
}

/* 1: once more. */
static int edit(const char *name, const char *before, const char *path, bool json)
{
	_cleanup_strv_ char **changes = NULL, **notes = NULL;
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *text = NULL;
	int r;

	if (!run_editor(path)) {
		report_problem("the editor failed, or was not found; the description is unchanged");
		return -EIO;
	}
	text = read_text(path);
	if (!text) {
		report_problem("the result is not text; the description is unchanged");
		return -EIO;
	}
	r = strcmp(text, before) == 0 ? 0 : vsb_edit(name, text, &changes, &notes, &error);
	if (r >= 0) {
		print_changes(changes, notes, json);
		return 0;
	}
	report_error(error);
	if (wants_again())
		return 1;
	report_problem("the description is unchanged");
	return r;
}

int run_edit(const Args *args)
{
	char path[] = "/tmp/virt-sandbox-XXXXXX.sandbox";
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *text = NULL;
	int fd, r;

	if (vsb_description(args->words[0], &text, &error) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	fd = mkostemps(path, (int)strlen(".sandbox"), O_CLOEXEC); /* 0600: it may hold passwords */
	if (fd < 0) {
		report_problem("cannot make a file in /tmp to edit");
		return EXIT_FAILED;
	}
	(void)close(fd);
	r = write_text(path, text) ? 1 : -EIO;
	if (r < 0)
		report_problem("cannot write the file to edit");
	while (r > 0)
		r = edit(args->words[0], text, path, args_has(args, "json"));
	(void)unlink(path);
	return r < 0 ? EXIT_FAILED : 0;
}
