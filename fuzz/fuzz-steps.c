/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps of a service, one a line: what is taken is written and read back as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "direct/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_commands(char *const *commands)
{
	STRV_FOREACH (text, commands) {
		StepsCommand command;
		_cleanup_free_ char *again = NULL;
		_cleanup_strv_ char **expanded = NULL;

		if (steps_command_parse(*text, &command) < 0)
			abort();
		again = steps_command_format(&command);
		expanded = variables_expand(command.argv, (char *[]){ (char *)"A=b c", NULL });
		steps_command_done(&command);
		if (!again || !expanded || steps_command_parse(again, &command) < 0)
			abort();
		steps_command_done(&command);
	}
}

static void check_steps(char *const *words)
{
	_cleanup_strv_ char **once = NULL, **twice = NULL;
	const char *bad;
	Steps steps;

	if (steps_parse(words, strv_length(words), &steps, &bad) < 0)
		return;
	check_commands(steps.start);
	if (steps_format(&steps, &once) < 0)
		abort();
	steps_done(&steps);
	if (steps_parse(once, strv_length(once), &steps, &bad) < 0 ||
		steps_format(&steps, &twice) < 0 || !strv_equal(once, twice))
		abort();
	steps_done(&steps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	_cleanup_strv_ char **words = NULL;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (strv_split(&words, text, "\n") == 0)
		check_steps(words);
	return 0;
}
