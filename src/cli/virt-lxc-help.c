/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Help of virt-lxc, printed from the tables in virsh's form.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/virt-lxc.h"

#define COMMAND_COLUMN 31 /* where the explanation of a command begins */
#define OPTION_COLUMN 30

void virt_help_program(void)
{
	(void)puts("Usage: virt-lxc [OPTION...] [COMMAND [ARGUMENT...]]\n"
		   "       virt-lxc [OPTION...] 'COMMAND...; COMMAND...'\n"
		   "Runs libvirt LXC domains without libvirt, with virsh's commands.\n"
		   "Without a command, reads commands from standard input.\n\n"
		   "  -c, --connect=URI     lxc:///, the only connection\n"
		   "  -r, --readonly        refuse commands that change anything\n"
		   "  -e, --escape=CHAR     leaves a console (default ^])\n"
		   "  -q, --quiet           no table headers, no blank lines\n"
		   "  -t, --timing          print how long each command took\n"
		   "  -d LEVEL              0 to 3: as --debug; 4: errors only\n"
		   "      --debug           print every step on standard error\n"
		   "  -k, -K NUMBER         no effect: no connection to keep alive\n"
		   "  -h, --help            show this text\n"
		   "  -v, -V, --version     show the version\n\n"
		   "For commands: virt-lxc help; for one: virt-lxc help COMMAND\n\n"
		   "Example: virt-lxc define helloworld.xml");
}

static void put_group(const VirtGroup *group)
{
	(void)printf(" %s (help keyword '%s'):\n", group->title, group->keyword);
	for (const VirtCommand *command = group->commands; command->name; command++)
		(void)printf("    %-*s%s\n", COMMAND_COLUMN - 4, command->name, command->help);
	(void)puts("");
}

/* What stands before and after an option's name. */
static const char *const forms[][2] = {
	[VIRT_BOOL] = { "[--", "]" },
	[VIRT_INT] = { "[--", " <number>]" },
	[VIRT_STRING] = { "[--", " <string>]" },
	[VIRT_DATA] = { "<", ">" },
	[VIRT_ARGV] = { "<", ">..." },
	[VIRT_REST] = { "[<", ">]..." },
};

static void put_synopsis(const VirtCommand *command)
{
	(void)printf("\n  SYNOPSIS\n    %s", command->name);
	for (const VirtOption *option = command->options; option->name; option++) {
		const char *const *form = forms[option->kind];

		if (option->kind == VIRT_DATA && option->named)
			(void)printf(" --%s <string>", option->name);
		else
			(void)printf(" %s%s%s", form[0], option->name, form[1]);
	}
	(void)puts("");
}

static void put_option(const VirtOption *option)
{
	static const char *const before[] = {
		[VIRT_BOOL] = "--",
		[VIRT_INT] = "--",
		[VIRT_STRING] = "--",
		[VIRT_DATA] = "[--]",
		[VIRT_ARGV] = "",
		[VIRT_REST] = "",
	};
	static const char *const after[] = {
		[VIRT_BOOL] = "",
		[VIRT_INT] = " <number>",
		[VIRT_STRING] = " <string>",
		[VIRT_DATA] = "",
		[VIRT_ARGV] = "...",
		[VIRT_REST] = "...",
	};
	char text[64];

	(void)snprintf(text, sizeof(text), "%s%s%s", before[option->kind], option->name,
		after[option->kind]);
	(void)printf("    %-*s %s\n", OPTION_COLUMN - 5, text, option->help);
}

static bool help_command(const VirtCommand *command)
{
	(void)printf("  NAME\n    %s - %s\n", command->name, command->help);
	put_synopsis(command);
	if (command->options->name)
		(void)puts("\n  OPTIONS");
	for (const VirtOption *option = command->options; option->name; option++)
		put_option(option);
	return true;
}

static bool run_help(VirtShell *shell, const VirtArgs *args)
{
	const char *word = virt_value(args, "command");
	const VirtCommand *command = word ? virt_command_find(word) : NULL;

	(void)shell;
	if (command)
		return help_command(command);
	if (!word)
		(void)puts("Grouped commands:\n");
	for (const VirtGroup *group = virt_groups; group->title; group++) {
		if (!word || strcmp(word, group->keyword) == 0)
			put_group(group);
		if (word && strcmp(word, group->keyword) == 0)
			return true;
	}
	return word ? virt_fail("command or command group '%s' doesn't exist", word) : true;
}

static bool run_quit(VirtShell *shell, const VirtArgs *args)
{
	(void)args;
	shell->ended = true;
	return true;
}

static bool run_echo(VirtShell *shell, const VirtArgs *args)
{
	for (size_t i = 0; i < args->n_rest; i++)
		virt_say("%s%s", i ? " " : "", args->rest[i]);
	virt_line(shell, "");
	return true;
}

static bool run_connect(VirtShell *shell, const VirtArgs *args)
{
	shell->readonly = virt_has(args, "readonly");
	return virt_connect(shell, virt_value(args, "name"));
}

static bool run_cd(VirtShell *shell, const VirtArgs *args)
{
	const char *home = getenv("HOME") ? getenv("HOME") : "/",
		   *path = virt_value(args, "dir") ? virt_value(args, "dir") : home;

	if (!shell->interactive)
		return virt_fail("cd: command valid only in interactive mode");
	return chdir(path) == 0 ? true : virt_fail("cd: %s: %s", strerror(errno), path);
}

static bool run_pwd(VirtShell *shell, const VirtArgs *args)
{
	char *path = getcwd(NULL, 0);

	(void)shell, (void)args;
	if (!path)
		return virt_fail("pwd: cannot get current directory: %s", strerror(errno));
	virt_say("%s\n", path);
	free(path);
	return true;
}

static const VirtOption help_options[] = {
	{ "command", VIRT_STRING, "command, or keyword of a group" }, {}
};
static const VirtOption connect_options[] = { { "name", VIRT_STRING,
						      "lxc:///; none: the usual one" },
	{ "readonly", VIRT_BOOL, "refuse commands that change anything" }, {} };
static const VirtOption cd_options[] = {
	{ "dir", VIRT_STRING, "directory; none: the home directory" }, {}
};
static const VirtOption no_options[] = { {} };
static const VirtOption echo_options[] = { { "string", VIRT_REST, "arguments to print" }, {} };

#define HELP                                                                                       \
	{                                                                                          \
		"help", "print help", help_options, run_help, true                                 \
	}

const VirtCommand virt_command_help = HELP;

const VirtCommand virt_shell_commands[] = {
	{ "cd", "change the current directory", cd_options, run_cd, true },
	{ "connect", "(re)connect, read-only or not", connect_options, run_connect, true },
	{ "echo", "print the arguments", echo_options, run_echo, true },
	{ "exit", "leave the interactive mode", no_options, run_quit, true },
	HELP,
	{ "pwd", "print the current directory", no_options, run_pwd, true },
	{ "quit", "leave the interactive mode", no_options, run_quit, true },
	{},
};
