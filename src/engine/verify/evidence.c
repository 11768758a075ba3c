/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading it. The process is held by a descriptor of its directory in /proc, which is empty once it has ended: another one with its number is never
 * taken for it.
 */
#include "engine/verify/evidence.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/procstat.h"
#include "engine/start/mount-source.h"

#define TEXT_MAX                                                                                   \
	(4U * 1024 * 1024) /* bytes of one file of /proc; a container has 100,000 mounts at most */

static char *next_word(char **rest)
{
	return strsep(rest, " ");
}

static bool parse_mount(char *line, SeenMount *ret)
{
	char *rest = line, *device;
	SeenMount mount = { .line = line };
	char *separator = strstr(line, " - ");

	if (!separator)
		return false;
	*separator = '\0';
	(void)next_word(&rest); /* its number */
	(void)next_word(&rest); /* its parent's */
	device = next_word(&rest);
	mount.root = next_word(&rest);
	(void)next_word(&rest); /* its target */
	mount.options = next_word(&rest);
	mount.peers = rest ? rest : separator; /* "shared:1 master:2", or nothing */
	rest = separator + strlen(" - ");
	mount.type = next_word(&rest);
	if (!mount.options || sscanf(device, "%u:%u", &mount.major, &mount.minor) != 2)
		return false;
	*ret = mount;
	return true;
}

void evidence_free_mounts(SeenMount *mounts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(mounts[i].target);
		free(mounts[i].line);
	}
	free(mounts);
}

int evidence_parse_mounts(const char *text, SeenMount **ret, size_t *ret_n)
{
	SeenMount *mounts = NULL;
	size_t n = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = strndup(text, length),
		     *target = line ? mount_source_point(line) : NULL;

		if (!line || array_room(&mounts, n, sizeof(*mounts)) < 0) {
			free(target);
			free(line);
			evidence_free_mounts(mounts, n);
			return -ENOMEM;
		}
		if (target && parse_mount(line, &mounts[n])) {
			mounts[n++].target = target;
		} else {
			free(target);
			free(line);
		}
		text += length + (text[length] == '\n');
	}
	*ret = mounts;
	*ret_n = n;
	return 0;
}

static int read_text(int dir_fd, const char *name, char **ret, Error **ret_error)
{
	int r = fd_read_at(dir_fd, name, TEXT_MAX, ret);

	return r < 0 ? error_errno(ret_error, -r, "cannot read %s of the container's first process",
			       name)
		     : 0;
}

/* Memory of the process: it may hold anything, and need not end in a NUL. */
static int read_environment(Evidence *evidence, Error **ret_error)
{
	_cleanup_fd_ int fd = openat(evidence->pid_fd, "environ", O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno
		       : fd_read_all(
				 fd, TEXT_MAX, &evidence->environment, &evidence->environment_size);

	return r < 0 ? error_errno(ret_error, -r,
			       "cannot read environ of the container's first process")
		     : 0;
}

static int read_texts(Evidence *evidence, Error **ret_error)
{
	const struct {
		int fd;
		const char *name;
		char **ret;
	} texts[] = {
		{ evidence->pid_fd, "status", &evidence->status },
		{ evidence->pid_fd, "limits", &evidence->limits },
		{ evidence->pid_fd, "cgroup", &evidence->cgroup },
		{ evidence->proc_fd, "self/mountinfo", &evidence->host_mounts },
	};
	_cleanup_free_ char *mounts = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = read_text(texts[i].fd, texts[i].name, texts[i].ret, ret_error);
	if (r == 0)
		r = read_environment(evidence, ret_error);
	if (r == 0)
		r = read_text(evidence->pid_fd, "mountinfo", &mounts, ret_error);
	if (r == 0 && evidence_parse_mounts(mounts, &evidence->mounts, &evidence->n_mounts) < 0)
		r = error_oom(ret_error);
	return r;
}

int evidence_read(const RunState *state, const Spec *spec, const Label *label, Evidence *ret,
	Error **ret_error)
{
	_cleanup_evidence_ Evidence evidence = {
		.state = state, .spec = spec, .label = label, .proc_fd = -EBADF, .pid_fd = -EBADF
	};
	_cleanup_fd_ int pidfd = -EBADF;
	char name[16];
	int r = procstat_open_root(&evidence.proc_fd, ret_error);

	if (r < 0)
		return r;
	(void)snprintf(name, sizeof(name), "%d", (int)state->pid);
	evidence.pid_fd = openat(evidence.proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* In this order: what has that start time now is what the directory was opened of, or that is empty. */
	r = run_state_pidfd(state, &pidfd, ret_error);
	if (r == 0 && evidence.pid_fd < 0)
		r = error_set(ret_error, ESRCH, "it has just ended");
	if (r == 0)
		r = read_texts(&evidence, ret_error);
	if (r == 0 && processes_list(state, &evidence.processes) < 0)
		r = error_oom(ret_error);
	if (r < 0)
		return r;
	*ret = evidence;
	evidence = (Evidence){ .proc_fd = -EBADF, .pid_fd = -EBADF };
	return 0;
}

void evidence_done(Evidence *evidence)
{
	evidence->proc_fd = fd_close(evidence->proc_fd);
	evidence->pid_fd = fd_close(evidence->pid_fd);
	free(evidence->status);
	free(evidence->limits);
	free(evidence->cgroup);
	free(evidence->environment);
	free(evidence->host_mounts);
	free(evidence->attempts);
	free(evidence->unasked);
	evidence_free_mounts(evidence->mounts, evidence->n_mounts);
	processes_done(&evidence->processes);
}

bool evidence_has_option(const char *options, const char *word)
{
	size_t length = strlen(word);

	while (options) {
		if (strncmp(options, word, length) == 0 &&
			(options[length] == ',' || !options[length]))
			return true;
		options = strchr(options, ',');
		options += options != NULL;
	}
	return false;
}

const char *evidence_field(const char *text, const char *name, char *room, size_t size)
{
	size_t length = strlen(name);

	while (text && strncmp(text, name, length) != 0) {
		text = strchr(text, '\n');
		text += text != NULL;
	}
	if (!text)
		return NULL;
	text += length;
	text += strspn(text, ": \t");
	(void)snprintf(room, size, "%.*s", (int)strcspn(text, "\n"), text);
	return room;
}

bool evidence_mask(const char *text, const char *name, uint64_t *ret)
{
	char room[32], *end;
	const char *value = evidence_field(text, name, room, sizeof(room));

	if (!value || !*value)
		return false;
	*ret = strtoull(value, &end, 16);
	return !*end;
}

Verdict evidence_compare_limit(uint64_t has, uint64_t asked, Buf *found)
{
	if (has <= asked)
		return VERDICT_HOLDS;
	if (has == UINT64_MAX)
		buf_puts(found, "there is none");
	else
		buf_printf(found, "it is %llu", (unsigned long long)has);
	return VERDICT_FAILS;
}

const SeenMount *evidence_mount_at(const Evidence *evidence, const char *target)
{
	for (size_t i = 0; i < evidence->n_mounts; i++)
		if (strcmp(evidence->mounts[i].target, target) == 0)
			return &evidence->mounts[i];
	return NULL;
}

bool evidence_namespace(int dir_fd, const char *name, struct stat *ret)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "ns/%s", name);
	return fstatat(dir_fd, path, ret, 0) == 0;
}

bool evidence_is_in_cgroup(const Evidence *evidence, const char *text)
{
	const char *own = evidence->state->cgroup;
	char room[4096];
	const char *path = evidence_field(text, "0::", room, sizeof(room));
	size_t n = path ? strlen(path) : 0, size = strlen(own);

	while (n > 1) {
		if (size >= n && memcmp(own + size - n, path, n) == 0)
			return true;
		do
			n--;
		while (n > 0 && path[n] != '/');
	}
	return false;
}

/* Its number may have been taken anew since the cgroups were listed. */
static bool is_of_container(const Evidence *evidence, int dir_fd)
{
	_cleanup_free_ char *text = NULL;

	return !evidence->state->cgroup || (fd_read_at(dir_fd, "cgroup", TEXT_MAX, &text) >= 0 &&
						   evidence_is_in_cgroup(evidence, text));
}

void evidence_each_process(const Evidence *evidence, EvidenceCall call, void *data)
{
	for (size_t i = 0; i < evidence->processes.count; i++) {
		_cleanup_free_ char *status = NULL;
		_cleanup_fd_ int fd = -EBADF;
		char name[16];

		(void)snprintf(name, sizeof(name), "%d", (int)evidence->processes.pids[i]);
		fd = i == 0 ? fcntl(evidence->pid_fd, F_DUPFD_CLOEXEC, 0)
			    : openat(evidence->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fd_read_at(fd, "status", TEXT_MAX, &status) < 0 ||
			(i > 0 && !is_of_container(evidence, fd)))
			continue;
		if (!call(evidence, fd, status, data))
			return;
	}
}
