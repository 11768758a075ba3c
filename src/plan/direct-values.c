/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values of directives as systemd reads them: systemd.time(7), systemd.exec(5).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "base/capability-names.h"
#include "base/signals.h"
#include "base/text.h"
#include "host/unit-words.h"
#include "plan/direct.h"

int direct_boolean(const char *text, int64_t *ret)
{
	bool on;
	int r = unit_boolean(text, &on);

	if (r == 0)
		*ret = on;
	return r;
}

int direct_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = *text == '-';
	uint64_t number;

	if (text_number(text + (negative || *text == '+'), INT64_MAX, &number) < 0)
		return -EINVAL;
	*ret = negative ? -(int64_t)number : (int64_t)number;
	return *ret < min || *ret > max ? -EINVAL : 0;
}

int direct_mode(const char *text, int64_t *ret)
{
	int64_t mode = 0;

	if (!*text || strlen(text) > 5)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '7')
			return -EINVAL;
		mode = mode * 8 + *text - '0';
	}
	*ret = mode;
	return mode > 07777 ? -EINVAL : 0;
}

/* In microseconds: the longest names first. */
static const struct {
	const char *name;
	int64_t usec;
} units[] = { { "seconds", 1000000 }, { "second", 1000000 }, { "sec", 1000000 }, { "s", 1000000 },
	{ "minutes", 60000000 }, { "minute", 60000000 }, { "min", 60000000 },
	{ "months", 2629800000000 }, { "month", 2629800000000 }, { "M", 2629800000000 },
	{ "msec", 1000 }, { "ms", 1000 }, { "m", 60000000 }, { "hours", 3600000000 },
	{ "hour", 3600000000 }, { "hr", 3600000000 }, { "h", 3600000000 }, { "days", 86400000000 },
	{ "day", 86400000000 }, { "d", 86400000000 }, { "weeks", 604800000000 },
	{ "week", 604800000000 }, { "w", 604800000000 }, { "usec", 1 }, { "us", 1 },
	{ "\xc2\xb5s", 1 } };

static int64_t unit_of(const char **p)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(*p, units[i].name, n) == 0 &&
			!strchr("abcdefghijklmnopqrstuvwxyz", (*p)[n] ? (*p)[n] : '\n')) {
			*p += n;
			return units[i].usec;
		}
	}
	return 1000000;
}

int direct_time(const char *text, int64_t *ret)
{
	int64_t all = 0;

	*ret = 0;
	if (strcmp(text, "infinity") == 0)
		return 0;
	text += strspn(text, " \t");
	do {
		uint64_t whole, part = 0, scale = 1;
		int64_t unit;

		if (text_digits(&text, 1000000000, &whole) < 0)
			return -EINVAL;
		if (*text == '.') {
			const char *begin = ++text;

			if (text_digits(&text, 999999, &part) < 0)
				return -EINVAL;
			for (; begin < text; begin++)
				scale *= 10;
		}
		text += strspn(text, " \t");
		unit = unit_of(&text);
		if (__builtin_mul_overflow((int64_t)whole, unit, &unit) || unit > INT64_MAX / 4)
			return -EINVAL;
		if (whole)
			all += unit + (int64_t)part * (unit / (int64_t)whole) / (int64_t)scale;
		else
			all += (int64_t)part * 1000000 / (int64_t)scale;
		text += strspn(text, " \t");
	} while (*text && all < INT64_MAX / 4);
	*ret = all / 1000 + (all % 1000 != 0);
	return *text ? -EINVAL : 0;
}

int direct_signal(const char *text, int64_t *ret)
{
	int number = signal_from_name(strncmp(text, "SIG", 3) == 0 ? text + 3 : text);

	if (number < 0)
		return direct_number(text, 1, 64, ret);
	*ret = number;
	return 0;
}

int direct_capabilities(char *const *names, uint64_t *ret)
{
	*ret = 0;
	for (char *const *name = names; name && *name; name++) {
		size_t i = 0;

		if (strncasecmp(*name, "CAP_", 4) != 0)
			return -EINVAL;
		while (capability_names[i] && strcasecmp(capability_names[i], *name + 4) != 0)
			i++;
		if (!capability_names[i])
			return -EINVAL;
		*ret |= UINT64_C(1) << i;
	}
	return 0;
}

typedef enum LimitUnit {
	LIMIT_COUNT,
	LIMIT_BYTES,
	LIMIT_SECONDS,
	LIMIT_USEC,
	LIMIT_NICE
} LimitUnit;

static const struct {
	const char *name;
	int number;
	LimitUnit unit;
} limits[] = { { "AS", RLIMIT_AS, LIMIT_BYTES }, { "CORE", RLIMIT_CORE, LIMIT_BYTES },
	{ "CPU", RLIMIT_CPU, LIMIT_SECONDS }, { "DATA", RLIMIT_DATA, LIMIT_BYTES },
	{ "FSIZE", RLIMIT_FSIZE, LIMIT_BYTES }, { "LOCKS", RLIMIT_LOCKS, LIMIT_COUNT },
	{ "MEMLOCK", RLIMIT_MEMLOCK, LIMIT_BYTES }, { "MSGQUEUE", RLIMIT_MSGQUEUE, LIMIT_BYTES },
	{ "NICE", RLIMIT_NICE, LIMIT_NICE }, { "NOFILE", RLIMIT_NOFILE, LIMIT_COUNT },
	{ "NPROC", RLIMIT_NPROC, LIMIT_COUNT }, { "RSS", RLIMIT_RSS, LIMIT_BYTES },
	{ "RTPRIO", RLIMIT_RTPRIO, LIMIT_COUNT }, { "RTTIME", RLIMIT_RTTIME, LIMIT_USEC },
	{ "SIGPENDING", RLIMIT_SIGPENDING, LIMIT_COUNT }, { "STACK", RLIMIT_STACK, LIMIT_BYTES } };

static int read_limit(const char *text, LimitUnit unit, char **ret)
{
	static const char letters[] = "KMGTPE";
	const char *end = text;
	const char *letter;
	uint64_t number;
	int64_t msec;

	if (strcmp(text, "infinity") == 0) {
		*ret = strdup("max");
		return *ret ? 0 : -ENOMEM;
	}
	if (unit == LIMIT_SECONDS || unit == LIMIT_USEC) {
		if (text_number(text, INT64_MAX, &number) == 0 && unit == LIMIT_USEC)
			msec = -1; /* a number alone is of microseconds */
		else if (direct_time(text, &msec) < 0)
			return -EINVAL;
		else
			number = unit == LIMIT_SECONDS ? (uint64_t)(msec + 999) / 1000
						       : (uint64_t)msec * 1000;
	} else if (unit == LIMIT_NICE && (*text == '-' || *text == '+')) {
		if (direct_number(text, -20, 19, &msec) < 0)
			return -EINVAL;
		number = (uint64_t)(20 - msec);
	} else {
		if (text_digits(&end, INT64_MAX, &number) < 0)
			return -EINVAL;
		letter = *end && unit == LIMIT_BYTES ? strchr(letters, *end) : NULL;
		for (const char *l = letters; letter && l <= letter; l++)
			if (__builtin_mul_overflow(number, 1024, &number))
				return -EINVAL;
		end += letter != NULL;
		end += letter && *end == 'B';
		if (*end)
			return -EINVAL;
	}
	return asprintf(ret, "%" PRIu64, number) < 0 ? -ENOMEM : 0;
}

int direct_limit(const char *key, const char *value, char **ret)
{
	_cleanup_free_ char *first = strndup(value, strcspn(value, ":")), *soft = NULL,
			    *hard = NULL;
	const char *colon = strchr(value, ':');
	int r = first ? -EINVAL : -ENOMEM;

	for (size_t i = 0; first && i < ARRAY_SIZE(limits); i++) {
		if (strcmp(limits[i].name, key) != 0)
			continue;
		r = read_limit(first, limits[i].unit, &soft);
		if (r == 0)
			r = read_limit(colon ? colon + 1 : first, limits[i].unit, &hard);
		if (r == 0 && asprintf(ret, "%d %s %s", limits[i].number, soft, hard) < 0)
			r = -ENOMEM;
		break;
	}
	return r;
}

/* sysexits.h and the C library: what systemd.exec(5) has names for, of those that programs choose themselves. */
static const struct {
	const char *name;
	int status;
} ends[] = { { "SUCCESS", 0 }, { "FAILURE", 1 }, { "USAGE", 64 }, { "DATAERR", 65 },
	{ "NOINPUT", 66 }, { "NOUSER", 67 }, { "NOHOST", 68 }, { "UNAVAILABLE", 69 },
	{ "SOFTWARE", 70 }, { "OSERR", 71 }, { "OSFILE", 72 }, { "CANTCREAT", 73 }, { "IOERR", 74 },
	{ "TEMPFAIL", 75 }, { "PROTOCOL", 76 }, { "NOPERM", 77 }, { "CONFIG", 78 } };

int direct_end(const char *word, char **ret)
{
	int64_t number;

	if (direct_number(word, 0, 255, &number) == 0)
		return asprintf(ret, "%d", (int)number) < 0 ? -ENOMEM : 0;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (strcmp(ends[i].name, word) == 0)
			return asprintf(ret, "%d", ends[i].status) < 0 ? -ENOMEM : 0;
	if (direct_signal(word, &number) < 0)
		return -EINVAL;
	return asprintf(ret, "signal %d", (int)number) < 0 ? -ENOMEM : 0;
}
