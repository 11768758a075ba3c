/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the console of a container says, for who only reads it.
 */
#include "engine/keep/client.h"
#include "engine/keep/state.h"

#include "base/fd.h"

static int receive(int fd, void *packet, ControlMessage *ret, Error **ret_error)
{
	int r = control_receive(fd, CONTROL_SUPERVISOR, packet, ret);

	if (r < 0 && r != -ECONNRESET)
		return error_errno(ret_error, -r, "cannot read the console");
	if (r == 0 && ret->verb == CONTROL_REPLY && ret->errnum != 0)
		return error_set(
			ret_error, ret->errnum, "%.*s", (int)ret->size, (const char *)ret->data);
	return r;
}

/* What comes between being attached and the answer with what was said before is in that answer. */
int supervisor_console_follow(const char *name, int (*call)(const char *, size_t, bool, void *),
	void *data, Error **ret_error)
{
	_cleanup_free_ void *packet = malloc(CONTROL_PACKET_MAX);
	Deadline deadline = deadline_in(CLIENT_TIMEOUT);
	_cleanup_fd_ int fd = -EBADF;
	ControlMessage message;
	bool before = true;
	int r = packet ? client_connect(name, deadline, &fd, ret_error) : error_oom(ret_error);

	if (r == 0)
		r = client_ask(name, fd, CONTROL_ATTACH, NULL, 0, deadline, NULL, ret_error);
	if (r < 0)
		return r;
	r = control_send(fd, CONTROL_TAIL, 0, NULL, 0, 0);
	if (r < 0)
		return error_errno(
			ret_error, -r, "container %s: cannot query its supervisor", name);
	while ((r = receive(fd, packet, &message, ret_error)) == 0) {
		bool tail = message.verb == CONTROL_REPLY;

		if (tail || !before)
			r = call(message.data, message.size, tail, data);
		before = before && !tail;
		if (r < 0)
			return error_errno(ret_error, -r, "cannot write to standard output");
	}
	return r == -ECONNRESET ? 0 : r; /* it has ended */
}
