/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * events.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/report.h"

#define USEC_PER_SEC 1000000

typedef struct Show {
	const Args *args;
	bool json, *seen; /* by word */
} Show;

static bool is_wanted(Show *show, const char *container)
{
	bool wanted = show->args->n_words == 0;

	for (size_t i = 0; i < show->args->n_words; i++)
		if (strcmp(show->args->words[i], container) == 0)
			wanted = show->seen[i] = true;
	return wanted;
}

static void print_text(const vsb_event *event)
{
	const char *reason = vsb_event_reason(event);
	_cleanup_text_ char *clean = reason ? vsb_text_sanitize(reason, "") : NULL;
	time_t seconds = (time_t)(vsb_event_usec(event) / USEC_PER_SEC);
	struct tm when = {};
	char text[32];

	(void)localtime_r(&seconds, &when);
	(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &when);
	(void)printf("%s  %s  %s%s%s\n", text, vsb_event_container(event), vsb_event_name(event),
		clean ? "  " : "", clean ? clean : "");
}

static bool show(const vsb_event *event, void *data)
{
	Show *s = data;

	if (!is_wanted(s, vsb_event_container(event)))
		return true;
	if (s->json)
		(void)puts(vsb_event_json(event));
	else
		print_text(event);
	return fflush(stdout) == 0;
}

/* A name that neither is nor was one is a slip of the pen, not silence. */
static int check_names(const Show *s, bool seen)
{
	int code = 0;

	for (size_t i = 0; i < s->args->n_words; i++) {
		_cleanup_error_ vsb_error *error = NULL;
		_cleanup_info_ vsb_info *info = NULL;

		if ((seen && s->seen[i]) || vsb_info_of(s->args->words[i], &info, &error) >= 0)
			continue;
		report_error(error);
		code = EXIT_FAILED;
	}
	return code;
}

int run_events(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	bool seen[WORDS_MANY] = { false }, follow = args_has(args, "follow");
	Show s = { .args = args, .json = args_has(args, "json"), .seen = seen };
	int code = follow ? check_names(&s, false) : 0;

	if (code != 0)
		return code;
	if (vsb_events(follow, show, &s, &error) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	return check_names(&s, true);
}
