/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/start/bpf-code.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define PROGRAMS_MAX 64 /* of one kind at one cgroup: the kernel allows no more */

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

static int load(const BpfCode *code, enum bpf_prog_type type, enum bpf_attach_type place)
{
	union bpf_attr attr = { 0 };

	attr.prog_type = type;
	attr.expected_attach_type = place;
	attr.insns = (uint64_t)(uintptr_t)code->code;
	attr.insn_cnt = (uint32_t)code->length;
	attr.license = (uint64_t)(uintptr_t) "LGPL";
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int bpf_attach(int cgroup_fd, const BpfCode *code, enum bpf_prog_type type,
	enum bpf_attach_type place, const char *what, Error **ret_error)
{
	union bpf_attr attr = { 0 };
	_cleanup_fd_ int fd = load(code, type, place);

	if (fd < 0)
		return error_errno(ret_error, errno,
			"cannot load the %s; the kernel needs CONFIG_CGROUP_BPF", what);
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = place;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0
		       ? error_errno(ret_error, errno, "cannot attach the %s to the cgroup", what)
		       : 0;
}

/* The digest of its instructions that the kernel keeps. */
static int get_tag(int fd, uint8_t ret[BPF_TAG_SIZE])
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) < 0)
		return -errno;
	memcpy(ret, info.tag, BPF_TAG_SIZE);
	return 0;
}

static int has_tag(uint32_t id, const uint8_t tag[BPF_TAG_SIZE])
{
	_cleanup_fd_ int fd = -EBADF;
	union bpf_attr attr = { 0 };
	uint8_t its[BPF_TAG_SIZE];
	int r;

	attr.prog_id = id;
	fd = (int)syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = get_tag(fd, its);
	return r < 0 ? r : memcmp(its, tag, BPF_TAG_SIZE) == 0;
}

int bpf_is_attached(
	int cgroup_fd, const BpfCode *code, enum bpf_prog_type type, enum bpf_attach_type place)
{
	_cleanup_fd_ int fd = load(code, type, place);
	uint32_t ids[PROGRAMS_MAX];
	union bpf_attr attr = { 0 };
	uint8_t tag[BPF_TAG_SIZE];
	int r = fd < 0 ? -errno : get_tag(fd, tag);

	if (r < 0)
		return r;
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = place;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = PROGRAMS_MAX;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0)
		return -errno;
	for (uint32_t i = 0; i < attr.query.prog_cnt && r == 0; i++)
		r = has_tag(ids[i], tag);
	return r;
}
