/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors, progress and results.
 */
#include "cli/report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_AFTER 1000 /* milliseconds; what is faster needs no words */

/* A sentence may carry words of a container or of a user of the host, which are not to steer the
 * reader's terminal: control characters, C0 and C1 (in UTF-8 0xc2 0x80 to 0xc2 0x9f), become
 * question marks, but for those that are kept. */
static void put_harmless(FILE *out, const char *text, const char *kept)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool c1 = *p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;

		p += c1;
		if (c1 || *p == 0x7f || (*p < ' ' && !strchr(kept, *p)))
			(void)fputc('?', out);
		else
			(void)fputc(*p, out);
	}
}

void report_problem(const char *sentence)
{
	wait_end();
	(void)fflush(stdout); /* so that both come in order where they go to one file */
	(void)fprintf(stderr, "%s: ", program_invocation_short_name);
	put_harmless(stderr, sentence, "\n\t");
	(void)fputc('\n', stderr);
}

void report_error(const vsb_error *error)
{
	report_problem(error ? vsb_error_message(error) : "out of memory");
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

/* Length of the UTF-8 sequence at s, 0 if there is none. */
static size_t utf8_size(const unsigned char *s)
{
	size_t size = *s < 0x80	  ? 1
		      : *s < 0xc2 ? 0
		      : *s < 0xe0 ? 2
		      : *s < 0xf0 ? 3
		      : *s < 0xf5 ? 4
				  : 0;

	for (size_t i = 1; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates and what lies beyond U+10FFFF. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		(*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return size;
}

void put_json_string(const char *s)
{
	(void)putchar('"');
	while (*s) {
		size_t size = utf8_size((const unsigned char *)s);

		if (size == 0)
			(void)fputs("\\ufffd", stdout);
		else if (*s == '"' || *s == '\\')
			(void)printf("\\%c", *s);
		else if ((unsigned char)*s < ' ' || *s == 0x7f)
			(void)printf("\\u%04x", (unsigned char)*s);
		else if ((unsigned char)*s == 0xc2 && (unsigned char)s[1] < 0xa0) /* C1 */
			(void)printf("\\u%04x", (unsigned char)s[1]);
		else
			(void)fwrite(s, 1, size, stdout);
		s += size ? size : 1;
	}
	(void)putchar('"');
}

void put_line(const char *line)
{
	put_harmless(stdout, line, "\t");
	(void)putchar('\n');
}

void put_lines(char *const *lines)
{
	for (; lines && *lines; lines++)
		put_line(*lines);
}
