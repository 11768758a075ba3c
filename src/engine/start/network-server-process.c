/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server's side. network-server.c cloned me into new mount, pid, ipc and uts namespaces; I am root of the host still, and in its network. I make a root with
 * nothing in it, go into a user namespace where my parent gives me one id, and become dnsmasq.
 */
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/start/network-server.h"
#include "engine/start/small-root.h"

#define MEMORY_MAX (UINT64_C(128) << 20) /* bytes of address space */
#define CAP_BIT(c) (UINT64_C(1) << (c))
/* It does not start without them. In a user namespace that owns no network and has one id they allow nothing. */
#define CAPABILITIES                                                                               \
	(CAP_BIT(CAP_NET_ADMIN) | CAP_BIT(CAP_NET_RAW) | CAP_BIT(CAP_NET_BIND_SERVICE) |           \
		CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETUID))

static int make_root(const ServerProcess *p, Error **ret_error)
{
	int r = small_root_begin(ret_error);

	if (r == 0)
		r = small_root_bring(p->etc, STAGE "/etc", false, ret_error);
	if (r == 0)
		r = small_root_bring(p->var, STAGE "/var", true, ret_error);
	return r < 0 ? r : small_root_enter(ret_error);
}

static int enter(ServerProcess p, Error **ret_error)
{
	char byte;

	if (unshare(CLONE_NEWUSER) < 0)
		return error_errno(ret_error, errno, "cannot create a user namespace");
	(void)fd_close(p.ready_fd);
	if (read(p.go_fd, &byte, sizeof(byte)) != 0)
		return error_set(ret_error, ECANCELED, "it got no ids");
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot become root of its user namespace");
	return 0;
}

static int confine(Error **ret_error)
{
	const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };

	return setrlimit(RLIMIT_AS, &memory) < 0
		       ? error_errno(ret_error, errno, "cannot restrict it")
		       : small_root_confine(CAPABILITIES, SPEC_FILTER_NARROW, ret_error);
}

void network_server_become(const ServerProcess *p)
{
	char *argv[] = { (char *)"dnsmasq", (char *)"--keep-in-foreground",
		(char *)"--conf-file=/etc/conf", NULL };
	_cleanup_error_ Error *error = NULL;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (make_root(p, &error) == 0 && enter(*p, &error) == 0 && confine(&error) == 0)
		small_root_run(argv, p->err_fd);
	dprintf(p->err_fd, "%s\n", error ? error_message(error) : "dnsmasq cannot be run");
	_exit(EXIT_FAILURE);
}
