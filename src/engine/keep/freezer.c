/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cgroup.freeze and cgroup.events.
 */
#include "engine/keep/freezer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"

#define FREEZE_SECONDS 10 /* a process that waits for the kernel holds it up */

bool freezer_is_on(const char *cgroup)
{
	_cleanup_free_ char *path = NULL, *text = NULL;

	if (!cgroup || asprintf(&path, "%s/cgroup.freeze", cgroup) < 0)
		return false;
	return file_read_optional(path, &text, NULL, NULL) > 0 && *text == '1';
}

static int wait_frozen(const char *cgroup, Error **ret_error)
{
	Deadline deadline = deadline_in(FREEZE_SECONDS);
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/cgroup.events", cgroup) < 0) {
		path = NULL;
		return error_oom(ret_error);
	}
	do {
		_cleanup_free_ char *text = NULL;
		int r = file_read(path, &text, NULL, ret_error);

		if (r < 0)
			return r;
		if (strstr(text, "frozen 1"))
			return 0;
	} while (deadline_pause(deadline) == 0);
	return error_set(ret_error, EBUSY,
		"a process has not stopped within %d seconds: it is blocked in the kernel; all processes were resumed",
		FREEZE_SECONDS);
}

int freezer_set(const char *cgroup, bool on, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!cgroup)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot freeze its processes: it has no cgroup on this host");
	fd = open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", cgroup);
	if (faccessat(fd, "cgroup.freeze", F_OK, 0) < 0)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot stop its processes in their tracks: this kernel has no freezer of cgroup v2; Linux 5.2 has");
	r = file_write_kernel(fd, "cgroup.freeze", on ? "1" : "0", ret_error);
	if (r < 0 || !on)
		return r;
	r = wait_frozen(cgroup, ret_error);
	if (r < 0)
		(void)file_write_kernel(
			fd, "cgroup.freeze", "0", NULL); /* the first failure counts */
	return r;
}
