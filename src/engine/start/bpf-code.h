/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program for the kernel's BPF machine, written instruction by instruction, and its place at a cgroup.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define BPF_CODE_MAX 4096u /* instructions */

typedef struct BpfCode {
	struct bpf_insn code[BPF_CODE_MAX];
	size_t length;
} BpfCode;

void bpf_put(BpfCode *code, uint8_t operation, uint8_t target, uint8_t source, int16_t offset,
	int32_t value);
/* Ends the program. */
void bpf_put_answer(BpfCode *code, bool allow);
/* A jump if the comparison holds, to where bpf_close_jumps() is called; begin is what code->length was before the first of them. */
void bpf_put_jump(BpfCode *code, uint8_t comparison, uint8_t target, int32_t value);
void bpf_close_jumps(BpfCode *code, size_t begin);

/* Is a program with exactly this code attached to the cgroup itself? 1, 0, or a negative errno. */
int bpf_is_attached(
	int cgroup_fd, const BpfCode *code, enum bpf_prog_type type, enum bpf_attach_type place);
/* Attaches it to the cgroup, and it goes with that; beside those of cgroups above and below, each of which must allow, too. what: for the sentence. */
int bpf_attach(int cgroup_fd, const BpfCode *code, enum bpf_prog_type type,
	enum bpf_attach_type place, const char *what, Error **ret_error);
