/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host keeps of it: cgroup, supervisor, links, files.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "base/strv.h"
#include "engine/keep/saved-spec.h"
#include "engine/start/socket-filter.h"
#include "engine/verify/evidence.h"
#include "net/kinds.h"
#include "net/net.h"

#define SET_AGAIN "restart it, or set the limit again with virt-sandbox-service set"
#define TEXT_MAX (1024 * 1024) /* bytes of a file of the kernel */

/* Programs with exactly the code that the rules give, at the container's cgroup and at those of units. */
static Verdict ask_socket_rules(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	(void)argument;
	if (!evidence->spec->cgroup.socket_rules)
		return VERDICT_UNASKED;
	if (!evidence->state->cgroup)
		return VERDICT_UNKNOWN;
	fd = open(evidence->state->cgroup, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : socket_filter_holds(fd, evidence->spec);
	if (r > 0)
		return VERDICT_HOLDS;
	if (r < 0 && r != -ENOENT)
		return VERDICT_UNKNOWN;
	buf_puts(found, r == 0 ? "a filter is not attached" : "the cgroup of a unit is gone");
	return VERDICT_FAILS;
}

static Verdict ask_cgroup(const Evidence *evidence, const char *argument, Buf *found)
{
	(void)argument;
	if (!evidence->state->cgroup)
		return VERDICT_UNKNOWN;
	if (evidence_is_in_cgroup(evidence, evidence->cgroup))
		return VERDICT_HOLDS;
	buf_puts(found, "it is in another one");
	return VERDICT_FAILS;
}

/* The value of a file of its cgroup; "max" is the largest. */
static bool read_value(
	const Evidence *evidence, const char *name, uint64_t *ret, uint64_t *ret_other)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *text = NULL;
	unsigned long long value, other = 0;

	if (!evidence->state->cgroup ||
		asprintf(&path, "%s/%s", evidence->state->cgroup, name) < 0 ||
		fd_read_at(AT_FDCWD, path, TEXT_MAX, &text) < 0)
		return false;
	*ret = UINT64_MAX;
	*ret_other = 0;
	if (strncmp(text, "max", 3) == 0)
		return true;
	if (sscanf(text, "%llu %llu", &value, &other) < 1 &&
		sscanf(text, "default %llu", &value) != 1)
		return false;
	*ret = value;
	*ret_other = other;
	return true;
}

static Verdict compare_limit(const Evidence *evidence, const char *name, uint64_t asked, Buf *found)
{
	uint64_t has, period;

	if (!asked)
		return VERDICT_UNASKED;
	if (!read_value(evidence, name, &has, &period)) {
		buf_printf(found, "its cgroup has no %s", name);
		return VERDICT_FAILS;
	}
	if (period && has != UINT64_MAX)
		has = has * 1000 / period;
	return evidence_compare_limit(has, asked, found);
}

static Verdict ask_limit(const Evidence *evidence, const char *name, Buf *found)
{
	const Spec *spec = evidence->spec;
	const struct {
		const char *name;
		uint64_t asked;
	} limits[] = {
		{ "memory.max", spec->resources.memory },
		{ "pids.max", spec->resources.pids },
		{ "cpu.max", spec->resources.cpu_milli },
		{ "io.weight", spec->resources.io_weight },
		{ "cgroup.max.depth", spec->cgroup.depth },
		{ "cgroup.max.descendants", spec->cgroup.descendants },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (strcmp(limits[i].name, name) == 0)
			return compare_limit(evidence, name, limits[i].asked, found);
	return VERDICT_UNKNOWN;
}

static Verdict ask_limits_owner(const Evidence *evidence, const char *argument, Buf *found)
{
	static const char *const files[] = { "cgroup.max.depth", "cgroup.max.descendants",
		"memory.max", "memory.swap.max", "pids.max", "cpu.max", "io.weight",
		"cpuset.cpus" };
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;

	(void)argument;
	if (!evidence->state->cgroup)
		return VERDICT_UNKNOWN;
	fd = open(evidence->state->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (fd >= 0 && fstatat(fd, files[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			st.st_uid != 0)
			buf_printf(found, "%s%s is its own", found->size ? ", " : "", files[i]);
	return fd < 0 ? VERDICT_UNKNOWN : nothing_found(found);
}

static Verdict ask_supervisor(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_free_ char *text = NULL;
	char name[32];

	(void)argument;
	if (evidence->state->supervisor == evidence->state->pid)
		return VERDICT_UNASKED;
	(void)snprintf(name, sizeof(name), "%d/cgroup", (int)evidence->state->supervisor);
	if (fd_read_at(evidence->proc_fd, name, TEXT_MAX, &text) < 0) {
		buf_puts(found, "it does not live");
		return VERDICT_FAILS;
	}
	if (!evidence->state->cgroup)
		return VERDICT_UNKNOWN;
	if (!evidence_is_in_cgroup(evidence, text))
		return VERDICT_HOLDS;
	buf_puts(found, "it is in the container's cgroup");
	return VERDICT_FAILS;
}

static Verdict ask_version(const Evidence *evidence, const char *argument, Buf *found)
{
	const char *version = evidence->state->version ? evidence->state->version : "before 0.1.1";

	(void)argument;
	if (strcmp(version, VERSION) == 0)
		return VERDICT_HOLDS;
	buf_printf(found, "it was started by %s, this is %s", version, VERSION);
	return VERDICT_FAILS;
}

static Verdict check_private(const char *path, mode_t forbidden, Buf *found)
{
	struct stat st;

	if (!path || lstat(path, &st) < 0)
		return VERDICT_UNKNOWN;
	if (st.st_uid != 0 || (st.st_mode & forbidden))
		buf_printf(found, "%s%s is of user %u and mode %04o", found->size ? ", " : "", path,
			(unsigned int)st.st_uid, (unsigned int)(st.st_mode & 07777));
	return nothing_found(found);
}

static Verdict ask_run_directory(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_free_ char *path =
		layout_pathf(LAYOUT_RUN, "%s%s", evidence->spec->name, argument);

	return check_private(path, 0077, found);
}

static Verdict ask_trees(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_free_ char *path = layout_path(LAYOUT_FILESYSTEMS);

	(void)evidence;
	(void)argument;
	return check_private(path, 0022, found);
}

static Verdict ask_port(const Evidence *evidence, const char *fault, Buf *found)
{
	_cleanup_strv_ char **faults = NULL;

	(void)found;
	if (!spec_shared_link(evidence->spec))
		return VERDICT_UNASKED;
	if (net_port_faults(evidence->spec->networks, evidence->spec->n_networks, &faults, NULL) <
		0)
		return VERDICT_UNKNOWN;
	return strv_contains(faults, fault) ? VERDICT_FAILS : VERDICT_HOLDS;
}

static bool is_asked_link(const Spec *spec, const char *name, size_t length)
{
	/* Kernels with these tunnels built in make one of each in every network namespace (net.core.fb_tunnels_only_for_init_net). */
	static const char *const kernels[] = { "lo", "tunl0", "gre0", "gretap0", "erspan0",
		"ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0", NULL };

	for (const char *const *one = kernels; *one; one++)
		if (strlen(*one) == length && strncmp(name, *one, length) == 0)
			return true;
	for (size_t i = 0; i < spec->n_networks; i++)
		if (spec->networks[i].name && strlen(spec->networks[i].name) == length &&
			strncmp(spec->networks[i].name, name, length) == 0)
			return true;
	return false;
}

/* Lines of /proc/PID/net/dev: "  eth0: 0 0 ...". */
static Verdict ask_links(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;

	(void)argument;
	if (evidence->spec->namespaces.network.kind != SPEC_NAMESPACE_NEW)
		return VERDICT_UNASKED;
	if (fd_read_at(evidence->pid_fd, "net/dev", TEXT_MAX, &text) < 0)
		return VERDICT_UNKNOWN;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *name = line + strspn(line, " "), *end = strchr(name, ':');

		if (end && !is_asked_link(evidence->spec, name, (size_t)(end - name)))
			buf_printf(found, "%salso %.*s", found->size ? ", " : "", (int)(end - name),
				name);
	}
	return nothing_found(found);
}

static bool overlap(const SpecIdMap *a, const SpecIdMap *b)
{
	for (size_t i = 0; i < a->n_ranges; i++)
		for (size_t k = 0; k < b->n_ranges; k++) {
			const SpecIdRange *x = &a->ranges[i], *y = &b->ranges[k];

			if (x->outside < (uint64_t)y->outside + y->count &&
				y->outside < (uint64_t)x->outside + x->count)
				return true;
		}
	return false;
}

static Verdict ask_others_ids(const Evidence *evidence, const char *argument, Buf *found)
{
	_cleanup_free_ char *place = layout_path(LAYOUT_RUN);
	_cleanup_dir_ DIR *dir = place ? opendir(place) : NULL;

	(void)argument;
	if (evidence->spec->namespaces.user.kind != SPEC_NAMESPACE_NEW)
		return VERDICT_UNASKED;
	if (!dir)
		return VERDICT_UNKNOWN;
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		_cleanup_spec_ Spec *other = NULL;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
			strcmp(entry->d_name, evidence->spec->name) == 0 ||
			saved_spec_read(entry->d_name, &other, NULL) < 0)
			continue;
		if (overlap(&evidence->spec->users, &other->users) ||
			overlap(&evidence->spec->groups, &other->groups))
			buf_printf(found, "%s%s has some of them", found->size ? ", " : "",
				entry->d_name);
	}
	return nothing_found(found);
}

const Claim claims_of_the_host[] = {
	{ "restrictions of sockets", ask_socket_rules, NULL,
		"its units could reach what IPAddressDeny= and its like keep them from",
		"restart it" },
	{ "ids are of no other container", ask_others_ids, NULL,
		"one could reach the other's files and processes",
		"stop one of them and start it again" },
	{ "cgroup of its own", ask_cgroup, NULL, "no limit would hold", BUG },
	{ "memory", ask_limit, "memory.max", "it could use up the host's memory", SET_AGAIN },
	{ "tasks", ask_limit, "pids.max", "it could use up the host's process ids", SET_AGAIN },
	{ "processor time", ask_limit, "cpu.max", "it could use all of the host's processor time",
		SET_AGAIN },
	{ "I/O weight", ask_limit, "io.weight", "it could slow down everybody else's I/O",
		SET_AGAIN },
	{ "depth of its cgroups", ask_limit, "cgroup.max.depth", "it could use up kernel memory",
		BUG },
	{ "number of its cgroups", ask_limit, "cgroup.max.descendants",
		"it could use up kernel memory", BUG },
	{ "limits are out of its reach", ask_limits_owner, NULL, "it could lift them", BUG },
	{ "supervisor", ask_supervisor, NULL, "nobody would stop it", "restart it" },
	{ "version of its supervisor", ask_version, NULL,
		"fixes made since then do not apply to it", "restart it" },
	{ "its run directory", ask_run_directory, "", "others could steer its supervisor",
		"chmod 0700 and chown root the directory" },
	{ "its specification", ask_run_directory, "/spec",
		"others could change what commands inside are given",
		"chmod 0600 and chown root the file" },
	{ "the directory of containers' trees", ask_trees, NULL,
		"users of the host could replace what is in it",
		"chmod 0711 and chown root the directory" },
	{ "links", ask_links, NULL, "traffic could bypass the host's rules", BUG },
	{ "port isolated from its siblings", ask_port, NET_PORT_REACHES,
		"siblings could reach it without a rule", "restart it" },
	{ "port accepts only its own address", ask_port, NET_PORT_LEARNS,
		"it could attract the traffic of others", "restart it" },
	{ "port receives nobody else's traffic", ask_port, NET_PORT_FLOODED,
		"it could read traffic meant for others", "restart it" },
};
const size_t claims_of_the_host_count = ARRAY_SIZE(claims_of_the_host);
