/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scheduling of a container's processes: each call that a Spec asks for and no other. C libraries have no
 * sched_setattr(2), ioprio_set(2) and set_mempolicy(2) of their own.
 */
#include "engine/start/scheduling.h"

#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORD_BITS (8 * sizeof(unsigned long))
#define PROCESSORS_MAX 8192 /* NR_CPUS of the largest configuration */
#define NODES_MAX 1024 /* MAX_NUMNODES likewise */
#define IO_PRIORITY_MAX 7

/* struct sched_attr of linux/sched/types.h, which does not go with the C library's sched.h; its first size. */
typedef struct Attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
} Attributes;

_Static_assert(sizeof(Attributes) == 48, "SCHED_ATTR_SIZE_VER0");

static const struct {
	const char *name;
	uint32_t number;
} policies[] = {
	{ "other", SCHED_OTHER }, { "batch", SCHED_BATCH }, { "idle", SCHED_IDLE },
	{ "fifo", SCHED_FIFO }, { "rr", SCHED_RR },
	{ "deadline",
		6 }, /* SCHED_DEADLINE of the kernel's headers, which the C library's exclude */
};

static const char *const io_classes[] = { "none", "realtime", "best-effort",
	"idle" }; /* IOPRIO_CLASS_* */

static int find_policy(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (strcmp(policies[i].name, name) == 0)
			return (int)policies[i].number;
	return -EINVAL;
}

static int find_io_class(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(io_classes); i++)
		if (strcmp(io_classes[i], name) == 0)
			return (int)i;
	return -EINVAL;
}

/* *p behind the number. */
static int read_number(const char **p, unsigned long max, unsigned long *ret)
{
	unsigned long number = 0;
	const char *begin = *p;

	for (; **p >= '0' && **p <= '9'; (*p)++) {
		number = number * 10 + (unsigned long)(**p - '0');
		if (number > max)
			return -EINVAL;
	}
	*ret = number;
	return *p > begin ? 0 : -EINVAL;
}

int scheduling_parse_list(const char *list, unsigned long *words, size_t n)
{
	const char *p = list;

	memset(words, 0, n * sizeof(*words));
	do {
		unsigned long first, last;

		if (read_number(&p, n * WORD_BITS - 1, &first) < 0)
			return -EINVAL;
		last = first;
		if (*p == '-') {
			p++;
			if (read_number(&p, n * WORD_BITS - 1, &last) < 0 || last < first)
				return -EINVAL;
		}
		for (unsigned long i = first; i <= last; i++)
			words[i / WORD_BITS] |= 1ul << (i % WORD_BITS);
	} while (*p == ',' && p++);
	return *p ? -EINVAL : 0;
}

static int check_lists(const SpecScheduling *s, Error **ret_error)
{
	unsigned long words[PROCESSORS_MAX / WORD_BITS];

	if (s->affinity && scheduling_parse_list(s->affinity, words, ARRAY_SIZE(words)) < 0)
		return error_set(ret_error, EINVAL,
			"cannot set the affinity %s: it is not a list of processors such as 0-3,7",
			s->affinity);
	if (s->memory_nodes &&
		scheduling_parse_list(s->memory_nodes, words, NODES_MAX / WORD_BITS) < 0)
		return error_set(ret_error, EINVAL,
			"cannot set the memory nodes %s: it is not a list of nodes such as 0-1",
			s->memory_nodes);
	return 0;
}

int scheduling_check(const SpecScheduling *s, Error **ret_error)
{
	bool deadline = s->policy && strcmp(s->policy, "deadline") == 0;

	if (s->policy && find_policy(s->policy) < 0)
		return error_set(ret_error, EINVAL,
			"cannot use the scheduling policy %s: there is none", s->policy);
	if (!s->policy && (s->priority || s->flags))
		return error_set(
			ret_error, EINVAL, "cannot use the scheduling priority: it needs a policy");
	if (!deadline && (s->runtime || s->deadline || s->period))
		return error_set(ret_error, EINVAL,
			"cannot use runtime, deadline and period: they need policy=deadline");
	if (s->io_class && find_io_class(s->io_class) < 0)
		return error_set(ret_error, EINVAL,
			"cannot use the class %s of input and output: there is none", s->io_class);
	if (s->io_priority && (!s->io_class || s->io_priority > IO_PRIORITY_MAX))
		return error_set(ret_error, EINVAL,
			"cannot use the priority of input and output: it needs a class, and is 0 to %d",
			IO_PRIORITY_MAX);
	if (s->personality && strcmp(s->personality, "linux") != 0 &&
		strcmp(s->personality, "linux32") != 0)
		return error_set(ret_error, EINVAL,
			"cannot use the personality %s: it is linux or linux32", s->personality);
	return check_lists(s, ret_error);
}

static int set_policy(const SpecScheduling *s, pid_t pid, Error **ret_error)
{
	Attributes attr = {
		.size = sizeof(attr),
		.policy = (uint32_t)find_policy(s->policy),
		.flags = s->flags,
		.nice = s->nice,
		.priority = (uint32_t)s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
	};

	if (syscall(SYS_sched_setattr, pid, &attr, 0u) < 0)
		return error_errno(
			ret_error, errno, "cannot set the scheduling policy %s", s->policy);
	return 0;
}

static int set_affinity(const SpecScheduling *s, pid_t pid, Error **ret_error)
{
	unsigned long words[PROCESSORS_MAX / WORD_BITS];

	if (scheduling_parse_list(s->affinity, words, ARRAY_SIZE(words)) < 0)
		return -EINVAL; /* scheduling_check() has refused it */
	if (syscall(SYS_sched_setaffinity, pid, sizeof(words), words) < 0)
		return error_errno(
			ret_error, errno, "cannot set the processor affinity %s", s->affinity);
	return 0;
}

int scheduling_apply(const SpecScheduling *s, pid_t pid, Error **ret_error)
{
	int r = 0;

	if (s->policy)
		r = set_policy(s, pid, ret_error);
	else if (s->nice && setpriority(PRIO_PROCESS, (id_t)pid, s->nice) < 0)
		r = error_errno(ret_error, errno, "cannot set the nice value %d", s->nice);
	if (r == 0 && s->io_class &&
		syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid,
			IOPRIO_PRIO_VALUE(find_io_class(s->io_class), (int)s->io_priority)) < 0)
		r = error_errno(ret_error, errno, "cannot set the I/O priority");
	return r == 0 && s->affinity ? set_affinity(s, pid, ret_error) : r;
}

int scheduling_apply_self(const SpecScheduling *s, Error **ret_error)
{
	unsigned long words[NODES_MAX / WORD_BITS];

	if (!s->memory_nodes)
		return 0;
	if (scheduling_parse_list(s->memory_nodes, words, ARRAY_SIZE(words)) < 0)
		return -EINVAL; /* likewise */
	if (syscall(SYS_set_mempolicy, MPOL_BIND, words, NODES_MAX) < 0)
		return error_errno(
			ret_error, errno, "cannot bind memory to the nodes %s", s->memory_nodes);
	return 0;
}
