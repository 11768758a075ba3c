/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As the systemd of a host does it: what is allowed by a word is allowed, of the rest is denied what is denied by a word, and everything else is allowed;
 * of interfaces, only those that are allowed by a word if there is one.
 */
#include "engine/start/socket-filter.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/strv.h"
#include "engine/start/bpf-code.h"
#include "engine/start/held-cgroup.h"
#include "net/socket-rule.h"

#define CONTEXT BPF_REG_6 /* calls leave it alone */
#define PEER (-16) /* the address in question, below the frame pointer */
#define LOOPBACK_INDEX 1 /* of lo in every network namespace */

typedef struct SocketRules {
	SocketRule rules[SOCKET_RULES_MAX];
	size_t n;
} SocketRules;

/* Are both rules for one cgroup? */
static bool same_place(const char *a, const char *b)
{
	size_t length, other;

	(void)socket_rule_word(a, &length);
	(void)socket_rule_word(b, &other);
	return other == length && strncmp(a, b, length) == 0;
}

/* Is it the first rule of its cgroup? */
static bool is_first(const Spec *spec, char *const *rule)
{
	for (char *const *before = spec->cgroup.socket_rules; before < rule; before++)
		if (same_place(*before, *rule))
			return false;
	return true;
}

/* The rules for the same cgroup as the one of `like`. */
static int parse(const Spec *spec, const char *like, SocketRules *ret, Error **ret_error)
{
	ret->n = 0;
	STRV_FOREACH (text, spec->cgroup.socket_rules) {
		int r;

		if (!same_place(*text, like))
			continue;
		if (ret->n == SOCKET_RULES_MAX)
			return error_set(ret_error, E2BIG,
				"cannot restrict sockets: there are more than %u rules",
				SOCKET_RULES_MAX);
		r = socket_rule_parse(*text, &ret->rules[ret->n++], ret_error);
		if (r < 0)
			return error_wrap(ret_error, "cannot restrict sockets");
	}
	return 0;
}

int socket_filter_check(const Spec *spec, Error **ret_error)
{
	SocketRules rules;
	int r = 0;

	STRV_FOREACH (text, spec->cgroup.socket_rules)
		if (r == 0 && is_first(spec, text))
			r = parse(spec, *text, &rules, ret_error);
	return r;
}

static bool has(const SocketRules *rules, SocketRuleKind kind)
{
	for (size_t i = 0; i < rules->n; i++)
		if (rules->rules[i].kind == kind)
			return true;
	return false;
}

static void put_load(BpfCode *code, uint8_t target, uint8_t source, int offset)
{
	bpf_put(code, BPF_LDX | BPF_MEM | BPF_W, target, source, (int16_t)offset, 0);
}

static void put_begin(BpfCode *code)
{
	code->length = 0;
	bpf_put(code, BPF_ALU64 | BPF_MOV | BPF_X, CONTEXT, BPF_REG_1, 0, 0);
}

/* Denied by "~lo" on it, and by "lo" on every other one. */
static void put_interface(BpfCode *code, const SocketRule *rule)
{
	size_t begin = code->length;

	put_load(code, BPF_REG_1, CONTEXT, offsetof(struct __sk_buff, ifindex));
	bpf_put_jump(code, rule->allow ? BPF_JEQ : BPF_JNE, BPF_REG_1, LOOPBACK_INDEX);
	bpf_put_answer(code, false);
	bpf_close_jumps(code, begin);
}

static void put_network(BpfCode *code, const IpAddress *network, bool allow)
{
	size_t begin = code->length;

	/* Compares at least one word: the kernel refuses what can never be reached. */
	for (unsigned int i = 0; i < ip_size(network) / 4 && (i == 0 || network->prefix > 32 * i);
		i++) {
		unsigned int bits = network->prefix - 32 * i;
		uint32_t mask = htonl(bits >= 32 ? UINT32_MAX : ~(UINT32_MAX >> bits)), word;

		memcpy(&word, network->bytes + (size_t)4 * i, sizeof(word));
		put_load(code, BPF_REG_1, BPF_REG_10, PEER + (int)(4 * i));
		bpf_put(code, BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0, (int32_t)mask);
		bpf_put_jump(code, BPF_JNE, BPF_REG_1, (int32_t)(word & mask));
	}
	bpf_put_answer(code, allow);
	bpf_close_jumps(code, begin);
}

/* A packet that is cut off before its address is denied. */
static void put_peer(BpfCode *code, int offset, int size)
{
	size_t begin;

	bpf_put(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, CONTEXT, 0, 0);
	bpf_put(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, offset);
	bpf_put(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_10, 0, 0);
	bpf_put(code, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, PEER);
	bpf_put(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, size);
	bpf_put(code, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_load_bytes);
	begin = code->length;
	bpf_put_jump(code, BPF_JEQ, BPF_REG_0, 0);
	bpf_put_answer(code, false);
	bpf_close_jumps(code, begin);
}

static void put_family(BpfCode *code, const SocketRules *rules, int family, bool egress)
{
	bool six = family == AF_INET6;
	int source = six ? 8 : 12, size = six ? 16 : 4; /* RFC 8200, RFC 791 */
	size_t over;

	put_load(code, BPF_REG_1, CONTEXT, offsetof(struct __sk_buff, protocol));
	bpf_put_jump(code, BPF_JEQ, BPF_REG_1, htons(six ? ETH_P_IPV6 : ETH_P_IP));
	code->code[code->length - 1].off = 1;
	over = code->length;
	bpf_put(code, BPF_JMP | BPF_JA, 0, 0, 0, 0); /* whose length shows later */
	put_peer(code, source + (egress ? size : 0), size);
	for (int allow = 1; allow >= 0; allow--)
		for (size_t i = 0; i < rules->n; i++)
			for (size_t j = 0; j < rules->rules[i].n_addresses; j++)
				if (rules->rules[i].allow == allow &&
					rules->rules[i].addresses[j].family == family)
					put_network(code, &rules->rules[i].addresses[j], allow);
	bpf_put_answer(code, true);
	code->code[over].off = (int16_t)(code->length - over - 1);
}

static void compile_packets(const SocketRules *rules, bool egress, BpfCode *code)
{
	put_begin(code);
	for (size_t i = 0; i < rules->n; i++)
		if (rules->rules[i].kind == SOCKET_RULE_LOOPBACK)
			put_interface(code, &rules->rules[i]);
	put_family(code, rules, AF_INET, egress);
	put_family(code, rules, AF_INET6, egress);
	bpf_put_answer(code, true);
}

static void put_bind(BpfCode *code, const SocketRule *rule)
{
	size_t begin = code->length;

	if (rule->protocol)
		bpf_put_jump(code, BPF_JNE, BPF_REG_8, rule->protocol);
	bpf_put_jump(code, BPF_JLT, BPF_REG_7, rule->first);
	bpf_put_jump(code, BPF_JGT, BPF_REG_7, rule->last);
	bpf_put_answer(code, rule->allow);
	bpf_close_jumps(code, begin);
}

static void compile_bind(const SocketRules *rules, int family, BpfCode *code)
{
	put_begin(code);
	put_load(code, BPF_REG_7, CONTEXT, offsetof(struct bpf_sock_addr, user_port));
	bpf_put(code, BPF_ALU | BPF_END | BPF_TO_BE, BPF_REG_7, 0, 0, 16);
	put_load(code, BPF_REG_8, CONTEXT, offsetof(struct bpf_sock_addr, protocol));
	for (int allow = 1; allow >= 0; allow--)
		for (size_t i = 0; i < rules->n; i++)
			if (rules->rules[i].kind == SOCKET_RULE_BIND &&
				rules->rules[i].allow == allow &&
				(!rules->rules[i].family || rules->rules[i].family == family))
				put_bind(code, &rules->rules[i]);
	bpf_put_answer(code, true);
}

/* What is done with each of the programs, attached or looked for: 1, 0 or a negative errno; of 0 nothing further is asked. */
typedef int (*EachFilter)(int cgroup_fd, const BpfCode *code, enum bpf_prog_type type,
	enum bpf_attach_type place, const char *what, Error **ret_error);

static int attach(int cgroup_fd, const BpfCode *code, enum bpf_prog_type type,
	enum bpf_attach_type place, const char *what, Error **ret_error)
{
	int r = bpf_attach(cgroup_fd, code, type, place, what, ret_error);

	return r < 0 ? r : 1;
}

static int look(int cgroup_fd, const BpfCode *code, enum bpf_prog_type type,
	enum bpf_attach_type place, const char *what _unused_, Error **ret_error _unused_)
{
	return bpf_is_attached(cgroup_fd, code, type, place);
}

static int each_filter(int cgroup_fd, const SocketRules *rules, EachFilter each, Error **ret_error)
{
	_cleanup_free_ BpfCode *code = calloc(1, sizeof(*code));
	int r = 1;

	if (!code)
		return error_oom(ret_error);
	for (int egress = 0; egress < 2 && r > 0; egress++) {
		if (!has(rules, SOCKET_RULE_ADDRESS) && !has(rules, SOCKET_RULE_LOOPBACK))
			break;
		compile_packets(rules, egress, code);
		r = each(cgroup_fd, code, BPF_PROG_TYPE_CGROUP_SKB,
			egress ? BPF_CGROUP_INET_EGRESS : BPF_CGROUP_INET_INGRESS,
			"filter of addresses", ret_error);
	}
	for (int six = 0; six < 2 && r > 0 && has(rules, SOCKET_RULE_BIND); six++) {
		compile_bind(rules, six ? AF_INET6 : AF_INET, code);
		r = each(cgroup_fd, code, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
			six ? BPF_CGROUP_INET6_BIND : BPF_CGROUP_INET4_BIND, "filter of ports",
			ret_error);
	}
	return r;
}

/* The cgroup that a rule is for, below cgroup_fd. */
static int open_place(
	int cgroup_fd, const char *rule, const uid_t *owner, int *ret_fd, Error **ret_error)
{
	size_t length;
	_cleanup_free_ char *path = NULL;

	(void)socket_rule_word(rule, &length);
	path = strndup(rule, length);
	if (!path)
		return error_oom(ret_error);
	if (owner && *path)
		return held_cgroup_make(cgroup_fd, path, *owner, ret_fd, ret_error);
	*ret_fd = openat(
		cgroup_fd, *path ? path + 1 : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(ret_error, errno, "cannot open the cgroup %s", path) : 0;
}

static int each_place(
	int cgroup_fd, const Spec *spec, const uid_t *owner, EachFilter each, Error **ret_error)
{
	int r = 1;

	STRV_FOREACH (rule, spec->cgroup.socket_rules) {
		_cleanup_fd_ int fd = -EBADF;
		SocketRules rules;

		if (r <= 0 || !is_first(spec, rule))
			continue;
		r = parse(spec, *rule, &rules, ret_error);
		if (r == 0)
			r = open_place(cgroup_fd, *rule, owner, &fd, ret_error);
		if (r == 0)
			r = each_filter(fd, &rules, each, ret_error);
	}
	return r;
}

int socket_filter_apply(int cgroup_fd, const Spec *spec, uid_t owner, Error **ret_error)
{
	int r = each_place(cgroup_fd, spec, &owner, attach, ret_error);

	return r < 0 ? r : 0;
}

int socket_filter_holds(int cgroup_fd, const Spec *spec)
{
	return each_place(cgroup_fd, spec, NULL, look, NULL);
}
