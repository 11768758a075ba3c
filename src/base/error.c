/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Error objects. Out of memory has a static object, so that reporting it cannot fail. Each plug-in has its own copy of this
 * file and its errors are freed by the library's: the object itself says that it is static.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/missing.h"
#include "base/text.h"

struct vsb_error {
	int errnum;
	bool is_static;
	char *message;
};

static Error oom_error = {
	.errnum = ENOMEM, .is_static = true, .message = (char *)"out of memory"
};

Error *error_free(Error *error)
{
	if (error && !error->is_static) {
		free(error->message);
		free(error);
	}
	return NULL;
}

/* Of an error that nobody wanted the sentence of, for the layers that wrap it. */
static _Thread_local int unwanted_errnum = EIO;

int(error_oom)(Error **ret_error)
{
	if (ret_error) {
		error_free(*ret_error);
		*ret_error = &oom_error;
	} else {
		unwanted_errnum = ENOMEM;
	}
	return -ENOMEM;
}

static int error_install(Error **ret_error, int errnum, char *message)
{
	Error *error;

	error = malloc(sizeof(*error));
	if (!error) {
		free(message);
		return error_oom(ret_error);
	}
	*error = (Error){ .errnum = errnum, .message = message };
	error_free(*ret_error);
	*ret_error = error;
	return -errnum;
}

/* What an administrator can do about a kernel without a call begins with knowing which. */
static char *error_text(int errnum, const char *text)
{
	const char *since = NULL, *call = errnum == ENOSYS ? missing_call(&since) : NULL;
	char *message;
	int n;

	if (call)
		n = asprintf(&message, "%s: this kernel has no %s(), which is in Linux since %s",
			text, call, since);
	else
		n = asprintf(&message, "%s: %s", text, strerror(errnum));
	return n < 0 ? NULL : message;
}

static _printf_(4, 0) int error_setv(
	Error **ret_error, int errnum, int with_strerror, const char *fmt, va_list ap)
{
	_cleanup_free_ char *text = NULL;
	char *message = NULL;

	if (errnum <= 0)
		errnum = EIO;
	if (!ret_error)
		return -(unwanted_errnum = errnum);
	text = text_formatv(fmt, ap);
	if (!text)
		return error_oom(ret_error);
	if (!with_strerror)
		return error_install(ret_error, errnum, TAKE_PTR(text));
	message = error_text(errnum, text);
	return message ? error_install(ret_error, errnum, message) : error_oom(ret_error);
}

int(error_set)(Error **ret_error, int errnum, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = error_setv(ret_error, errnum, 0, fmt, ap);
	va_end(ap);
	return r;
}

int(error_errno)(Error **ret_error, int errnum, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = error_setv(ret_error, errnum, 1, fmt, ap);
	va_end(ap);
	return r;
}

/* Whether the sentence begins with that object or action already: "container web: ...", "container web is not there". */
static bool error_says(const Error *error, const char *text)
{
	size_t n = strlen(text);

	return strncmp(error->message, text, n) == 0 &&
	       (error->message[n] == ':' || error->message[n] == ' ');
}

/* What a sentence about an object says of it, where text ends with that object: "it is running" of "container web is running". */
static char *without_object(const char *text, const char *message)
{
	static const char word[] = " container ";
	const char *object = NULL, *next = text;
	char *said = NULL;
	size_t n;

	while ((next = strstr(next, word)))
		object = ++next;
	n = object && !strchr(object + strlen(word) - 1, ' ') ? strlen(object) : 0;
	if (n == 0 || strncmp(message, object, n) != 0)
		return strdup(message);
	if (strncmp(message + n, ": ", 2) == 0)
		return strdup(message + n + 2);
	if (message[n] != ' ')
		return strdup(message);
	return asprintf(&said, "it%s", message + n) < 0 ? NULL : said;
}

int(error_wrap)(Error **ret_error, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL, *said = NULL;
	char *message = NULL;
	va_list ap;

	if (!ret_error)
		return -unwanted_errnum;
	if (!*ret_error)
		return -EIO;
	va_start(ap, fmt);
	text = text_formatv(fmt, ap);
	va_end(ap);
	if (!text)
		return error_oom(ret_error);
	if (error_says(*ret_error, text))
		return -(*ret_error)->errnum;
	said = without_object(text, (*ret_error)->message);
	if (!said || asprintf(&message, "%s: %s", text, said) < 0)
		return error_oom(ret_error);
	return error_install(ret_error, (*ret_error)->errnum, message);
}

const char *error_message(const Error *error)
{
	return error ? error->message : "no error";
}

int error_errnum(const Error *error)
{
	return error ? error->errnum : 0;
}
