/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Are the units up? Three questions, one after the other, the last two only for a unit that is not: its state, a journal that is complete, and what stands in there.
 */
#include "engine/keep/unit-check.h"

#include "base/macro.h"
#include "engine/keep/readiness.h"

#define AGAIN_SECONDS 1 /* until a unit that is tried again is looked at */

void unit_check_init(UnitCheck *check, Loop *loop, const UnitCheckCalls *calls, void *data)
{
	*check = (UnitCheck){ .loop = loop, .calls = calls, .data = data };
}

void unit_check_stop(UnitCheck *check)
{
	loop_stop_timer(check->loop, &check->again);
	check->error = error_free(check->error);
}

static int ask(UnitCheck *check, char **argv, InquiryAnswer answer, Error **ret_error)
{
	return inquiry_begin(check->inquiry, &check->container, argv, answer, check, ret_error);
}

/* What is known of the unit counts, whatever happened after that. */
static void fail(UnitCheck *check, Error **error)
{
	_cleanup_error_ Error *reason = check->error ? TAKE_PTR(check->error) : TAKE_PTR(*error);

	unit_check_stop(check);
	check->calls->failed(check->data, &reason);
}

/* Without a journal the reason stays as it is. */
static void on_journal(void *data, int status, const char *output, Error **silence)
{
	UnitCheck *check = data;
	_cleanup_free_ char *lines = *silence ? NULL : readiness_log_lines(output);
	Error *longer = NULL;

	(void)status;
	if (lines && *lines)
		(void)error_set(&longer, error_errnum(check->error), "%s; its journal says:%s",
			error_message(check->error), lines);
	if (longer) {
		error_free(check->error);
		check->error = longer;
	}
	fail(check, silence);
}

static void on_synced(void *data, int status, const char *output, Error **error)
{
	UnitCheck *check = data;

	(void)status; /* an older journald cannot: what it has will do */
	(void)output;
	if (*error || ask(check, readiness_journal_command(check->down, check->since), on_journal,
			      error) < 0)
		fail(check, error);
}

/* The unit and its state become the reason; its journal is asked for and will follow, once it is complete. */
static void on_unit_down(UnitCheck *check, const char *unit, const char *state)
{
	_cleanup_error_ Error *error = NULL;

	check->down = unit;
	(void)error_set(&check->error, ECHILD, "%s did not start: it is %s", unit, state);
	if (ask(check, readiness_sync_command(), on_synced, &error) < 0)
		fail(check, &error);
}

static void ask_units(void *data);

static void on_units(void *data, int status, const char *output, Error **error)
{
	UnitCheck *check = data;
	_cleanup_free_ char *state = NULL;
	const char *unit;
	int r;

	if (!*error && status != 0)
		(void)error_set(error, EIO, "systemctl ended inside with status %d", status);
	r = *error ? -error_errnum(*error)
		   : readiness_check(
			     output, check->container.spec->keep.units, &unit, &state, error);
	if (r < 0)
		fail(check, error);
	else if (r == READINESS_DOWN)
		on_unit_down(check, unit, state);
	else if (r == READINESS_AGAIN)
		loop_set_timer(
			check->loop, &check->again, deadline_in(AGAIN_SECONDS), ask_units, check);
	else
		check->calls->up(check->data, output);
}

static void ask_units(void *data)
{
	UnitCheck *check = data;
	_cleanup_error_ Error *error = NULL;

	if (ask(check, readiness_show_command(check->container.spec->keep.units), on_units,
		    &error) < 0)
		fail(check, &error);
}

void unit_check_begin(UnitCheck *check, Inquiry *inquiry, const EnterSpec *container, int64_t since)
{
	unit_check_stop(check);
	check->inquiry = inquiry;
	check->container = *container;
	check->since = since;
	ask_units(check);
}
