/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The error object: an errno and a sentence.
 *
 * A function that can fail returns 0 or a negative errno and takes `Error **ret_error` last. The place that finds the
 * failure calls error_set() once; each layer above may add, with error_wrap(), what it was doing and to which object.
 * Nobody below cli/ prints. ret_error may be NULL, then only the errno travels.
 */
#pragma once

#include "base/macro.h"

typedef struct vsb_error Error;

/* Makes *ret_error from a positive errno and a formatted sentence and returns -errnum. An error that is there already is
 * replaced. The sentence has no full stop and no errno text: error_errno() adds that where it helps the reader. */
int error_set(Error **ret_error, int errnum, const char *fmt, ...) _printf_(3, 4);

/* Like error_set(), with ": " and strerror(errnum) at the end. Use it after a failed system call: error_errno(e, errno, ...).
 * For ENOSYS it names the call that this kernel lacks. */
int error_errno(Error **ret_error, int errnum, const char *fmt, ...) _printf_(3, 4);

/* Puts "sentence: " in front of the error that is there, unless the layer below has said so already. Returns the error's negative errno, so that one can write
 * `return error_wrap(ret_error, "container %s", name)`. Without an error object: the errno of the last such error. */
int error_wrap(Error **ret_error, const char *fmt, ...) _printf_(2, 3);

int error_oom(Error **ret_error);

/* What an analyzer cannot see from where these are called: they return what is negative. */
#if defined(__clang_analyzer__) || defined(ANALYZER)
#define ERROR_NEGATIVE(call)                                                                       \
	({                                                                                         \
		int negative_ = (call);                                                            \
		if (negative_ >= 0)                                                                \
			__builtin_unreachable();                                                   \
		negative_;                                                                         \
	})
#define error_set(...) ERROR_NEGATIVE(error_set(__VA_ARGS__))
#define error_errno(...) ERROR_NEGATIVE(error_errno(__VA_ARGS__))
#define error_wrap(...) ERROR_NEGATIVE(error_wrap(__VA_ARGS__))
#define error_oom(...) ERROR_NEGATIVE(error_oom(__VA_ARGS__))
#endif

const char *error_message(const Error *error);
int error_errnum(const Error *error); /* positive errno, 0 for NULL */
Error *error_free(Error *error); /* returns NULL */

DEFINE_CLEANUP(Error *, error_free)
#define _cleanup_error_ _cleanup_(error_freep)
