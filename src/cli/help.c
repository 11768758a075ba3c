/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Help, printed from the tables. Fits 80 columns; a test looks.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/report.h"

#define OPTION_COLUMN 28 /* where the explanation of an option begins */
#define COMMAND_COLUMN 32

/* "  -u, --unitfile=UNIT" or "      --dry-run", and the number of columns that takes. */
static int put_option(const Option *option)
{
	int columns = option->letter ? printf("  -%c, ", option->letter) : printf("      ");

	columns += printf("--%s", option->name);
	if (option->argument)
		columns += printf("=%s", option->argument);
	return columns;
}

static void put_padding(int columns, int column)
{
	(void)printf("%*s", columns < column ? column - columns : 1, "");
}

void help_program(const char *program, const Command *commands)
{
	const OptionSet common = {};
	Option option;

	(void)printf("Usage: %s COMMAND [OPTION...] [ARGUMENT...]\n", program);
	(void)puts("Runs services of this host in secure containers; see also COMMAND --help.\n");
	for (const Command *command = commands; command->name; command++) {
		int columns = printf("  %s %s", command->name, command->arguments);

		put_padding(columns, COMMAND_COLUMN);
		(void)puts(command->help);
	}
	(void)puts("");
	for (size_t i = 0; option_at(&common, i, &option); i++)
		(void)put_option(&option);
	(void)printf("\nExample: %s create -C -u apache2.service web1\n", program);
}

static void put_example(const char *program, const Command *command)
{
	const char *line = command->example;

	(void)puts(strchr(line, '\n') ? "\nExamples:" : "\nExample:");
	while (line) {
		const char *end = strchr(line, '\n');

		(void)printf(
			"  %s %.*s\n", program, (int)(end ? end - line : (int)strlen(line)), line);
		line = end ? end + 1 : NULL;
	}
}

void help_command(const char *program, const Command *command)
{
	Option option;

	(void)printf("Usage: %s %s%s[OPTION...] %s\n", program, command->name ? command->name : "",
		command->name ? " " : "", command->arguments);
	(void)printf("%c%s.\n\n", toupper((unsigned char)*command->help), command->help + 1);
	for (size_t i = 0; option_at(&command->options, i, &option); i++) {
		put_padding(put_option(&option), OPTION_COLUMN);
		(void)puts(option.help);
	}
	put_example(program, command);
}
