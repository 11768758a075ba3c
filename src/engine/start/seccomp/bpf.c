/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing classic BPF. libseccomp would do it, but makes of our list a program seven times as
 * long, as it knows single numbers only and no ranges; the kernel checks, compiles and tries out
 * the whole program at each start of a container.
 */
#include "engine/start/seccomp/bpf.h"

#include <endian.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>

static void append(Program *program, struct sock_filter instruction)
{
	if (program->length == BPF_PROGRAM_MAX) {
		(void)fprintf(stderr, "seccomp generator: the filter is too long\n");
		exit(EXIT_FAILURE);
	}
	program->code[program->length++] = instruction;
}

void bpf_return(Program *program, uint32_t value)
{
	append(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
}

void bpf_load(Program *program, uint32_t offset)
{
	append(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

void bpf_load_argument(Program *program, unsigned int n)
{
	uint32_t offset = (uint32_t)(offsetof(struct seccomp_data, args) + n * sizeof(uint64_t));

	if (__BYTE_ORDER == __BIG_ENDIAN)
		offset += (uint32_t)sizeof(uint32_t);
	bpf_load(program, offset);
}

void bpf_jump(
	Program *program, uint16_t operation, uint32_t value, uint8_t skip_true, uint8_t skip_false)
{
	uint16_t code = (uint16_t)(BPF_JMP | operation | BPF_K);

	append(program, (struct sock_filter)BPF_JUMP(code, value, skip_true, skip_false));
}

size_t bpf_skip(Program *program)
{
	append(program, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	return program->length;
}

void bpf_land(Program *program, size_t skip)
{
	program->code[skip - 1].k = (uint32_t)(program->length - skip);
}

void bpf_search(Program *program, const Range *ranges, size_t count,
	void (*emit)(Program *program, int action))
{
	size_t half = count / 2, jump, left;

	if (count == 1) {
		emit(program, ranges->action);
		return;
	}
	jump = program->length;
	bpf_jump(program, BPF_JGE, ranges[half].first, 0, 0);
	bpf_search(program, ranges, half, emit);
	left = program->length - jump - 1;
	if (left > UINT8_MAX) {
		(void)fprintf(stderr, "seccomp generator: a jump is too far\n");
		exit(EXIT_FAILURE);
	}
	program->code[jump].jt = (uint8_t)left;
	bpf_search(program, ranges + half, count - half, emit);
}
