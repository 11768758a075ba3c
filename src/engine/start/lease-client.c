/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The DHCP client's side. lease.c cloned me into new mount, pid, ipc and uts namespaces; I am root of the host still. What answers a client is whoever is on the
 * wire: before it runs, it has a root of its own with the host's programs in it and nothing else, is root of the container's user namespace alone, in the
 * container's network, with what an interface needs, and under the container's filter.
 */
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/start/lease.h"
#include "engine/start/small-root.h"

#define CAP_BIT(c) (UINT64_C(1) << (c))
#define CAPABILITIES (CAP_BIT(CAP_NET_ADMIN) | CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_NET_BIND_SERVICE))

static int fail(const char *what, Error **ret_error)
{
	return error_errno(ret_error, errno, "cannot %s", what);
}

/* Where clients keep what they know. */
static int make_places(uid_t root, Error **ret_error)
{
	static const char *const places[] = { STAGE "/run", STAGE "/run/dhcpcd", STAGE "/var",
		STAGE "/var/lib", STAGE "/var/lib/dhcp", STAGE "/var/lib/dhcpcd", STAGE "/etc" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (mkdir(places[i], 0755) < 0 || chown(places[i], root, root) < 0)
			return fail("create its directories", ret_error);
	return 0;
}

static int make_root(const LeaseClient *client, Error **ret_error)
{
	int r = small_root_begin(ret_error);

	if (r == 0)
		r = make_places(client->root, ret_error);
	if (r == 0 && mkdir(STAGE "/proc", 0755) < 0)
		r = fail("create its directories", ret_error);
	if (r == 0)
		r = small_root_bring_file(client->event_program, STAGE "/event", ret_error);
	if (r < 0)
		return r;
	/* Some set switches of their interface, which are the network's owner's; the rest is the host's root's, whom nobody here is. */
	if (mount("proc", STAGE "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return fail("mount its /proc", ret_error);
	return small_root_enter(ret_error);
}

static int enter(const LeaseClient *client, Error **ret_error)
{
	if (setns(client->netns_fd, CLONE_NEWNET) < 0 ||
		setns(client->userns_fd, CLONE_NEWUSER) < 0)
		return fail("join the container's namespaces", ret_error);
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return fail("become root of the user namespace", ret_error);
	return 0;
}

static int confine(Error **ret_error)
{
	/* After the changes of ids, which clear it. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0
		       ? fail("restrict it", ret_error)
		       : small_root_confine(CAPABILITIES, SPEC_FILTER_NARROW_DHCP, ret_error);
}

void lease_become_client(const LeaseClient *client)
{
	_cleanup_error_ Error *error = NULL;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && make_root(client, &error) == 0 &&
		enter(client, &error) == 0 && confine(&error) == 0)
		small_root_run(client->argv, client->err_fd);
	if (error)
		dprintf(client->err_fd, "%s\n", error_message(error));
	_exit(EXIT_FAILURE);
}
