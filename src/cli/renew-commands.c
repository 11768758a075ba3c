/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * restart and upgrade: containers after the host's packages changed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/life-options.h"

static bool is_asked_for(const Args *args, const char *name)
{
	for (size_t i = 0; i < args->n_words; i++)
		if (strcmp(args->words[i], name) == 0)
			return true;
	return args->n_words == 0;
}

static bool all_exist(const Args *args)
{
	bool all = true;

	for (size_t i = 0; i < args->n_words; i++) {
		_cleanup_error_ vsb_error *error = NULL;
		_cleanup_info_ vsb_info *info = NULL;

		if (vsb_info_of(args->words[i], &info, &error) < 0) {
			report_error(error);
			all = false;
		}
	}
	return all;
}

static bool has_policy(const char *name, const char *policy)
{
	_cleanup_strv_ char **values = NULL;
	_cleanup_desc_ vsb_desc *desc = NULL;

	return vsb_desc_load(name, &desc, NULL) == 0 &&
	       vsb_desc_get(desc, "restart.on-upgrade", &values, NULL) == 0 && values &&
	       strcmp(*values, policy) == 0;
}

static void put_notes(const char *name, char *const *notes)
{
	for (char *const *note = notes; note && *note; note++) {
		char *line = NULL;

		if (asprintf(&line, "%s: %s", name, *note) < 0)
			return;
		put_line(line);
		free(line);
	}
}

static int restart(const char *name, const Args *args, vsb_error **error)
{
	int r = vsb_restart_draining(name, (unsigned int)seconds_of(args, "drain", 0),
		(unsigned int)stop_seconds(args), error);

	wait_end();
	if (r == 0)
		warn_of_network(name);
	return r < 0 ? r : print_address(name, args, error);
}

static int restart_one(const char *name, const Args *args, vsb_error **error)
{
	unsigned int seconds = (unsigned int)stop_seconds(args);
	_cleanup_strv_ char **notes = NULL;
	int r;

	wait_begin("restarting", name);
	r = args_has(args, "one-by-one")
		    ? vsb_renew(name, true, seconds, &notes, error)
		    : vsb_restart_draining(
			      name, (unsigned int)seconds_of(args, "drain", 0), seconds, error);
	wait_end();
	if (r < 0)
		return r;
	(void)puts(name);
	put_notes(name, notes);
	(void)fflush(stdout); /* the next one may take a while */
	return 0;
}

/* One after the other, so that of several containers of one service some always answer. One that is never to be restarted for an upgrade is asked for by name. */
static int restart_stale(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_list_ vsb_info **infos = NULL;

	if (!all_exist(args))
		return EXIT_FAILED;
	if (vsb_list(&infos, &error) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	for (vsb_info **i = infos; *i; i++) {
		_cleanup_error_ vsb_error *failure = NULL;
		const char *name = vsb_info_name(*i);

		if (!vsb_info_is_stale(*i) || !is_asked_for(args, name) ||
			(args->n_words == 0 && has_policy(name, "never")))
			continue;
		if (restart_one(name, args, &failure) < 0) {
			report_error(failure);
			return EXIT_FAILED;
		}
	}
	return 0;
}

int run_restart(const Args *args)
{
	if (stop_seconds(args) < 0)
		return report_usage("restart", STOP_SECONDS_PROBLEM);
	if (seconds_of(args, "drain", 0) < 0)
		return report_usage("restart", "--drain expects a number of seconds up to one day");
	if (args_has(args, "one-by-one") && args_has(args, "drain"))
		return report_usage("restart", "--drain is not for --one-by-one");
	if (args_has(args, "one-by-one") && !args_has(args, "stale"))
		return report_usage("restart", "--one-by-one is for --stale");
	if (args->n_words == 0 && !args_has(args, "stale"))
		return report_usage("restart", "restart expects a name, or --stale");
	if (args_has(args, "stale"))
		return restart_stale(args);
	return command_each(args, "restarting", restart);
}

/* -- upgrade -- */

static int upgrade(const char *name, const Args *args, vsb_error **error)
{
	_cleanup_strv_ char **notes = NULL;
	const char *base = args_value(args, "base");
	int r;

	if (base)
		return vsb_move_to_base(name, base, error);
	r = vsb_upgrade(name, args_has(args, "dry-run"), &notes, error);
	wait_end();
	for (size_t i = 0; r == 0 && notes && notes[i]; i++) {
		if (args->n_words > 1) /* whose file it is */
			(void)printf("%s: ", name);
		put_line(notes[i]);
	}
	return r;
}

typedef struct Round { /* over all containers */
	const Args *args;
	bool json, any; /* any: something was printed */
	bool found; /* --check: something is to be done */
	int code;
} Round;

static void print_result(Round *round, const char *name, const char *result, char *const *lines)
{
	if (!round->json) {
		if (result)
			(void)printf("%s: %s\n", name, result);
		put_notes(name, lines);
	} else {
		(void)fputs(round->any ? ",\n{ \"name\": " : "[{ \"name\": ", stdout);
		put_json_string(name);
		(void)fputs(", \"result\": ", stdout);
		put_json_string(result				   ? result
				: args_has(round->args, "dry-run") ? "behind"
								   : "upgraded");
		(void)fputs(", \"notes\": ", stdout);
		put_json_strings(lines);
		(void)fputs(" }", stdout);
		round->any = true;
	}
	(void)fflush(stdout); /* the next one may take a while */
}

/* One that runs: 1: it was restarted. */
static int upgrade_running(Round *round, const char *name, char *const *foreseen, vsb_error **error)
{
	_cleanup_strv_ char **notes = NULL;
	int r = vsb_renew(name, false, DEFAULT_STOP_SECONDS, &notes, error);

	wait_end();
	if (r > 0)
		print_result(round, name, "restarted", notes);
	else if (r == 0 && !args_has(round->args, "by-policy"))
		print_result(round, name, "keeps running, as its on-upgrade says", foreseen);
	return r;
}

static int upgrade_one(Round *round, const vsb_info *info, vsb_error **error)
{
	const char *name = vsb_info_name(info);
	bool dry_run = args_has(round->args, "dry-run");
	_cleanup_strv_ char **notes = NULL;
	int r;

	if (args_has(round->args, "by-policy") && !has_policy(name, "restart") &&
		!has_policy(name, "units"))
		return 0;
	wait_begin("upgrading", name);
	if (!dry_run && vsb_info_pid(info) == 0) {
		r = vsb_upgrade(name, false, &notes, error);
	} else {
		r = vsb_upgrade(name, true, &notes, error);
		if (r == 0 && !dry_run && (notes || vsb_info_is_stale(info)))
			return upgrade_running(round, name, notes, error);
	}
	wait_end();
	if (r == 0 && notes)
		print_result(round, name, NULL, notes);
	return r;
}

/* What is found of one: "stale", "broken", "behind", each with a sentence. */
static int check_one(Round *round, const vsb_info *info, vsb_error **error)
{
	_cleanup_strv_ char **findings = NULL;
	const char *name = vsb_info_name(info);
	int r;

	wait_begin("checking", name);
	r = vsb_upgrade_check(name, &findings, error);
	wait_end();
	for (char *const *f = findings; r == 0 && f && *f; f += 2) {
		char *line[] = { f[1], NULL };

		round->found = true;
		if (round->json) {
			print_result(round, name, f[0], line);
		} else {
			(void)printf("%s: %s: ", name, f[0]);
			put_line(f[1]);
		}
	}
	return r;
}

/* Those with programs of their own are not the host's to upgrade. Where one that was restarted fails, those that come after it stay as they are. */
static int upgrade_all(Round *round)
{
	int (*const work)(Round *, const vsb_info *, vsb_error **) =
		args_has(round->args, "check") ? check_one : upgrade_one;
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_list_ vsb_info **infos = NULL;

	if (vsb_list(&infos, &error) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	for (vsb_info **i = infos; *i; i++) {
		_cleanup_error_ vsb_error *failure = NULL;
		int r, code;

		if (!is_asked_for(round->args, vsb_info_name(*i)))
			continue;
		r = work(round, *i, &failure);
		wait_end();
		code = failure ? vsb_error_code(failure) : ENOMEM;
		if (r >= 0 || (code == EOPNOTSUPP && round->args->n_words == 0) ||
			(code == ETXTBSY && args_has(round->args, "by-policy")))
			continue;
		report_error(failure);
		round->code = EXIT_FAILED;
		if (vsb_info_pid(*i) > 0 && work == upgrade_one &&
			!args_has(round->args, "dry-run"))
			break;
	}
	if (round->json)
		(void)puts(round->any ? "]" : "[]");
	return round->code ? round->code : round->found ? EXIT_DIFFERS : 0;
}

static const char *upgrade_problem(const Args *args)
{
	bool all = args_has(args, "all"), check = args_has(args, "check");

	if (args_has(args, "base") && args_has(args, "dry-run"))
		return "--dry-run is not for --base";
	if (args_has(args, "base") && (all || check))
		return "--base is neither for --all nor for --check";
	if (check && args_has(args, "dry-run"))
		return "--check changes nothing; --dry-run is for upgrade without it";
	if (args_has(args, "by-policy") && (!all || check))
		return "--by-policy is for upgrade --all";
	if (args_has(args, "json") && !all && !check)
		return "--json is for --all and --check";
	if (all && args->n_words > 0)
		return "with --all, upgrade takes no names";
	return !all && args->n_words == 0 ? "upgrade expects a name, or --all" : NULL;
}

int run_upgrade(const Args *args)
{
	Round round = { .args = args, .json = args_has(args, "json") };
	bool check = args_has(args, "check");
	const char *problem = upgrade_problem(args);

	if (problem)
		return report_usage("upgrade", problem);
	if (check && !all_exist(args))
		return EXIT_FAILED;
	return check || args_has(args, "all") ? upgrade_all(&round)
					      : command_each(args, "upgrading", upgrade);
}
