/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors, progress and results.
 */
#include "cli/report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_AFTER 1000 /* milliseconds; what is faster needs no words */

/* A sentence may carry words of a container or of a user of the host, which are not to steer the
 * reader's terminal. */
static void put_sanitized(FILE *out, const char *text, const char *kept)
{
	char *clean = vsb_text_sanitize(text, kept);

	(void)fputs(clean ? clean : "out of memory", out);
	vsb_free(clean);
}

void report_problem(const char *sentence)
{
	wait_end();
	(void)fflush(stdout); /* so that both come in order where they go to one file */
	(void)fprintf(stderr, "%s: ", program_invocation_short_name);
	put_sanitized(stderr, sentence, "\n\t");
	(void)fputc('\n', stderr);
}

static const ParsedOption *about; /* the library knows keys, and not which option gave them */

void report_about(const ParsedOption *given)
{
	about = given;
}

void report_error(const vsb_error *error)
{
	const char *message = error ? vsb_error_message(error) : "out of memory";
	char *sentence = NULL;

	if (about && error) {
		bool letter = about->letter != 0;
		int n = asprintf(&sentence, "option %s%.*s: %s", letter ? "-" : "--",
			letter ? 1 : 64, letter ? &about->letter : about->option.name, message);

		if (n < 0)
			sentence = NULL;
	}
	report_problem(sentence ? sentence : message);
	free(sentence);
}

int report_usage(const char *command, const char *sentence)
{
	report_problem(sentence);
	(void)fprintf(stderr, "Try '%s%s%s --help'.\n", program_invocation_short_name,
		command ? " " : "", command ? command : "");
	return EXIT_USAGE;
}

static long long now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time); /* cannot fail for this clock */
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

void progress_show(const char *what, size_t done, size_t all, void *data)
{
	Progress *progress = data;

	if (progress->started == 0)
		progress->started = now();
	if (now() - progress->started < PROGRESS_AFTER || !isatty(STDERR_FILENO))
		return;
	progress->shown = true;
	if (all > 0)
		(void)fprintf(stderr, "\r\033[K%s, %zu of %zu", what, done, all);
	else
		(void)fprintf(stderr, "\r\033[K%s", what);
}

void progress_clear(const Progress *progress)
{
	if (progress->shown)
		(void)fputs("\r\033[K", stderr);
}

static struct {
	pid_t pid; /* of who tells, 0: nobody */
	long long started;
} waiting;

/* A child of its own: a signal handler, or a thread, would reach into what the library does meanwhile. */
_Noreturn static void tell_of_waiting(const char *doing, const char *what)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)usleep(PROGRESS_AFTER * 1000);
	(void)fprintf(stderr, "\r\033[K%s %s ", doing, what);
	for (;;) {
		(void)fputc('.', stderr);
		(void)sleep(1);
	}
}

void wait_begin(const char *doing, const char *what)
{
	wait_end();
	if (!isatty(STDERR_FILENO))
		return;
	(void)fflush(NULL); /* or the child would print it once more */
	waiting.started = now();
	waiting.pid = fork();
	if (waiting.pid == 0)
		tell_of_waiting(doing, what);
}

void wait_end(void)
{
	if (waiting.pid <= 0)
		return;
	(void)kill(waiting.pid, SIGKILL); /* it cannot have ended */
	(void)waitpid(waiting.pid, NULL, 0);
	if (now() - waiting.started >= PROGRESS_AFTER)
		(void)fputs("\r\033[K", stderr);
	waiting.pid = 0;
}

void format_amount(char text[AMOUNT_MAX], uint64_t bytes)
{
	static const char units[] = "KMGT";
	double amount = (double)bytes / 1024;
	size_t unit = 0;

	while (amount >= 1024 && units[unit + 1]) {
		amount /= 1024;
		unit++;
	}
	(void)snprintf(text, AMOUNT_MAX, "%.1f%c", amount, units[unit]);
}

void put_json_string(const char *s)
{
	char *json = vsb_text_json(s);

	(void)fputs(json ? json : "null", stdout);
	vsb_free(json);
}

void put_line(const char *line)
{
	put_sanitized(stdout, line, "\t");
	(void)putchar('\n');
}

void put_lines(char *const *lines)
{
	for (; lines && *lines; lines++)
		put_line(*lines);
}

void put_json_strings(char *const *strings)
{
	(void)putchar('[');
	for (size_t i = 0; strings && strings[i]; i++) {
		(void)fputs(i > 0 ? ",\n" : "\n", stdout);
		put_json_string(strings[i]);
	}
	(void)puts("\n]");
}

void put_json_changes(char *const *changes)
{
	for (char *const *c = changes; c && *c; c += 3) {
		(void)fputs(c == changes ? "{\"key\": " : ", {\"key\": ", stdout);
		put_json_string(c[0]);
		(void)fputs(", \"before\": ", stdout);
		put_json_string(c[1]);
		(void)fputs(", \"described\": ", stdout);
		put_json_string(c[2]);
		(void)fputs("}", stdout);
	}
}
