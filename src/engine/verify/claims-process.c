/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What its processes are: namespaces, ids, capabilities, filter, label, limits.
 */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"
#include "engine/verify/evidence.h"

#define TEXT_MAX (1024 * 1024) /* bytes of a file of /proc */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const SpecNamespace *spec_namespace(const Spec *spec, const char *name)
{
	const struct {
		const char *name;
		const SpecNamespace *namespace;
	} all[] = {
		{ "user", &spec->namespaces.user },
		{ "mnt", &spec->namespaces.mount },
		{ "pid", &spec->namespaces.pid },
		{ "net", &spec->namespaces.network },
		{ "ipc", &spec->namespaces.ipc },
		{ "uts", &spec->namespaces.uts },
		{ "cgroup", &spec->namespaces.cgroup },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].namespace;
	return NULL;
}

/* What is neither the host's nor joined. */
static bool is_own(const Spec *spec, const char *name)
{
	const SpecNamespace *namespace = spec_namespace(spec, name);

	return namespace && namespace->kind == SPEC_NAMESPACE_NEW;
}

static bool is_host(const Evidence *evidence, int dir_fd, const char *name)
{
	_cleanup_fd_ int self = openat(evidence->proc_fd, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat its, ours;

	return evidence_namespace(dir_fd, name, &its) && evidence_namespace(self, name, &ours) &&
	       same_file(&its, &ours);
}

static Verdict ask_namespace(const Evidence *evidence, const char *name, Buf *found)
{
	const SpecNamespace *namespace = spec_namespace(evidence->spec, name);
	struct stat its, other;

	if (!namespace || namespace->kind == SPEC_NAMESPACE_HOST)
		return VERDICT_UNASKED;
	if (!evidence_namespace(evidence->pid_fd, name, &its))
		return VERDICT_UNKNOWN;
	if (is_host(evidence, evidence->pid_fd, name)) {
		buf_puts(found, "it is the host's");
		return VERDICT_FAILS;
	}
	if (namespace->kind == SPEC_NAMESPACE_NEW)
		return VERDICT_HOLDS;
	if (stat(namespace->path, &other) < 0)
		return VERDICT_UNKNOWN;
	return same_file(&its, &other) ? VERDICT_HOLDS : VERDICT_FAILS;
}

static const char *const kept_namespaces[] = { "user", "mnt", "pid", "net", "ipc", "uts" };

static bool stays_inside(const Evidence *evidence, int dir_fd, const char *status, void *data)
{
	char room[32];

	for (size_t i = 0; i < ARRAY_SIZE(kept_namespaces); i++) {
		if (!is_own(evidence->spec, kept_namespaces[i]) ||
			!is_host(evidence, dir_fd, kept_namespaces[i]))
			continue;
		buf_printf(data, "process %s is in the host's %s namespace",
			evidence_field(status, "Pid", room, sizeof(room)), kept_namespaces[i]);
		return false;
	}
	return true;
}

/* Nothing found: it holds. */
static Verdict all_processes(const Evidence *evidence, EvidenceCall call, Buf *found)
{
	evidence_each_process(evidence, call, found);
	return nothing_found(found);
}

static Verdict ask_processes_inside(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	return all_processes(evidence, stays_inside, found);
}

static Verdict ask_network_owner(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_fd_ int net = openat(evidence->pid_fd, "ns/net", O_RDONLY | O_CLOEXEC);
	_cleanup_fd_ int owner = -EBADF;
	struct stat its, user;

	(void)argument;
	if (!is_own(evidence->spec, "net") || !is_own(evidence->spec, "user"))
		return VERDICT_UNASKED;
	owner = net < 0 ? -EBADF : ioctl(net, NS_GET_USERNS);
	if (owner < 0 || fstat(owner, &its) < 0 ||
		!evidence_namespace(evidence->pid_fd, "user", &user))
		return VERDICT_UNKNOWN;
	if (same_file(&its, &user) && !is_host(evidence, evidence->pid_fd, "user"))
		return VERDICT_HOLDS;
	buf_puts(found, "another user namespace owns it");
	return VERDICT_FAILS;
}

static Verdict ask_ids(const Evidence *evidence, const char *file, Buf *found)
{
	const SpecIdMap *map =
		strcmp(file, "uid_map") == 0 ? &evidence->spec->users : &evidence->spec->groups;
	_cleanup_free_ char *text = NULL;
	const char *rest;
	size_t n = 0;

	if (!is_own(evidence->spec, "user"))
		return VERDICT_UNASKED;
	if (fd_read_at(evidence->pid_fd, file, TEXT_MAX, &text) < 0)
		return VERDICT_UNKNOWN;
	for (rest = text; *rest; rest += strcspn(rest, "\n"), rest += *rest == '\n', n++) {
		unsigned int inside, outside, count;
		bool known = false;

		if (sscanf(rest, "%u %u %u", &inside, &outside, &count) != 3)
			return VERDICT_UNKNOWN;
		for (size_t i = 0; i < map->n_ranges; i++)
			known = known || (map->ranges[i].inside == inside &&
						 map->ranges[i].outside == outside &&
						 map->ranges[i].count == count);
		if (!known)
			buf_printf(found, "%s%u from %u are %u from %u of the host",
				found->size ? ", " : "", count, inside, count, outside);
	}
	return n == map->n_ranges && !found->size ? VERDICT_HOLDS : VERDICT_FAILS;
}

static bool is_not_root(const Evidence *evidence, int dir_fd, const char *status, void *data)
{
	char room[128], pid[32];
	unsigned int ids[4] = { 0 };
	const char *text = evidence_field(status, "Uid", room, sizeof(room));

	(void)evidence;
	(void)dir_fd;
	if (!text || sscanf(text, "%u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) != 4 ||
		(ids[0] && ids[1] && ids[2] && ids[3]))
		return true;
	buf_printf(data, "process %s is root of the host",
		evidence_field(status, "Pid", pid, sizeof(pid)));
	return false;
}

static Verdict ask_not_root(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	if (!is_own(evidence->spec, "user"))
		return VERDICT_UNASKED;
	return all_processes(evidence, is_not_root, found);
}

/* In a user namespace made inside a process has all capabilities, over what that owns. */
static bool has_containers_user_namespace(const Evidence *evidence, int dir_fd)
{
	struct stat its, first;

	return evidence_namespace(dir_fd, "user", &its) &&
	       evidence_namespace(evidence->pid_fd, "user", &first) && same_file(&its, &first);
}

static bool has_no_more(
	const Evidence *evidence, int dir_fd, const char *status, Buf *found, const char *set)
{
	char pid[32];
	uint64_t mask;

	if (!has_containers_user_namespace(evidence, dir_fd) ||
		!evidence_mask(status, set, &mask) ||
		!(mask & ~evidence->spec->capabilities.bounding))
		return true;
	buf_printf(found, "process %s has %#llx more",
		evidence_field(status, "Pid", pid, sizeof(pid)),
		(unsigned long long)(mask & ~evidence->spec->capabilities.bounding));
	return false;
}

static bool bounding_fits(const Evidence *evidence, int dir_fd, const char *status, void *data)
{
	return has_no_more(evidence, dir_fd, status, data, "CapBnd");
}

static Verdict ask_bounding(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	return all_processes(evidence, bounding_fits, found);
}

static bool sets_fit(const Evidence *evidence, int dir_fd, const char *status, void *data)
{
	static const char *const sets[] = { "CapPrm", "CapEff", "CapInh", "CapAmb" };

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (!has_no_more(evidence, dir_fd, status, data, sets[i]))
			return false;
	return true;
}

static Verdict ask_sets(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	return all_processes(evidence, sets_fit, found);
}

static bool gains_nothing(const Evidence *evidence, int dir_fd, const char *status, void *data)
{
	char room[8], pid[32];
	const char *value = evidence_field(status, "NoNewPrivs", room, sizeof(room));

	(void)evidence;
	(void)dir_fd;
	if (!value || strcmp(value, "1") == 0)
		return true;
	buf_printf(data, "process %s may", evidence_field(status, "Pid", pid, sizeof(pid)));
	return false;
}

static Verdict ask_no_new_privileges(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	if (!evidence->spec->filter.no_new_privileges)
		return VERDICT_UNASKED;
	return all_processes(evidence, gains_nothing, found);
}

static bool is_filtered(const Evidence *evidence, int dir_fd, const char *status, void *data)
{
	char room[8], pid[32];
	const char *value = evidence_field(status, "Seccomp", room, sizeof(room));

	(void)evidence;
	(void)dir_fd;
	if (value && strcmp(value, "0") != 0)
		return true;
	buf_printf(data, "process %s has none", evidence_field(status, "Pid", pid, sizeof(pid)));
	return false;
}

static Verdict ask_filtered(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	if (evidence->spec->filter.kind == SPEC_FILTER_NONE)
		return VERDICT_UNASKED;
	return all_processes(evidence, is_filtered, found);
}

static Verdict ask_filter(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	if (evidence->spec->filter.kind == SPEC_FILTER_NONE)
		return VERDICT_UNASKED;
	return filter_dump_compare(evidence, found);
}

static bool has_label(const Evidence *evidence, int dir_fd, const char *status, void *data)
{
	_cleanup_error_ Error *error = NULL;
	char room[32];
	const char *pid = evidence_field(status, "Pid", room, sizeof(room));

	(void)dir_fd;
	if (!pid ||
		label_verify_process(evidence->label, evidence->proc_fd,
			(pid_t)strtol(pid, NULL, 10), &error) == 0 ||
		error_errnum(error) == ENOENT || error_errnum(error) == ESRCH)
		return true;
	buf_puts(data, error_message(error));
	return false;
}

static Verdict ask_label(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	if (!evidence->label || !label_process(evidence->label))
		return VERDICT_UNASKED;
	return all_processes(evidence, has_label, found);
}

/* proc(5), /proc/PID/limits: 26 characters of name, 21 of the soft one, 21 of the hard one. */
static bool read_limit(const char *text, const char *name, uint64_t *ret)
{
	char room[128], value[32];
	const char *rest = evidence_field(text, name, room, sizeof(room));

	if (!rest || sscanf(rest, "%*s %31s", value) != 1)
		return false;
	*ret = strcmp(value, "unlimited") == 0 ? UINT64_MAX : strtoull(value, NULL, 10);
	return true;
}

/* "NOFILE Max open files" */
static Verdict ask_limit(const Evidence *evidence, const char *argument, Buf *found)
{
	const char *title = strchr(argument, ' ') + 1;
	size_t length = strcspn(argument, " ");
	uint64_t has;

	for (size_t i = 0; i < evidence->spec->n_limits; i++) {
		const SpecLimit *limit = &evidence->spec->limits[i];

		if (strncmp(limit->name, argument, length) != 0 || limit->name[length])
			continue;
		if (limit->hard == UINT64_MAX)
			return VERDICT_UNASKED;
		if (!read_limit(evidence->limits, title, &has))
			return VERDICT_UNKNOWN;
		return evidence_compare_limit(has, limit->hard, found);
	}
	return VERDICT_UNASKED;
}

static Verdict ask_oom_score(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_free_ char *text = NULL;

	(void)argument;
	if (fd_read_at(evidence->pid_fd, "oom_score_adj", TEXT_MAX, &text) < 0)
		return VERDICT_UNKNOWN;
	if (strtol(text, NULL, 10) >= evidence->spec->scheduling.oom_score)
		return VERDICT_HOLDS;
	buf_printf(found, "it is %ld", strtol(text, NULL, 10));
	return VERDICT_FAILS;
}

static Verdict ask_environment(const Evidence *evidence, const char *argument, Buf *found)
{
	const SpecProcess *process = &evidence->spec->process;
	const char *end = evidence->environment + evidence->environment_size;

	(void)argument;
	for (const char *one = evidence->environment; one < end; one += strlen(one) + 1) {
		if (!*one || strv_contains(process->environment, one) ||
			strv_contains(process->first_environment, one))
			continue;
		buf_printf(
			found, "%s%.*s", found->size ? ", " : "has ", (int)strcspn(one, "="), one);
	}
	return nothing_found(found);
}

static Verdict ask_parent(const Evidence *evidence, const char *argument, Buf *found)
{
	char room[32];
	const char *parent = evidence_field(evidence->status, "PPid", room, sizeof(room));

	(void)argument;
	if (!parent || evidence->state->supervisor == evidence->state->pid)
		return VERDICT_UNASKED;
	if (strtol(parent, NULL, 10) == evidence->state->supervisor)
		return VERDICT_HOLDS;
	buf_printf(found, "process %s is", parent);
	return VERDICT_FAILS;
}

const Claim claims_of_processes[] = {
	{ "user namespace", ask_namespace, "user", "root inside would be root of the host", BUG },
	{ "mount namespace", ask_namespace, "mnt", "it could unmount what protects the host", BUG },
	{ "process ids", ask_namespace, "pid", "it could see and signal processes of the host",
		BUG },
	{ "network namespace", ask_namespace, "net",
		"it could use the host's addresses and sockets", BUG },
	{ "IPC namespace", ask_namespace, "ipc", "it could use shared memory of the host", BUG },
	{ "host name of its own", ask_namespace, "uts", "it could rename the host", BUG },
	{ "cgroup namespace", ask_namespace, "cgroup", "it would see the host's cgroups", BUG },
	{ "all processes stay inside", ask_processes_inside, NULL,
		"a process that left has the host's access", BUG },
	{ "owner of the network", ask_network_owner, NULL,
		"its root would administer a network that is not its own", BUG },
	{ "user ids", ask_ids, "uid_map", "it could own files of others", BUG },
	{ "group ids", ask_ids, "gid_map", "it could use files of others' groups", BUG },
	{ "no process is root of the host", ask_not_root, NULL,
		"it may do what the host's root may", BUG },
	{ "capability bounding set", ask_bounding, NULL, "a program inside could gain more", BUG },
	{ "capabilities", ask_sets, NULL, "it could do what it was not granted", BUG },
	{ "no new privileges", ask_no_new_privileges, NULL,
		"a set-user-id program would gain what its caller has not", BUG },
	{ "system calls are filtered", ask_filtered, NULL,
		"it could reach parts of the kernel that few programs use", BUG },
	{ "the filter in the kernel", ask_filter, NULL,
		"it may allow calls that were to be refused",
		"restart the container if virt-sandbox was upgraded since; else " BUG },
	{ "label of all processes", ask_label, NULL,
		"the host's policy does not confine a process with another label", BUG },
	{ "core dumps", ask_limit, "CORE Max core file size",
		"a crash inside would feed the host's handler of core dumps", BUG },
	{ "open files", ask_limit, "NOFILE Max open files",
		"it could use up the host's file handles", BUG },
	{ "processes of a user", ask_limit, "NPROC Max processes",
		"it could use up the host's process ids", BUG },
	{ "locked memory", ask_limit, "MEMLOCK Max locked memory",
		"it could keep memory from everybody else", BUG },
	{ "message queues", ask_limit, "MSGQUEUE Max msgqueue size",
		"it could use up kernel memory", BUG },
	{ "pending signals", ask_limit, "SIGPENDING Max pending signals",
		"it could use up kernel memory", BUG },
	{ "OOM score", ask_oom_score, NULL, "the kernel would kill services of the host first",
		BUG },
	{ "environment", ask_environment, NULL, "the caller's variables may be secret", BUG },
	{ "its parent is the supervisor", ask_parent, NULL, "nobody would see its end",
		"restart it" },
};
const size_t claims_of_processes_count = ARRAY_SIZE(claims_of_processes);
