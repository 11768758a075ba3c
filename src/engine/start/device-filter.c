/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last rule that is about a request decides, as if each had been written to a list one after the other; what none is about is
 * refused. A rule that allows is about requests for no more than it allows, one that denies about those for any of what it denies.
 */
#include "engine/start/device-filter.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define RULE_INSTRUCTIONS 8u /* at most */

/* Registers: 1 is given, the context. */
enum {
	REGISTER_ANSWER,
	REGISTER_CONTEXT,
	REGISTER_TYPE,
	REGISTER_ACCESS,
	REGISTER_MAJOR,
	REGISTER_MINOR,
	REGISTER_WORK,
};

static void put(DeviceFilter *filter, uint8_t code, uint8_t target, uint8_t source, int16_t offset,
	int32_t value)
{
	filter->code[filter->length++] = (struct bpf_insn){
		.code = code, .dst_reg = target, .src_reg = source, .off = offset, .imm = value
	};
}

static void put_load(DeviceFilter *filter, uint8_t target, size_t offset)
{
	put(filter, BPF_LDX | BPF_MEM | BPF_W, target, REGISTER_CONTEXT, (int16_t)offset, 0);
}

static void put_answer(DeviceFilter *filter, bool allow)
{
	put(filter, BPF_ALU64 | BPF_MOV | BPF_K, REGISTER_ANSWER, 0, 0, allow);
	put(filter, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* To the next rule, whose place close_jumps() fills in. */
static void put_unless(DeviceFilter *filter, uint8_t jump, uint8_t target, int32_t value)
{
	put(filter, (uint8_t)(BPF_JMP32 | jump | BPF_K), target, 0, 0, value);
}

static void close_jumps(DeviceFilter *filter, size_t begin)
{
	for (size_t i = begin; i < filter->length; i++)
		if (BPF_CLASS(filter->code[i].code) == BPF_JMP32)
			filter->code[i].off = (int16_t)(filter->length - i - 1);
}

static int access_of(const char *text)
{
	int access = 0;

	for (; text && *text; text++)
		switch (*text) {
		case 'r':
			access |= BPF_DEVCG_ACC_READ;
			break;
		case 'w':
			access |= BPF_DEVCG_ACC_WRITE;
			break;
		case 'm':
			access |= BPF_DEVCG_ACC_MKNOD;
			break;
		default:
			return -EINVAL;
		}
	return access ? access : -EINVAL;
}

static void put_rule(DeviceFilter *filter, const SpecDeviceRule *rule)
{
	int access = access_of(rule->access);
	size_t begin = filter->length;

	if (rule->type != SPEC_DEVICE_ALL)
		put_unless(filter, BPF_JNE, REGISTER_TYPE,
			rule->type == SPEC_DEVICE_BLOCK ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	put(filter, BPF_ALU64 | BPF_MOV | BPF_X, REGISTER_WORK, REGISTER_ACCESS, 0, 0);
	put(filter, BPF_ALU64 | BPF_AND | BPF_K, REGISTER_WORK, 0, 0,
		rule->allow ? ~access : access);
	put_unless(filter, rule->allow ? BPF_JNE : BPF_JEQ, REGISTER_WORK, 0);
	if (rule->major >= 0)
		put_unless(filter, BPF_JNE, REGISTER_MAJOR, rule->major);
	if (rule->minor >= 0)
		put_unless(filter, BPF_JNE, REGISTER_MINOR, rule->minor);
	put_answer(filter, rule->allow);
	close_jumps(filter, begin);
}

int device_filter_check(const Spec *spec, Error **ret_error)
{
	if (spec->n_device_rules > DEVICE_FILTER_MAX / RULE_INSTRUCTIONS - 2)
		return error_set(ret_error, E2BIG,
			"cannot restrict devices: there are more than %u rules",
			DEVICE_FILTER_MAX / RULE_INSTRUCTIONS - 2);
	for (size_t i = 0; i < spec->n_device_rules; i++) {
		const SpecDeviceRule *rule = &spec->device_rules[i];

		if (rule->type != SPEC_DEVICE_CHARACTER && rule->type != SPEC_DEVICE_BLOCK &&
			rule->type != SPEC_DEVICE_ALL)
			return error_set(ret_error, EINVAL,
				"cannot restrict devices: a rule is about character or block devices, or all");
		if (rule->major < -1 || rule->minor < -1)
			return error_set(ret_error, EINVAL,
				"cannot restrict devices: a number is -1 for any, or not negative");
		if (access_of(rule->access) < 0)
			return error_set(ret_error, EINVAL,
				"cannot restrict devices: the access %s is not made of r, w and m",
				rule->access ? rule->access : "that is missing");
	}
	return 0;
}

int device_filter_compile(const Spec *spec, DeviceFilter *ret, Error **ret_error)
{
	int r = device_filter_check(spec, ret_error);

	if (r < 0)
		return r;
	ret->length = 0;
	/* access_type: the access in the upper half, the type in the lower one. */
	put_load(ret, REGISTER_TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	put(ret, BPF_ALU64 | BPF_MOV | BPF_X, REGISTER_ACCESS, REGISTER_TYPE, 0, 0);
	put(ret, BPF_ALU64 | BPF_AND | BPF_K, REGISTER_TYPE, 0, 0, 0xffff);
	put(ret, BPF_ALU64 | BPF_RSH | BPF_K, REGISTER_ACCESS, 0, 0, 16);
	put_load(ret, REGISTER_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	put_load(ret, REGISTER_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (size_t i = spec->n_device_rules; i-- > 0;)
		put_rule(ret, &spec->device_rules[i]);
	put_answer(ret, false);
	return 0;
}

static int load(const DeviceFilter *filter, int *ret_fd, Error **ret_error)
{
	union bpf_attr attr = { 0 };

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)filter->code;
	attr.insn_cnt = (uint32_t)filter->length;
	attr.license = (uint64_t)(uintptr_t) "LGPL";
	*ret_fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return *ret_fd < 0 ? error_errno(ret_error, errno,
				     "load the device rules; the kernel needs CONFIG_CGROUP_BPF")
			   : 0;
}

int device_filter_apply(int cgroup_fd, const Spec *spec, Error **ret_error)
{
	_cleanup_free_ DeviceFilter *filter = NULL;
	_cleanup_fd_ int fd = -EBADF;
	union bpf_attr attr = { 0 };
	int r;

	if (spec->n_device_rules == 0)
		return 0;
	filter = malloc(sizeof(*filter));
	if (!filter)
		return error_oom(ret_error);
	r = device_filter_compile(spec, filter, ret_error);
	if (r == 0)
		r = load(filter, &fd, ret_error);
	if (r < 0)
		return r;
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	/* Beside those of cgroups above and below, each of which must allow, too. */
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0)
		return error_errno(ret_error, errno, "attach the device rules to the cgroup");
	return 0;
}
