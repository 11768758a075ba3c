/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keeper's side of addresses by DHCP. Who waits for an address waits here, on the host's clock.
 */
#include "engine/start/lease.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "engine/start/namespace-owner.h"
#include "net/netns.h"

#define ANSWER_TIMEOUT 30 /* seconds: a bridge may learn for 15 before it forwards */
#define END_TIMEOUT 10 /* seconds */
#define ARGUMENTS_MAX 16
#define INTERFACE NULL /* in the list of arguments */

/* In the foreground, for IPv4 alone. All of them run /event with what they were given in its environment. */
static const struct {
	const char *program; /* that must be there */
	const char *argv[ARGUMENTS_MAX];
	size_t n;
} clients[] = {
	{ "dhclient",
		{ "dhclient", "-d", "-4", "-cf", "/run/dhclient.conf", "-lf", "/run/leases", "-pf",
			"/run/pid", "-sf", "/event", INTERFACE },
		12 },
	{ "udhcpc", { "udhcpc", "-f", "-s", "/event", "-i", INTERFACE }, 6 },
	{ "dhcpcd", { "dhcpcd", "-B", "-4", "-L", "-f", "/dev/null", "-c", "/event", INTERFACE },
		9 },
	{ "busybox", { "busybox", "udhcpc", "-f", "-s", "/event", "-i", INTERFACE }, 7 },
};

static int find_client(const char *interface, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **argv = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		if (spawn_need(clients[i].program, NULL) < 0)
			continue;
		for (size_t j = 0; j < clients[i].n; j++)
			if (strv_append(
				    &argv, clients[i].argv[j] ? clients[i].argv[j] : interface) < 0)
				return error_oom(ret_error);
		*ret = TAKE_PTR(argv);
		return 0;
	}
	return error_set(ret_error, ENOENT,
		"dhcp needs a DHCP client, and this host has none; install the package udhcpc, "
		"isc-dhcp-client or dhcpcd-base");
}

/* The container's own processes do not run yet; later ones can say here what they like, to nobody. */
static int open_socket(int netns_fd, const char *interface, int *ret_fd, Error **ret_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = -EBADF;
	int n = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, LEASE_SOCKET "%s",
		    interface),
	    r = netns_socket(netns_fd, AF_UNIX, SOCK_DGRAM, 0, &fd, ret_error);

	if (r < 0)
		return r;
	if (bind(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) < 0)
		return error_errno(ret_error, errno, "cannot listen to the DHCP client");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int clone_client(const LeaseClient *client, int *ret_pidfd, Error **ret_error)
{
	int pidfd = -EBADF;
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD,
		.pidfd = (__u64)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return error_errno(ret_error, errno, "cannot create the DHCP client's process");
	if (pid == 0)
		lease_become_client(client);
	log_step("lease", "%s is process %d", client->argv[0], (int)pid);
	*ret_pidfd = pidfd;
	return 0;
}

static int await(int socket_fd, int pidfd, const LeaseClient *client, Error **ret_error)
{
	struct pollfd fds[] = { { .fd = socket_fd, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN } };
	int r = deadline_poll(fds, ARRAY_SIZE(fds), deadline_in(ANSWER_TIMEOUT));
	siginfo_t info;

	if (r == -ETIMEDOUT)
		return error_set(ret_error, ETIMEDOUT,
			"no DHCP server has answered within %d seconds; give address= and route=, "
			"or look at the network that the link leads to",
			ANSWER_TIMEOUT);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot wait for the DHCP client");
	if (fds[0].revents)
		return 0;
	r = deadline_reap(pidfd, deadline_in(END_TIMEOUT), &info);
	return r < 0 ? error_errno(ret_error, -r, "cannot wait for the DHCP client")
		     : spawn_report(client->argv[0], info.si_status, client->err_fd, ret_error);
}

static int keep(Run *run, int pidfd, Error **ret_error)
{
	if (array_room(&run->clients, run->n_clients, sizeof(*run->clients)) < 0) {
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		(void)fd_close(pidfd);
		return error_oom(ret_error);
	}
	run->clients[run->n_clients++] = pidfd;
	return 0;
}

static int take_one(LeaseClient *client, const char *interface, Run *run, Error **ret_error)
{
	_cleanup_fd_ int socket_fd = -EBADF;
	int pidfd = -EBADF, r = find_client(interface, &client->argv, ret_error);

	if (r == 0)
		r = open_socket(client->netns_fd, interface, &socket_fd, ret_error);
	if (r == 0)
		r = clone_client(client, &pidfd, ret_error);
	if (r == 0)
		r = keep(run, pidfd, ret_error);
	return r < 0 ? r : await(socket_fd, pidfd, client, ret_error);
}

static int take(const Spec *spec, const char *interface, int userns_fd, int netns_fd, Run *run,
	Error **ret_error)
{
	_cleanup_free_ char *event = layout_program("virt-sandbox-lease");
	_cleanup_fd_ int err_fd = spawn_memory_file(NULL, ret_error);
	LeaseClient client = { .event_program = event,
		.root = owner_of(spec),
		.userns_fd = userns_fd,
		.netns_fd = netns_fd,
		.err_fd = err_fd };
	int r;

	if (err_fd < 0)
		return err_fd;
	if (!event)
		return error_oom(ret_error);
	r = take_one(&client, interface, run, ret_error);
	strv_free(client.argv);
	return r < 0 ? error_wrap(ret_error, "network %s", interface) : 0;
}

int lease_take(const Spec *spec, Run *run, int netns_fd, Error **ret_error)
{
	_cleanup_fd_ int userns_fd = -EBADF;
	char path[48];
	int r = 0;

	(void)snprintf(path, sizeof(path), "%d/ns/user", run->pid);
	for (size_t i = 0; r == 0 && i < spec->n_networks; i++) {
		if (!spec->networks[i].lease)
			continue;
		if (spec->namespaces.user.kind != SPEC_NAMESPACE_NEW ||
			spec->keep.keeper != SPEC_KEEPER_PARENT)
			return error_set(ret_error, EOPNOTSUPP,
				"network %s: dhcp needs a user namespace of the container's own "
				"and a keeper that stays",
				spec->networks[i].name);
		if (userns_fd < 0)
			userns_fd = openat(run->proc_fd, path, O_RDONLY | O_CLOEXEC);
		if (userns_fd < 0)
			return error_errno(
				ret_error, errno, "cannot open the container's user namespace");
		r = take(spec, spec->networks[i].name, userns_fd, netns_fd, run, ret_error);
	}
	return r;
}

void lease_end(Run *run)
{
	Deadline deadline = deadline_in(END_TIMEOUT);
	siginfo_t info;

	for (size_t i = 0; i < run->n_clients; i++) /* all, before any is waited for */
		(void)syscall(SYS_pidfd_send_signal, run->clients[i], SIGKILL, NULL, 0);
	for (size_t i = 0; i < run->n_clients; i++) {
		(void)deadline_reap(run->clients[i], deadline, &info);
		(void)fd_close(run->clients[i]);
	}
	free(run->clients);
	run->clients = NULL;
	run->n_clients = 0;
}
