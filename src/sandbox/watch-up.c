/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program that was executed is up for systemd, and may die a moment later: on its configuration, on a port, on what it lacks inside. That is seen in the state of its unit, or in
 * the number of times that systemd started it anew.
 */
#include "sandbox/watch-up.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "sandbox/execute.h"

#define WATCH_SECONDS 2

/* The value of a property in the lines of one unit; borrowed, up to the end of its line. */
static const char *property(const char *lines, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = lines; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, n) == 0 && line[n] == '=')
			return line + n + 1;
	}
	return "";
}

static int check(const Container *c, const char *unit, Error **ret_error)
{
	const char *const argv[] = { "systemctl", "show",
		"--property=ActiveState,Result,ExecMainStatus,NRestarts", "--", unit, NULL };
	_cleanup_free_ char *output = NULL;
	const char *state, *result, *number;
	int status, r = execute_capture(c, (char *const *)argv, &output, &status, ret_error);

	if (r < 0)
		return r;
	state = property(output, "ActiveState");
	result = property(output, "Result");
	number = property(output, "ExecMainStatus");
	if (status != 0 || strncmp(state, "active\n", strlen("active\n")) != 0)
		return error_set(ret_error, ECHILD,
			"%s did not stay up: it is %.*s (%.*s, status %.*s)", unit,
			(int)strcspn(state, "\n"), state, (int)strcspn(result, "\n"), result,
			(int)strcspn(number, "\n"), number);
	if (strtoul(property(output, "NRestarts"), NULL, 10) > 0)
		return error_set(
			ret_error, ECHILD, "%s did not stay up: systemd had to restart it", unit);
	return 0;
}

int watch_up(const Container *c, char *const *units, Error **ret_error)
{
	int r = 0;

	(void)deadline_poll(NULL, 0, deadline_in(WATCH_SECONDS)); /* there is nothing to hear */
	STRV_FOREACH (unit, units)
		if (r == 0)
			r = check(c, *unit, ret_error);
	return r;
}
