/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Published ports over a restart. The note is "PID STARTTIME", and a line "FD PUBLICATION" for each.
 */
#include "engine/keep/held-ports.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/procstat.h"
#include "base/strv.h"
#include "engine/keep/client.h"
#include "engine/keep/state.h"
#include "net/publication.h"

#define FOLDER ".network/held"
#define PLACE FOLDER "/%s"
#define TCP_ESTABLISHED_TEXT "01" /* of /proc/net/tcp */

static int get_fd(int pidfd, int number)
{
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0); /* CLOEXEC by itself */

	return fd < 0 ? -errno : fd;
}

static int take_one(HeldPorts *held, int pidfd, const char *line)
{
	const char *publication = strchr(line, ' ');
	int number, fd;

	if (sscanf(line, "%d", &number) != 1 || !publication)
		return -EPROTO;
	if (array_room(&held->fds, held->n, sizeof(*held->fds)) < 0)
		return -ENOMEM;
	fd = get_fd(pidfd, number);
	if (fd < 0)
		return fd;
	if (strv_append(&held->publications, publication + 1) < 0) {
		(void)fd_close(fd);
		return -ENOMEM;
	}
	held->fds[held->n++] = fd;
	return 0;
}

static int leave_note(HeldPorts *held, const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, PLACE, name), *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	uint64_t starttime;
	int r = procstat_starttime(getpid(), &starttime);

	if (r < 0 || !path)
		return error_errno(ret_error, r < 0 ? -r : ENOMEM, "cannot hold published ports");
	buf_printf(&buf, "%d %llu\n", (int)getpid(), (unsigned long long)starttime);
	for (size_t i = 0; i < held->n; i++)
		buf_printf(&buf, "%d %s\n", held->fds[i], held->publications[i]);
	r = buf_take(&buf, &text, ret_error);
	if (r == 0)
		r = file_mkdir_parent(path, ret_error);
	if (r == 0)
		r = file_write_unsynced(path, text, strlen(text), 0600, ret_error);
	if (r == 0)
		held->path = TAKE_PTR(path);
	return r;
}

int held_ports_take(const char *name, HeldPorts *ret, Error **ret_error)
{
	_cleanup_held_ports_ HeldPorts held = HELD_PORTS_NONE;
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int pidfd = -EBADF;
	int r = run_state_load(name, &state, ret_error);

	if (r < 0 || state.phase != RUN_RUNNING)
		return r;
	pidfd = procstat_open(state.supervisor, state.supervisor_starttime);
	if (pidfd < 0)
		return error_errno(ret_error, -pidfd, "cannot find the supervisor of %s", name);
	r = supervisor_hold(name, &text, ret_error);
	if (r < 0)
		return r;
	if (strv_split(&lines, text, "\n") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (line, lines) {
		r = take_one(&held, pidfd, *line);
		if (r < 0)
			return error_errno(ret_error, -r, "cannot take over a published port");
	}
	r = held.n > 0 ? leave_note(&held, name, ret_error) : 0;
	if (r < 0)
		return r;
	*ret = held;
	held = (HeldPorts)HELD_PORTS_NONE;
	return 0;
}

/* Lines of /proc/PID/net/tcp: "0: ADDRESS:PORT ADDRESS:PORT STATE ...", in hexadecimal. */
static bool is_connected(const char *text, const HeldPorts *held)
{
	for (const char *line = text; line && *line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char head[128]; /* sscanf(3) measures all that it is given */
		unsigned int port;
		char state[3];

		(void)snprintf(head, sizeof(head), "%.*s", (int)strcspn(line, "\n"), line);
		if (sscanf(head, " %*d: %*[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*4x %2s", &port, state) !=
				2 ||
			strcmp(state, TCP_ESTABLISHED_TEXT) != 0)
			continue;
		STRV_FOREACH (text_of, held->publications) {
			Publication p;

			if (publication_parse(*text_of, &p, NULL) == 0 && p.inner == port)
				return true;
		}
	}
	return false;
}

static bool has_connections(pid_t pid, const HeldPorts *held)
{
	static const char *const tables[] = { "tcp", "tcp6" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		_cleanup_free_ char *text = NULL;
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)pid, tables[i]);
		if (file_read(path, &text, NULL, NULL) == 0 && is_connected(text, held))
			return true;
	}
	return false;
}

void held_ports_drain(const char *name, const HeldPorts *held, unsigned int seconds)
{
	Deadline deadline = deadline_in(seconds);
	_cleanup_run_state_ RunState state = { 0 };

	if (held->n == 0 || run_state_load(name, &state, NULL) < 0 || state.pid <= 0)
		return;
	while (has_connections(state.pid, held) && deadline_pause(deadline) == 0)
		;
}

void held_ports_done(HeldPorts *held)
{
	_cleanup_free_ char *place = layout_pathf(LAYOUT_RUN, FOLDER);

	if (held->path) {
		(void)unlink(held->path); /* one that stays names a process that is no more */
		if (place)
			(void)rmdir(place); /* others may have theirs in it */
	}
	for (size_t i = 0; i < held->n; i++)
		(void)fd_close(held->fds[i]);
	free(held->path);
	free(held->fds);
	strv_free(held->publications);
	*held = (HeldPorts)HELD_PORTS_NONE;
}

/* Its holder, and its lines; false: none, or he has died. */
static bool read_note(const char *name, int *ret_pidfd, char ***ret_lines)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, PLACE, name), *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	unsigned long long starttime;
	int pid;

	if (!path || access(path, F_OK) < 0 || file_read(path, &text, NULL, NULL) < 0 ||
		strv_split(&lines, text, "\n") < 0 || !lines ||
		sscanf(lines[0], "%d %llu", &pid, &starttime) != 2)
		return false;
	*ret_pidfd = procstat_open(pid, starttime);
	if (*ret_pidfd < 0)
		return false;
	*ret_lines = TAKE_PTR(lines);
	return true;
}

bool held_ports_adopt(const char *name, const char *publication, int *ret_fd)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_fd_ int pidfd = -EBADF;
	int fd = -EBADF;

	if (!read_note(name, &pidfd, &lines))
		return false;
	for (char **line = lines + 1; fd < 0 && *line; line++) {
		const char *space = strchr(*line, ' ');
		int number;

		if (space && strcmp(space + 1, publication) == 0 &&
			sscanf(*line, "%d", &number) == 1)
			fd = get_fd(pidfd, number);
	}
	if (fd >= 0)
		*ret_fd = fd;
	return fd >= 0;
}

bool held_ports_are_held(const char *name)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_fd_ int pidfd = -EBADF;

	return read_note(name, &pidfd, &lines);
}
