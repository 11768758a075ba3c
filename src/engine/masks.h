/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of kernel paths that a container must not read, or not change.
 */
#pragma once

#include <stddef.h>

typedef enum MaskKind {
	MASK_FILE, /* an empty file lies over it */
	MASK_DIRECTORY, /* an empty directory */
	MASK_READONLY, /* bound read-only onto itself */
	MASK_NET_ADMIN, /* writable again for who administers its network */
} MaskKind;

typedef struct Mask {
	const char *path; /* below the root; what the running kernel does not have is passed over */
	MaskKind kind;
} Mask;

#define MASKS_MAX 64 /* rows */

/* In order: a writable part comes after the read-only whole. */
extern const Mask masks[];
extern const size_t masks_count;
