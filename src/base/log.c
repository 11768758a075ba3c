/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Telling steps.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define LOG_LINE_MAX 512 /* bytes; a longer line is cut */
#define VARIABLE "VIRT_SANDBOX_DEBUG"

bool log_on;
static int log_fd = STDERR_FILENO;

/* secure_getenv: what a set-user-id caller of the library does is nobody's business. */
__attribute__((constructor)) static void read_environment(void)
{
	const char *value = secure_getenv(VARIABLE);

	log_on = value && *value && strcmp(value, "0") != 0;
}

/* snprintf(3)'s answer as the number of bytes that are there. */
static size_t clamp(int n, size_t room)
{
	return n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

void log_tell(const char *step, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	struct timespec now = { 0 };
	int saved = errno;
	size_t n;
	va_list ap;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	n = clamp(snprintf(line, sizeof(line),
			  "%s[%d] %lld.%06ld %s: ", program_invocation_short_name, (int)getpid(),
			  (long long)now.tv_sec, now.tv_nsec / 1000, step),
		sizeof(line));
	va_start(ap, fmt);
	n += clamp(vsnprintf(line + n, sizeof(line) - n, fmt, ap), sizeof(line) - n);
	va_end(ap);
	text_make_ascii(line, n);
	line[n++] = '\n'; /* where the terminating zero was */
	/* One call, so that lines of several processes stay whole. */
	if (write(log_fd, line, n) < 0)
		log_on = false; /* nobody listens */
	errno = saved;
}

void log_start(void)
{
	log_on = true;
}

const char *log_variable(void)
{
	return log_on ? VARIABLE "=1" : NULL;
}

void log_keep_stderr(void)
{
	int fd = log_on ? fcntl(log_fd, F_DUPFD_CLOEXEC, 3) : -1;

	if (fd >= 0)
		log_fd = fd;
}

void log_stop(void)
{
	log_on = false;
	if (log_fd > STDERR_FILENO)
		(void)close(log_fd);
	log_fd = STDERR_FILENO;
}
