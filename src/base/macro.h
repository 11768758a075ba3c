/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ownership in words: the cleanup attribute, TAKE_PTR and TAKE_FD.
 *
 * Every local that owns something carries _cleanup_(...) at its declaration together with a null value (NULL, -EBADF);
 * ownership moves by TAKE_PTR and TAKE_FD only. Destructors accept null and half-built objects.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _unused_ __attribute__((unused))
#define _noreturn_ __attribute__((noreturn))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *take_p_ = &(p);                                                     \
		__typeof__(p) take_v_ = *take_p_;                                                  \
		*take_p_ = NULL;                                                                   \
		take_v_;                                                                           \
	})

#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *take_p_ = &(fd);                                                              \
		int take_v_ = *take_p_;                                                            \
		*take_p_ = -EBADF;                                                                 \
		take_v_;                                                                           \
	})

/* Defines the cleanup function of a pointer type from its free function: DEFINE_CLEANUP(Plan *, plan_free) gives
 * plan_freep for _cleanup_(plan_freep). */
#define DEFINE_CLEANUP(type, func)                                                                 \
	static inline void func##p(type *p)                                                        \
	{                                                                                          \
		if (*p)                                                                            \
			func(*p);                                                                  \
	}

static inline void freep(void *p)
{
	free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(freep)
