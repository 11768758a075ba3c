/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file, link or directory from one tree to another, where root of a container may change either of them meanwhile: every step is by descriptor, no link is
 * followed, nothing but regular files is opened, and what is not complete yet has a name of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "label/label.h"

typedef struct TreeCopy {
	uint32_t from_base, to_base; /* the id on the host of each side's root */
	bool skip_special; /* leave out, and tell of, what is refused otherwise */
	const Label *label; /* of what is made; NULL: as the host does */
	/* Told how many bytes are done; false: it shall end. */
	bool (*step)(uint64_t bytes, void *data);
	void (*skipped)(const char *what, const char *path, void *data);
	void *data;
	uint64_t bytes;
} TreeCopy;

/* Of a container's tree: its own directory belongs to us; only what is below its entries is the container's. */
int tree_directories(const char *tree, char ***ret, Error **ret_error);
/* How many bytes it has on disk. Refused is what tree_copy() would refuse. */
int tree_copy_measure(TreeCopy *copy, int from_fd, uint64_t *ret_bytes, Error **ret_error);
/* Copies from_fd, O_PATH, to target below to_fd. A directory that is there is filled, all else is replaced at once. What was begun when it fails is removed.
 * -EINTR: it was to end. */
int tree_copy(TreeCopy *copy, int from_fd, int to_fd, const char *target, Error **ret_error);
