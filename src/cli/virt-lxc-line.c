/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading lines, by libedit at a terminal. It is loaded only there: a command that is given on the command line is not to wait for it.
 */
#include "cli/virt-lxc-line.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBEDIT "libedit.so.2" /* editline/readline.h is its interface since 2003 */

typedef struct Editor {
	char *(*readline)(const char *prompt);
	int (*add_history)(const char *line);
} Editor;

static bool load(Editor *editor)
{
	static void *library;

	library = library ? library : dlopen(LIBEDIT, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return false;
	*(void **)&editor->readline = dlsym(library, "readline");
	*(void **)&editor->add_history = dlsym(library, "add_history");
	return editor->readline && editor->add_history;
}

static char *read_plain(const char *prompt)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	if (prompt) {
		(void)fputs(prompt, stdout);
		(void)fflush(stdout);
	}
	size = getline(&line, &room, stdin);
	if (size < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

char *virt_line_read(const char *prompt)
{
	Editor editor;
	char *line;

	if (!prompt || !load(&editor))
		return read_plain(prompt);
	line = editor.readline(prompt);
	if (line && *line)
		(void)editor.add_history(line);
	return line;
}
