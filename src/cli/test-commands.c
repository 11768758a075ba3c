/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of commands has no holes.
 */
#include <string.h>

#include "base/unit-test.h"
#include "cli/command.h"

static void check_options(const OptionSet *set)
{
	Option option, other;

	for (size_t i = 0; option_at(set, i, &option); i++) {
		assert_true(option.help && *option.help);
		assert_true(!option.key ||
			    strlen(option.section) + strlen(option.key) + 2 <= OPTION_KEY_MAX);
		for (size_t j = 0; j < i && option_at(set, j, &other); j++) {
			assert_string_not_equal(option.name, other.name);
			assert_false(option.letter && option.letter == other.letter);
		}
	}
}

TEST(commands)
{
	for (const Command *command = service_commands; command->name; command++) {
		assert_true(!command->run != !command->each && !command->each == !command->doing);
		assert_true(*command->help && command->help[strlen(command->help) - 1] != '.');
		assert_true(command->min_words <= command->max_words);
		assert_true(strncmp(command->example, command->name, strlen(command->name)) == 0);
		assert_true((*command->arguments != 0) == (command->max_words > 0));
		assert_true(
			(strstr(command->arguments, "COMMAND") != NULL) == command->takes_command);
		check_options(&command->options);
		for (const Command *other = service_commands; other != command; other++)
			assert_string_not_equal(command->name, other->name);
	}
}
