/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From rules to a program, in three steps: which rules there are for each call number; numbers with the same rules become ranges; the
 * ranges become a search tree with the tests of arguments in its leaves. libseccomp does the same, but would have to be loaded at each
 * start and cannot be linked into what runs inside (virt-sandbox-enter.c).
 */
#include "engine/start/filter-rules.h"

#include <endian.h>
#include <linux/seccomp.h>
#include <string.h>

#include "base/strv.h"
#include "engine/start/seccomp/numbers.h"

#define ARGUMENTS_MAX 24u /* tests of one rule: a jump over them all fits into a byte */
#define NUMBER_ARGUMENTS 6u /* of a system call */
#define X32_BIT 0x40000000u /* x32 shares x86_64's architecture, with this in the number */
#define NO_RULES SIZE_MAX
#define REFUSED (SIZE_MAX - 1) /* another ABI */

/* Older headers lack some. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* A rule is one for this call number. */
typedef struct Use {
	uint32_t number;
	uint32_t rule;
} Use;

typedef struct Uses {
	Use *items;
	size_t n;
} Uses;

static void uses_done(Uses *uses)
{
	free(uses->items);
}

/* From this number up to the next range's, the rules from this use on decide. */
typedef struct Span {
	uint32_t first;
	size_t use;
} Span;

typedef struct Compiler {
	const Spec *spec;
	const Uses *uses;
	FilterProgram *program;
	bool too_long;
} Compiler;

static bool permits(SpecAction action)
{
	return action == SPEC_ACTION_ALLOW || action == SPEC_ACTION_LOG;
}

static uint32_t kernel_action(SpecAction action, uint32_t error)
{
	static const uint32_t actions[_SPEC_ACTION_MAX] = {
		[SPEC_ACTION_ALLOW] = SECCOMP_RET_ALLOW,
		[SPEC_ACTION_ERRNO] = SECCOMP_RET_ERRNO,
		[SPEC_ACTION_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[SPEC_ACTION_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[SPEC_ACTION_TRAP] = SECCOMP_RET_TRAP,
		[SPEC_ACTION_LOG] = SECCOMP_RET_LOG,
		[SPEC_ACTION_TRACE] = SECCOMP_RET_TRACE,
		[SPEC_ACTION_NOTIFY] = SECCOMP_RET_USER_NOTIF,
	};

	return actions[action] | (action == SPEC_ACTION_ERRNO && !error ? EPERM : error);
}

/* ---- Which rules there are for each number ---- */

static const CallNumbers *find_call(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(call_numbers);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, call_names + call_numbers[middle].name);

		if (order == 0)
			return &call_numbers[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool filter_knows_call(const char *name)
{
	return find_call(name);
}

/* To nobody's surprise: a call that we do not know is decided about by `otherwise`, and that must not allow what the rule forbids. */
static int check_unknown(
	const Spec *spec, const SpecFilterRule *rule, const char *name, Error **ret_error)
{
	if (permits(rule->action) || !permits(spec->filter.otherwise))
		return 0;
	return error_set(ret_error, EINVAL,
		"cannot filter system calls: there is no call %s, and what is not named is allowed",
		name);
}

/* A 32-bit processor's calls of sockets and System V IPC go through these two as well, with their arguments in memory. */
static int check_multiplexed(
	const Spec *spec, const SpecFilterRule *rule, const CallNumbers *call, Error **ret_error)
{
	static const char *const prefixes[] = { "accept", "bind", "connect", "get", "listen", "msg",
		"recv", "sem", "send", "setsockopt", "shm", "shutdown", "socket" };
	const char *name = call_names + call->name;

	if (permits(rule->action) || !permits(spec->filter.otherwise) ||
		!strv_contains(spec->filter.architectures, "x86"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return error_set(ret_error, EOPNOTSUPP,
				"cannot forbid %s alone: on x86 it can also be reached through socketcall or ipc; forbid all calls that are not named",
				name);
	return 0;
}

static int add_use(Uses *uses, size_t *room, uint32_t number, size_t rule, Error **ret_error)
{
	if (uses->n == *room) {
		size_t more = *room ? *room * 2 : 256;
		Use *grown = reallocarray(uses->items, more, sizeof(*grown));

		if (!grown)
			return error_oom(ret_error);
		uses->items = grown;
		*room = more;
	}
	uses->items[uses->n++] = (Use){ number, (uint32_t)rule };
	return 0;
}

static bool is_used(const SpecFilter *filter, size_t architecture)
{
	return architecture == 0 ||
	       strv_contains(filter->architectures, call_architectures[architecture].name);
}

/* Those of one architecture of the kernel's, which may be several of ours. */
static int find_uses(const Spec *spec, uint32_t audit, Uses *ret, Error **ret_error)
{
	size_t room = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->n_filter_rules; i++)
		STRV_FOREACH (name, spec->filter_rules[i].calls) {
			const CallNumbers *call = find_call(*name);

			for (size_t a = 0; r == 0 && call && a < CALL_ARCHITECTURES; a++)
				if (call_architectures[a].audit == audit &&
					is_used(&spec->filter, a) && call->numbers[a] >= 0)
					r = add_use(ret, &room, (uint32_t)call->numbers[a], i,
						ret_error);
		}
	return r;
}

static int compare_uses(const void *a, const void *b)
{
	const Use *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

/* ---- Numbers with the same rules become ranges ---- */

static size_t count_rules(const Uses *uses, size_t use)
{
	size_t n = 0;

	while (use + n < uses->n && uses->items[use + n].number == uses->items[use].number)
		n++;
	return n;
}

static bool same_rules(const Uses *uses, size_t a, size_t b)
{
	size_t n;

	if (a >= uses->n || b >= uses->n)
		return a == b;
	n = count_rules(uses, a);
	if (n != count_rules(uses, b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (uses->items[a + i].rule != uses->items[b + i].rule)
			return false;
	return true;
}

static void add_span(const Uses *uses, Span *spans, size_t *n, uint32_t first, size_t use)
{
	if (*n > 0 && spans[*n - 1].first == first) {
		spans[*n - 1].use = use; /* the gap between two neighbours is empty */
		if (*n > 1 && same_rules(uses, spans[*n - 2].use, use))
			(*n)--;
	} else if (*n == 0 || !same_rules(uses, spans[*n - 1].use, use)) {
		spans[(*n)++] = (Span){ first, use };
	}
}

/* spans has room for two of each use and two more. */
static size_t make_spans(const Uses *uses, bool refuse_x32, Span *spans)
{
	size_t n = 0;

	add_span(uses, spans, &n, 0, NO_RULES);
	for (size_t i = 0; i < uses->n; i += count_rules(uses, i)) {
		add_span(uses, spans, &n, uses->items[i].number, i);
		add_span(uses, spans, &n, uses->items[i].number + 1, NO_RULES);
	}
	if (refuse_x32)
		add_span(uses, spans, &n, X32_BIT, REFUSED);
	return n;
}

/* ---- The program ---- */

static void put(Compiler *c, uint16_t code, uint32_t k, uint8_t jump_true, uint8_t jump_false)
{
	if (c->program->length == BPF_MAXINSNS) {
		c->too_long = true;
		return;
	}
	c->program->code[c->program->length++] =
		(struct sock_filter){ code, jump_true, jump_false, k };
}

static void put_return(Compiler *c, SpecAction action, uint32_t error)
{
	put(c, BPF_RET | BPF_K, kernel_action(action, error), 0, 0);
}

static void put_load(Compiler *c, size_t offset)
{
	put(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* One half of an argument, masked where there is a mask. */
static void put_half(Compiler *c, const SpecArgument *argument, bool upper)
{
	size_t offset = offsetof(struct seccomp_data, args) + argument->index * sizeof(uint64_t);
	uint32_t mask = (uint32_t)(upper ? argument->mask >> 32 : argument->mask);

	put_load(c, offset + ((__BYTE_ORDER == __BIG_ENDIAN) != upper ? sizeof(uint32_t) : 0));
	if (argument->comparison == SPEC_MASKED_EQUAL)
		put(c, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
}

#define ELSE UINT8_MAX /* a jump to the next rule, which is not there yet */
#define JUMP(operation) ((uint16_t)(BPF_JMP | (operation) | BPF_K))

/* Goes on behind itself when the argument fits. Numbers of 64 bits, without sign. */
static void put_test(Compiler *c, const SpecArgument *argument)
{
	uint32_t high = (uint32_t)(argument->value >> 32), low = (uint32_t)argument->value;

	put_half(c, argument, true);
	switch ((SpecComparison)argument->comparison) {
	case SPEC_EQUAL:
	case SPEC_MASKED_EQUAL:
		put(c, JUMP(BPF_JEQ), high, 0, ELSE);
		put_half(c, argument, false);
		put(c, JUMP(BPF_JEQ), low, 0, ELSE);
		break;
	case SPEC_NOT_EQUAL:
		put(c, JUMP(BPF_JEQ), high, 0, 2);
		put_half(c, argument, false);
		put(c, JUMP(BPF_JEQ), low, ELSE, 0);
		break;
	case SPEC_GREATER:
	case SPEC_GREATER_EQUAL:
		put(c, JUMP(BPF_JGT), high, 3, 0);
		put(c, JUMP(BPF_JEQ), high, 0, ELSE);
		put_half(c, argument, false);
		put(c, JUMP(argument->comparison == SPEC_GREATER ? BPF_JGT : BPF_JGE), low, 0,
			ELSE);
		break;
	case SPEC_LESS:
	case SPEC_LESS_EQUAL:
		put(c, JUMP(BPF_JGT), high, ELSE, 0);
		put(c, JUMP(BPF_JEQ), high, 0, 2);
		put_half(c, argument, false);
		put(c, JUMP(argument->comparison == SPEC_LESS ? BPF_JGE : BPF_JGT), low, ELSE, 0);
		break;
	case _SPEC_COMPARISON_MAX:
		break;
	}
}

/* All jumps from `begin` on that are open lead to the end. */
static void close_jumps(Compiler *c, size_t begin)
{
	for (size_t i = begin; i < c->program->length; i++) {
		struct sock_filter *code = &c->program->code[i];

		if (BPF_CLASS(code->code) != BPF_JMP)
			continue;
		if (code->jt == ELSE)
			code->jt = (uint8_t)(c->program->length - i - 1);
		if (code->jf == ELSE)
			code->jf = (uint8_t)(c->program->length - i - 1);
	}
}

/* The rules of one number in their order, up to the first that always fits. */
static void put_rules(Compiler *c, size_t use)
{
	const SpecFilter *filter = &c->spec->filter;
	size_t n = use < c->uses->n ? count_rules(c->uses, use) : 0;

	for (size_t i = 0; i < n; i++) {
		const SpecFilterRule *rule = &c->spec->filter_rules[c->uses->items[use + i].rule];
		size_t begin = c->program->length;

		for (size_t k = 0; k < rule->n_arguments; k++)
			put_test(c, &rule->arguments[k]);
		put_return(c, rule->action, rule->error);
		close_jumps(c, begin);
		if (rule->n_arguments == 0)
			return;
	}
	if (use == REFUSED)
		put_return(c, SPEC_ACTION_KILL_PROCESS, 0);
	else
		put_return(c, filter->otherwise, filter->error);
}

/* A jump over more than a byte says needs an instruction of its own, which moves what is behind it as a whole. */
static void lengthen_jump(Compiler *c, size_t jump)
{
	struct sock_filter *code = c->program->code;
	size_t n = c->program->length - jump - 1;

	if (n <= UINT8_MAX) {
		code[jump].jt = (uint8_t)n;
		return;
	}
	put(c, BPF_JMP | BPF_JA, 0, 0, 0);
	if (c->too_long)
		return;
	memmove(&code[jump + 2], &code[jump + 1], n * sizeof(*code));
	code[jump].jf = 1;
	code[jump + 1] = (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0, (uint32_t)n };
}

static void put_tree(Compiler *c, const Span *spans, size_t n)
{
	size_t half = n / 2, jump = c->program->length;

	if (n == 1) {
		put_rules(c, spans->use);
		return;
	}
	put(c, JUMP(BPF_JGE), spans[half].first, 0, 0);
	put_tree(c, spans, half);
	if (!c->too_long)
		lengthen_jump(c, jump);
	put_tree(c, spans + half, n - half);
}

static int put_architecture(
	const Spec *spec, uint32_t audit, FilterProgram *program, Error **ret_error)
{
	_cleanup_(uses_done) Uses uses = { 0 };
	Compiler c = { .spec = spec, .uses = &uses, .program = program };
	_cleanup_free_ Span *spans = NULL;
	bool refuse_x32 = false;
	size_t jump;
	int r = find_uses(spec, audit, &uses, ret_error);

	for (size_t a = 1; a < CALL_ARCHITECTURES; a++)
		if (call_architectures[a].audit == audit &&
			strcmp(call_architectures[a].name, "x32") == 0)
			refuse_x32 = !is_used(&spec->filter, a);
	if (r == 0)
		spans = reallocarray(NULL, uses.n + 1, 2 * sizeof(*spans));
	if (r == 0 && !spans)
		r = error_oom(ret_error);
	if (r < 0)
		return r;
	if (uses.n > 0)
		qsort(uses.items, uses.n, sizeof(*uses.items), compare_uses);
	/* Goes over the whole when it is another's turn. */
	put(&c, JUMP(BPF_JEQ), audit, 1, 0);
	jump = program->length;
	put(&c, BPF_JMP | BPF_JA, 0, 0, 0);
	put_load(&c, offsetof(struct seccomp_data, nr));
	put_tree(&c, spans, make_spans(&uses, refuse_x32, spans));
	if (c.too_long)
		return error_set(ret_error, E2BIG,
			"cannot filter system calls: the rules need more than the %d instructions that the kernel accepts",
			BPF_MAXINSNS);
	program->code[jump].k = (uint32_t)(program->length - jump - 1);
	return 0;
}

/* ---- What makes no sense ---- */

static int check_rule(const Spec *spec, const SpecFilterRule *rule, Error **ret_error)
{
	int r = 0;

	if (!rule->calls)
		return error_set(ret_error, EINVAL, "cannot filter system calls: a rule has none");
	if (rule->n_arguments > ARGUMENTS_MAX)
		return error_set(ret_error, E2BIG,
			"cannot filter %s: a rule has more than %u tests of arguments",
			rule->calls[0], ARGUMENTS_MAX);
	for (size_t i = 0; i < rule->n_arguments; i++)
		if (rule->arguments[i].index >= NUMBER_ARGUMENTS)
			return error_set(ret_error, EINVAL,
				"cannot filter %s: a call has no argument number %u",
				rule->calls[0], rule->arguments[i].index);
	STRV_FOREACH (name, rule->calls) {
		const CallNumbers *call = find_call(*name);

		if (r == 0)
			r = call ? check_multiplexed(spec, rule, call, ret_error)
				 : check_unknown(spec, rule, *name, ret_error);
	}
	return r;
}

static int check_action(SpecAction action, uint32_t error, Error **ret_error)
{
	if ((unsigned int)action >= _SPEC_ACTION_MAX || error > SECCOMP_RET_DATA)
		return error_set(ret_error, EINVAL,
			"cannot filter system calls: the number of an error is at most %d",
			SECCOMP_RET_DATA);
	if (action == SPEC_ACTION_NOTIFY)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot filter system calls: action=notify is not supported");
	return 0;
}

static int check_architectures(const SpecFilter *filter, Error **ret_error)
{
	STRV_FOREACH (name, filter->architectures) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(call_all_architectures); i++)
			known = known || strcmp(call_all_architectures[i], *name) == 0;
		if (!known)
			return error_set(ret_error, EINVAL,
				"cannot filter system calls: there is no architecture %s", *name);
	}
	return 0;
}

static int check(const Spec *spec, Error **ret_error)
{
	int r = check_action(spec->filter.otherwise, spec->filter.error, ret_error);

	if (r == 0)
		r = check_architectures(&spec->filter, ret_error);
	for (size_t i = 0; r == 0 && i < spec->n_filter_rules; i++) {
		const SpecFilterRule *rule = &spec->filter_rules[i];

		r = check_action(rule->action, rule->error, ret_error);
		if (r == 0)
			r = check_rule(spec, rule, ret_error);
	}
	return r;
}

unsigned int filter_rules_flags(const SpecFilter *filter)
{
	/* In the order of their names in spec-table.c. */
	static const unsigned int flags[] = { SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG,
		SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV };
	unsigned int found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (filter->flags >> i & 1)
			found |= flags[i];
	return found;
}

int filter_rules_compile(const Spec *spec, FilterProgram *ret, Error **ret_error)
{
	Compiler c = { .spec = spec, .program = ret };
	int r = check(spec, ret_error);

	ret->length = 0;
	if (r < 0)
		return r;
	put_load(&c, offsetof(struct seccomp_data, arch));
	for (size_t a = 0; r == 0 && a < CALL_ARCHITECTURES; a++) {
		bool done = false; /* x32 with x86_64 */

		for (size_t b = 0; b < a; b++)
			done = done || call_architectures[b].audit == call_architectures[a].audit;
		if (!done && is_used(&spec->filter, a))
			r = put_architecture(spec, call_architectures[a].audit, ret, ret_error);
	}
	if (r < 0)
		return r;
	put_return(&c, SPEC_ACTION_KILL_PROCESS, 0);
	return c.too_long
		       ? error_set(ret_error, E2BIG, "cannot filter system calls: too many rules")
		       : 0;
}
