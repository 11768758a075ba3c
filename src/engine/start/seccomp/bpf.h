/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing classic BPF for seccomp: a growing program, and the search tree over system call numbers.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#define BPF_PROGRAM_MAX 2048 /* instructions; the kernel allows 4096 */

typedef struct Program {
	struct sock_filter code[BPF_PROGRAM_MAX];
	size_t length;
} Program;

/* From this number up to the next range's, this happens. */
typedef struct Range {
	uint32_t first;
	int action;
} Range;

/* Each exits with a sentence when the program gets too long: this runs when we are built. */
void bpf_return(Program *program, uint32_t value);
void bpf_load(Program *program, uint32_t offset); /* a word of struct seccomp_data */
void bpf_load_argument(Program *program, unsigned int n); /* its lower half */
/* if (A op value) goes on after `skip_true` instructions, else after skip_false. */
void bpf_jump(Program *program, uint16_t operation, uint32_t value, uint8_t skip_true,
	uint8_t skip_false);

/* Goes on behind what is appended before bpf_land() with what is returned here, however much that is. */
size_t bpf_skip(Program *program);
void bpf_land(Program *program, size_t skip);

/* A binary search in ranges, sorted, the first at 0; emit writes the code for an action, which
 * must return. */
void bpf_search(Program *program, const Range *ranges, size_t count,
	void (*emit)(Program *program, int action));
