/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/report.h"

#define USEC_PER_SEC 1000000
#define EVENT_WORD_MAX 32

typedef struct Show {
	const Args *args;
	bool json, *seen; /* by word */
	int64_t since; /* microseconds since the epoch */
} Show;

static bool is_wanted(Show *show, const char *container)
{
	bool wanted = show->args->n_words == 0;

	for (size_t i = 0; i < show->args->n_words; i++)
		if (strcmp(show->args->words[i], container) == 0)
			wanted = show->seen[i] = true;
	return wanted;
}

static void refuse(const char *option, const char *word, const char *remedy)
{
	char problem[OPTION_PROBLEM_MAX];

	(void)snprintf(
		problem, sizeof(problem), "--%s does not know \"%s\"; %s", option, word, remedy);
	(void)report_usage("events", problem);
}

/* Calls for each word of each --event until one is answered with true. */
static bool any_event(
	const Args *args, bool (*is)(const char *word, const char *name), const char *name)
{
	for (size_t i = 0; i < args->n_given; i++) {
		const char *at = args->given[i].value;
		char word[EVENT_WORD_MAX];

		if (strcmp(args->given[i].option.name, "event") != 0)
			continue;
		for (;; at++) {
			size_t size = strcspn(at, ",");

			(void)snprintf(word, sizeof(word), "%.*s", (int)size, at);
			if (is(word, name))
				return true;
			at += size;
			if (!*at)
				break;
		}
	}
	return false;
}

static bool is_same(const char *word, const char *name)
{
	return strcmp(word, name) == 0;
}

static bool is_unknown(const char *word, const char *name)
{
	(void)name;
	if (vsb_event_is_known(word))
		return false;
	refuse("event", word, "virt-sandbox-service(1) lists all events");
	return true;
}

/* "90s", "15m", "2h", "3d" ago; or a local time. */
static bool read_since(const char *text, int64_t *ret)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
		"%Y-%m-%dT%H:%M:%S" };
	static const struct {
		char letter;
		int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (*text >= '0' && *text <= '9' && end - text < 8 && *end == units[i].letter &&
			!end[1]) {
			*ret = ((int64_t)time(NULL) - (int64_t)n * units[i].seconds) * USEC_PER_SEC;
			return true;
		}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm when = { .tm_isdst = -1 };
		const char *rest = strptime(text, forms[i], &when);

		if (!rest || *rest)
			continue;
		*ret = (int64_t)mktime(&when) * USEC_PER_SEC;
		return true;
	}
	refuse("since", text,
		"give how long ago, as 90s, 15m, 2h or 3d, or a local time, as \"2026-01-31 14:00\"");
	return false;
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

	if (!is_wanted(s, vsb_event_container(event)) || vsb_event_usec(event) < s->since ||
		(args_has(s->args, "event") && !any_event(s->args, is_same, vsb_event_name(event))))
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
	int code;

	if (any_event(args, is_unknown, NULL) ||
		(args_has(args, "since") && !read_since(args_value(args, "since"), &s.since)))
		return EXIT_USAGE;
	code = follow ? check_names(&s, false) : 0;

	if (code != 0)
		return code;
	if (vsb_events(follow, show, &s, &error) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	return check_names(&s, true);
}
