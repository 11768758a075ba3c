/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading command lines by a table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unit-test.h"
#include "cli/option.h"

static const Option rows[] = {
	{ "dry-run", 'n', NULL, "-" },
	{ "json", 0, NULL, "-" },
	{ "time", 't', "SECONDS", "-" },
	{ "unit", 'u', "UNIT", "-", .list = true },
	{},
};

static bool takes_live(const vsb_key *key)
{
	return vsb_key_is_live(key);
}

static const OptionSet set = { rows, takes_live };

#define WORDS(...) ((char **)(const char *[]){ __VA_ARGS__, NULL })

static void parse(Args *args, ArgsMode mode, char **argv)
{
	if (args_parse(args, &set, mode, argv) < 0)
		fail_msg("%s", args->problem);
}

static void refuse(char **argv, const char *problem)
{
	Args args;

	assert_int_equal(args_parse(&args, &set, ARGS_MIXED, argv), -EINVAL);
	assert_string_equal(args.problem, problem);
	args_done(&args);
}

TEST(forms)
{
	Args args;
	char **units;

	parse(&args, ARGS_MIXED,
		WORDS("-nu", "a", "web1", "--time=5", "-ub", "--unit", "", "-", "--", "-n", "--"));
	assert_true(args_has(&args, "dry-run"));
	assert_false(args_has(&args, "json"));
	assert_string_equal(args_value(&args, "time"), "5");
	units = args_values(&args, "unit");
	assert_string_equal(units[0], "a");
	assert_string_equal(units[1], "b");
	assert_string_equal(units[2], "");
	assert_null(units[3]);
	free(units);
	assert_int_equal(args.n_words, 2);
	assert_string_equal(args.words[0], "web1");
	assert_string_equal(args.words[1], "-");
	assert_null(args.words[2]);
	assert_string_equal(args.command[0], "-n");
	assert_string_equal(args.command[1], "--");
	assert_null(args.command[2]);
	args_done(&args);
}

TEST(leading)
{
	Args args;

	parse(&args, ARGS_LEADING, WORDS("-n", "ls", "-n", "--", "-x"));
	assert_int_equal(args.n_given, 1);
	assert_int_equal(args.n_words, 4);
	assert_string_equal(args.words[2], "--");
	assert_null(args.command);
	args_done(&args);
}

TEST(keys_are_options)
{
	Args args;

	parse(&args, ARGS_MIXED, WORDS("--memory", "1G", "-c", "lxc:///"));
	assert_string_equal(args.given[0].option.section, "resources");
	assert_string_equal(args.given[0].option.key, "memory");
	assert_null(args.given[1].option.key);
	assert_string_equal(args_value(&args, "connect"), "lxc:///");
	args_done(&args);
	refuse(WORDS("--mount=ram:/srv=1M"), "unknown option --mount"); /* not live */
}

TEST(problems)
{
	refuse(WORDS("--frob"), "unknown option --frob");
	refuse(WORDS("--tim", "1"), "unknown option --tim");
	refuse(WORDS("-nx"), "unknown option -x");
	refuse(WORDS("--time"), "option --time needs a value: SECONDS");
	refuse(WORDS("-nt"), "option -t needs a value: SECONDS");
	refuse(WORDS("--json=yes"), "option --json takes no value");
	refuse(WORDS("-n", "--dry-run"), "option --dry-run is given twice");
}
