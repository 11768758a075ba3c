/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/start/bpf-code.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

void bpf_put(BpfCode *code, uint8_t operation, uint8_t target, uint8_t source, int16_t offset,
	int32_t value)
{
	if (code->length < BPF_CODE_MAX) /* the kernel refuses what is cut off */
		code->code[code->length++] = (struct bpf_insn){ .code = operation,
			.dst_reg = target,
			.src_reg = source,
			.off = offset,
			.imm = value };
}

void bpf_put_answer(BpfCode *code, bool allow)
{
	bpf_put(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow);
	bpf_put(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* An offset of 0 is one that is still open. */
void bpf_put_jump(BpfCode *code, uint8_t comparison, uint8_t target, int32_t value)
{
	bpf_put(code, (uint8_t)(BPF_JMP32 | comparison | BPF_K), target, 0, 0, value);
}

void bpf_close_jumps(BpfCode *code, size_t begin)
{
	for (size_t i = begin; i < code->length; i++)
		if (BPF_CLASS(code->code[i].code) == BPF_JMP32 && code->code[i].off == 0)
			code->code[i].off = (int16_t)(code->length - i - 1);
}

int bpf_attach(int cgroup_fd, const BpfCode *code, enum bpf_prog_type type,
	enum bpf_attach_type place, const char *what, Error **ret_error)
{
	union bpf_attr attr = { 0 };
	_cleanup_fd_ int fd = -EBADF;

	attr.prog_type = type;
	attr.expected_attach_type = place;
	attr.insns = (uint64_t)(uintptr_t)code->code;
	attr.insn_cnt = (uint32_t)code->length;
	attr.license = (uint64_t)(uintptr_t) "LGPL";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return error_errno(ret_error, errno,
			"cannot load the %s; the kernel needs CONFIG_CGROUP_BPF", what);
	attr = (union bpf_attr){ 0 };
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = place;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0
		       ? error_errno(ret_error, errno, "cannot attach the %s to the cgroup", what)
		       : 0;
}
