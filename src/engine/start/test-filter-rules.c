/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Filters of rules: the program decides as the rules say, run in a small interpreter against a plain reading of the rules; what makes
 * no sense is refused.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "engine/spec/spec-table.h"
#include "engine/start/filter-rules.h"
#include "engine/start/seccomp/numbers.h"

#define ROUNDS 200
#define TRIES 200
#define X32_BIT 0x40000000u

static uint32_t state_of_random = 1;

/* The same numbers each time: a failure can be repeated. */
static uint32_t number(uint32_t below)
{
	state_of_random = state_of_random * 1664525u + 1013904223u;
	return (state_of_random >> 8) % below;
}

static bool jumps(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	default:
		fail_msg("unknown jump 0x%x", i->code);
		return false;
	}
}

static uint32_t run(const FilterProgram *program, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < program->length; pc++) {
		const struct sock_filter *i = &program->code[pc];

		if (i->code == (BPF_LD | BPF_W | BPF_ABS))
			memcpy(&a, (const char *)data + i->k, sizeof(a));
		else if (i->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= i->k;
		else if (i->code == (BPF_RET | BPF_K))
			return i->k;
		else if (i->code == (BPF_JMP | BPF_JA))
			pc += i->k;
		else
			pc += jumps(i, a) ? i->jt : i->jf;
	}
	fail_msg("the program has no end");
	return 0;
}

static bool fits(const SpecArgument *argument, const struct seccomp_data *data)
{
	uint64_t value = data->args[argument->index];

	switch ((SpecComparison)argument->comparison) {
	case SPEC_EQUAL:
		return value == argument->value;
	case SPEC_NOT_EQUAL:
		return value != argument->value;
	case SPEC_LESS:
		return value < argument->value;
	case SPEC_LESS_EQUAL:
		return value <= argument->value;
	case SPEC_GREATER:
		return value > argument->value;
	case SPEC_GREATER_EQUAL:
		return value >= argument->value;
	case SPEC_MASKED_EQUAL:
		return (value & argument->mask) == argument->value;
	default:
		return false;
	}
}

/* ERRNO with the rule's own number says which one decided; the one that does is the first that fits. */
static uint32_t expected(const Spec *spec, const char *name, const struct seccomp_data *data)
{
	for (size_t i = 0; i < spec->n_filter_rules; i++) {
		const SpecFilterRule *rule = &spec->filter_rules[i];
		bool all = strv_contains(rule->calls, name);

		for (size_t k = 0; all && k < rule->n_arguments; k++)
			all = fits(&rule->arguments[k], data);
		if (all)
			return SECCOMP_RET_ERRNO | rule->error;
	}
	return SECCOMP_RET_ALLOW;
}

static const char *call_name(size_t i)
{
	return call_names + call_numbers[i].name;
}

/* Values that are near each other, in both halves. */
static uint64_t value(void)
{
	return (uint64_t)number(3) << 32 | (number(4) ? number(3) : UINT32_MAX);
}

static SpecFilterRule *add_rule(Spec *spec)
{
	for (size_t i = 0; i < spec_sections_count; i++)
		if (strcmp(spec_sections[i].name, "filter-rule") == 0) {
			SpecFilterRule *rule = spec_section_add(spec, &spec_sections[i]);

			if (!rule)
				abort();
			return rule;
		}
	abort();
}

static void add_random_rule(Spec *spec, size_t first, size_t n)
{
	SpecFilterRule *rule = add_rule(spec);

	rule->action = SPEC_ACTION_ERRNO;
	rule->error = (uint32_t)spec->n_filter_rules;
	for (uint32_t k = number(4) + 1; k > 0; k--)
		assert_int_equal(
			strv_append(&rule->calls, call_name(first + number((uint32_t)n))), 0);
	rule->n_arguments = number(4);
	rule->arguments = calloc(rule->n_arguments + 1, sizeof(*rule->arguments));
	for (size_t k = 0; k < rule->n_arguments; k++)
		rule->arguments[k] = (SpecArgument){ number(6), number(_SPEC_COMPARISON_MAX),
			value(), (uint64_t)number(4) << 32 | number(4) };
}

static void assert_decides_as_the_rules(const Spec *spec, size_t first, size_t n)
{
	static FilterProgram program;
	_cleanup_error_ Error *error = NULL;

	if (filter_rules_compile(spec, &program, &error) < 0)
		fail_msg("%s", error_message(error));
	for (int i = 0; i < TRIES; i++) {
		size_t call = first + number((uint32_t)n);
		struct seccomp_data data = { .nr = call_numbers[call].numbers[0],
			.arch = call_architectures[0].audit };

		for (size_t k = 0; k < 6; k++)
			data.args[k] = value();
		if (data.nr >= 0)
			assert_int_equal(
				run(&program, &data), expected(spec, call_name(call), &data));
	}
}

TEST(random_rules)
{
	for (int i = 0; i < ROUNDS; i++) {
		size_t n = i % 2 ? ARRAY_SIZE(call_numbers) : 8;
		size_t first = number((uint32_t)(ARRAY_SIZE(call_numbers) - n + 1));
		_cleanup_spec_ Spec *spec = spec_new();

		assert_non_null(spec);
		for (uint32_t k = number(60); k > 0; k--)
			add_random_rule(spec, first, n);
		assert_decides_as_the_rules(spec, first, n);
	}
}

static uint32_t decide(const Spec *spec, uint32_t arch, int nr)
{
	static FilterProgram program;

	assert_int_equal(filter_rules_compile(spec, &program, NULL), 0);
	return run(&program, &(struct seccomp_data){ .nr = nr, .arch = arch });
}

TEST(other_architectures)
{
	_cleanup_spec_ Spec *spec = spec_new();
	uint32_t native = call_architectures[0].audit;

	assert_int_equal(decide(spec, native, SYS_read), SECCOMP_RET_ALLOW);
	assert_int_equal(decide(spec, 0x1234, SYS_read), SECCOMP_RET_KILL_PROCESS);
#if defined(__x86_64__)
	assert_int_equal(decide(spec, AUDIT_ARCH_I386, 3), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(decide(spec, native, (int)X32_BIT + 1), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(strv_append(&spec->filter.architectures, "x86"), 0);
	assert_int_equal(strv_append(&spec->filter.architectures, "x32"), 0);
	spec->filter.otherwise = SPEC_ACTION_ERRNO;
	assert_int_equal(strv_append(&add_rule(spec)->calls, "read"), 0);
	assert_int_equal(decide(spec, native, SYS_read), SECCOMP_RET_ALLOW);
	assert_int_equal(decide(spec, native, (int)X32_BIT), SECCOMP_RET_ALLOW);
	assert_int_equal(decide(spec, AUDIT_ARCH_I386, 3), SECCOMP_RET_ALLOW);
	assert_int_equal(decide(spec, AUDIT_ARCH_I386, 0), SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(decide(spec, native, (int)X32_BIT + 3), SECCOMP_RET_ERRNO | EPERM);
#endif
}

static void assert_refused(SpecFilterRule rule, SpecAction otherwise, int errnum)
{
	static FilterProgram program;
	Spec spec = { .filter = { .kind = SPEC_FILTER_RULES, .otherwise = otherwise },
		.filter_rules = &rule,
		.n_filter_rules = 1 };
	_cleanup_error_ Error *error = NULL;

	assert_int_equal(filter_rules_compile(&spec, &program, &error), errnum ? -errnum : 0);
	assert_true(errnum == 0 || error);
}

TEST(what_makes_no_sense)
{
	char *unknown[] = { (char *)"frobnicate", NULL }, *known[] = { (char *)"read", NULL };
	SpecArgument beyond = { .index = 6 }, many[25] = { 0 };

	assert_refused((SpecFilterRule){ .calls = unknown }, SPEC_ACTION_ALLOW, 0);
	assert_refused((SpecFilterRule){ .calls = unknown, .action = SPEC_ACTION_ERRNO },
		SPEC_ACTION_ALLOW, EINVAL);
	assert_refused((SpecFilterRule){ .calls = unknown, .action = SPEC_ACTION_ERRNO },
		SPEC_ACTION_KILL_PROCESS, 0);
	assert_refused((SpecFilterRule){ 0 }, SPEC_ACTION_ALLOW, EINVAL);
	assert_refused(
		(SpecFilterRule){ .calls = known, .error = 65536 }, SPEC_ACTION_ALLOW, EINVAL);
	assert_refused((SpecFilterRule){ .calls = known, .arguments = &beyond, .n_arguments = 1 },
		SPEC_ACTION_ALLOW, EINVAL);
	assert_refused((SpecFilterRule){ .calls = known, .arguments = many, .n_arguments = 25 },
		SPEC_ACTION_ALLOW, E2BIG);
}

/* A program that the kernel would not take is refused with a sentence, and nothing is written behind its end. */
TEST(too_many_rules)
{
	_cleanup_spec_ Spec *spec = spec_new();
	_cleanup_error_ Error *error = NULL;
	static FilterProgram program;

	for (int i = 0; i < 3000; i++)
		add_random_rule(spec, 0, ARRAY_SIZE(call_numbers));
	assert_int_equal(filter_rules_compile(spec, &program, &error), -E2BIG);
}
