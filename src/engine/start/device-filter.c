/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last rule that is about a request decides, as if each had been written to a list one after the other; what none is about is
 * refused. A rule that allows is about requests for no more than it allows, one that denies about those for any of what it denies.
 */
#include "engine/start/device-filter.h"

#include <stdlib.h>

#include "engine/start/bpf-code.h"

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

static void put_load(BpfCode *code, uint8_t target, size_t offset)
{
	bpf_put(code, BPF_LDX | BPF_MEM | BPF_W, target, REGISTER_CONTEXT, (int16_t)offset, 0);
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

static void put_rule(BpfCode *code, const SpecDeviceRule *rule)
{
	int access = access_of(rule->access);
	size_t begin = code->length;

	if (rule->type != SPEC_DEVICE_ALL)
		bpf_put_jump(code, BPF_JNE, REGISTER_TYPE,
			rule->type == SPEC_DEVICE_BLOCK ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	bpf_put(code, BPF_ALU64 | BPF_MOV | BPF_X, REGISTER_WORK, REGISTER_ACCESS, 0, 0);
	bpf_put(code, BPF_ALU64 | BPF_AND | BPF_K, REGISTER_WORK, 0, 0,
		rule->allow ? ~access : access);
	bpf_put_jump(code, rule->allow ? BPF_JNE : BPF_JEQ, REGISTER_WORK, 0);
	if (rule->major >= 0)
		bpf_put_jump(code, BPF_JNE, REGISTER_MAJOR, rule->major);
	if (rule->minor >= 0)
		bpf_put_jump(code, BPF_JNE, REGISTER_MINOR, rule->minor);
	bpf_put_answer(code, rule->allow);
	bpf_close_jumps(code, begin);
}

int device_filter_check(const Spec *spec, Error **ret_error)
{
	if (spec->n_device_rules > BPF_CODE_MAX / RULE_INSTRUCTIONS - 2)
		return error_set(ret_error, E2BIG,
			"cannot restrict devices: there are more than %u rules",
			BPF_CODE_MAX / RULE_INSTRUCTIONS - 2);
	for (size_t i = 0; i < spec->n_device_rules; i++) {
		const SpecDeviceRule *rule = &spec->device_rules[i];

		if (rule->type != SPEC_DEVICE_CHARACTER && rule->type != SPEC_DEVICE_BLOCK &&
			rule->type != SPEC_DEVICE_ALL)
			return error_set(ret_error, EINVAL,
				"cannot restrict devices: a rule is about character or block devices, or all");
		if (rule->major < -1 || rule->minor < -1)
			return error_set(ret_error, EINVAL,
				"cannot restrict devices: a number is -1 for any, or 0 and up");
		if (access_of(rule->access) < 0)
			return error_set(ret_error, EINVAL,
				"cannot restrict devices: the access %s is not made of r, w and m",
				rule->access ? rule->access : "that is missing");
	}
	return 0;
}

static void compile(const Spec *spec, BpfCode *code)
{
	/* access_type: the access in the upper half, the type in the lower one. */
	put_load(code, REGISTER_TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	bpf_put(code, BPF_ALU64 | BPF_MOV | BPF_X, REGISTER_ACCESS, REGISTER_TYPE, 0, 0);
	bpf_put(code, BPF_ALU64 | BPF_AND | BPF_K, REGISTER_TYPE, 0, 0, 0xffff);
	bpf_put(code, BPF_ALU64 | BPF_RSH | BPF_K, REGISTER_ACCESS, 0, 0, 16);
	put_load(code, REGISTER_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	put_load(code, REGISTER_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (size_t i = spec->n_device_rules; i-- > 0;)
		put_rule(code, &spec->device_rules[i]);
	bpf_put_answer(code, false);
}

int device_filter_apply(int cgroup_fd, const Spec *spec, Error **ret_error)
{
	_cleanup_free_ BpfCode *code = NULL;
	int r;

	if (spec->n_device_rules == 0)
		return 0;
	r = device_filter_check(spec, ret_error);
	if (r < 0)
		return r;
	code = calloc(1, sizeof(*code));
	if (!code)
		return error_oom(ret_error);
	compile(spec, code);
	return bpf_attach(cgroup_fd, code, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE,
		"device rules", ret_error);
}
