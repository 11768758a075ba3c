/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox: one command in a sandbox of its own. The time from here to the command's first
 * instruction is what the product is measured by: nothing is done that the command line did not
 * ask for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

#define PROGRAM "virt-sandbox"

/* Content is for containers that stay; a sandbox has none but what is mounted. */
static bool takes(const vsb_key *key)
{
	static const char *const others[] = { "service", "system", "content", "order", "restart",
		"health" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(vsb_key_section(key), others[i]) == 0)
			return false;
	return true;
}

static const Option rows[] = {
	{ "name", 'n', "NAME", "name of the sandbox", "core", "name" },
	{ "dry-run", 0, NULL, "print what would be started, change nothing" },
	{ "print-address", 0, NULL, "print its addresses on standard error" },
	{ "env-file", 0, "FILE", "file with NAME=VALUE lines, for the environment", .list = true },
	{},
};

static const Command command = {
	.arguments = "[--] COMMAND [ARGUMENT...]",
	.help = "Runs one command in its own sandbox, which is removed when it exits",
	.example = "-- /bin/sh -c 'echo hello'\n"
		   "-m host-bind:/srv=/data,readonly --memory 256M -- make -C /srv\n"
		   "-N default -U nobody -- /usr/bin/python3 -m http.server 8080",
	.max_words = WORDS_MANY,
	.mode = ARGS_LEADING,
	.takes_command = true,
	.options = { rows, takes },
};

static int describe(vsb_desc *desc, const Args *args, vsb_error **error)
{
	int r = command_describe(desc, args, error);
	for (size_t i = 0; r == 0 && i < args->n_words; i++)
		r = vsb_desc_set(desc, "command.argv", args->words[i], error);
	return r;
}

static int print(const vsb_desc *desc, int *ret_status, vsb_error **error)
{
	char *plan;
	int r = vsb_run_plan(desc, &plan, error);

	if (r < 0)
		return r;
	(void)fputs(plan, stdout);
	vsb_free(plan);
	*ret_status = 0;
	return 0;
}

/* Standard output is the command's. */
static void print_addresses(void *data, char *const *addresses)
{
	(void)data;
	for (; *addresses; addresses++)
		(void)fprintf(stderr, "%s\n", *addresses);
}

static int run(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_desc_ vsb_desc *desc = NULL;
	int status = EXIT_SANDBOX, r;

	r = vsb_desc_new(&desc, &error);
	if (r == 0)
		r = describe(desc, args, &error);
	if (r == 0)
		r = args_has(args, "dry-run")
			    ? print(desc, &status, &error)
			    : vsb_run_told(desc,
				      args_has(args, "print-address") ? print_addresses : NULL,
				      NULL, &status, &error);
	if (error)
		report_error(error);
	return r < 0 ? EXIT_SANDBOX : status;
}

int main(int argc, char **argv)
{
	_cleanup_(args_done) Args args = {};
	int code = command_begin(&command, PROGRAM, argc > 0 ? argv + 1 : argv, &args);

	if (code > 0)
		return EXIT_SANDBOX;
	if (code == 0)
		return 0;
	if (args.n_words == 0 && (!args.command || !*args.command)) {
		(void)report_usage(NULL, "a command to run is missing");
		return EXIT_SANDBOX;
	}
	return run(&args);
}
