/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Our side of a network's server. All of it is done under one lock.
 */
#include "engine/start/network-server.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/passwd.h"
#include "base/procstat.h"
#include "base/spawn.h"
#include "engine/start/network-server-files.h"
#include "net/dhcp-leases.h"
#include "net/network-watch.h"

#define ANSWER_TIMEOUT 20 /* seconds until it is up, or has ended */
#define ID_NOBODY 65534u /* kernel.overflowuid */

static void server_done(Server *server)
{
	free(server->place);
	(void)fd_close(server->lock_fd);
}
#define _cleanup_server_ _cleanup_(server_done)
#define SERVER_NULL                                                                                \
	{                                                                                          \
		.lock_fd = -EBADF                                                                  \
	}

/* 1: the link is on a network that has a server. */
static int find(const Attachment *link, Server *ret, Error **ret_error)
{
	int r = 0;

	if (link->kind != ATTACHMENT_SHARED || !link->source) /* the default network has none */
		return 0;
	r = network_load(link->source, &ret->network, ret_error);
	if (r < 0 || !(ret->network.dhcp || ret->network.dns))
		return r;
	ret->place = layout_pathf(LAYOUT_RUN, ".network/server.%s", ret->network.bridge);
	return ret->place ? 1 : error_oom(ret_error);
}

static int lock(Server *server, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "network-server.lock");

	return path ? file_lock(path, &server->lock_fd, ret_error) : error_oom(ret_error);
}

static int find_locked(const Attachment *link, Server *ret, Error **ret_error)
{
	int r = find(link, ret, ret_error), q = r > 0 ? lock(ret, ret_error) : 0;

	return q < 0 ? q : r;
}

/* A pidfd, or -ESRCH. One that was made for another bridge of that name hears nothing. */
static int open_process(const Server *server, bool any)
{
	_cleanup_free_ char *path = server_path(server, "server"), *text = NULL;
	unsigned long long start;
	unsigned int index;
	int pid;

	if (!path || file_read(path, &text, NULL, NULL) < 0 ||
		sscanf(text, "%d %llu %u", &pid, &start, &index) != 3 ||
		(!any && index != if_nametoindex(server->network.bridge)))
		return -ESRCH;
	return procstat_open(pid, start);
}

int network_server_open(const Attachment *link)
{
	_cleanup_server_ Server server = SERVER_NULL;
	int r = find(link, &server, NULL);

	return r <= 0 ? -ENOENT : open_process(&server, false);
}

bool network_server_has_died(const Attachment *link)
{
	_cleanup_fd_ int fd = network_server_open(link);

	return fd == -ESRCH;
}

/* Waits for its end: the ports are free then. */
static void stop(const Server *server)
{
	_cleanup_fd_ int pidfd = open_process(server, true);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0)
		return;
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	(void)deadline_poll(&end, 1, deadline_in(ANSWER_TIMEOUT));
}

int network_server_follow(const Spec *spec, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < spec->n_networks; i++) {
		_cleanup_server_ Server server = SERVER_NULL;
		_cleanup_free_ char *text = NULL;

		r = find(&spec->networks[i], &server, ret_error);
		if (r <= 0 || !file_exists(server.place))
			continue;
		/* Who has the lock may wait for a server; that there is nothing to write is seen without it. */
		r = server_find_resolver(&server, &text, ret_error);
		if (r > 0)
			r = lock(&server, ret_error);
		if (r == 0 && text && file_exists(server.place))
			r = server_write_resolver(&server, ret_error);
	}
	return r < 0 ? r : 0;
}

/* -- Its process -- */

/* Of the host's account for it, else of nobody. */
static void find_ids(uid_t *ret_uid, gid_t *ret_gid)
{
	_cleanup_free_ char *text = NULL;
	PasswdField fields[PASSWD_FIELDS];
	const char *at;

	*ret_uid = *ret_gid = ID_NOBODY;
	if (file_read("/etc/passwd", &text, NULL, NULL) < 0)
		return;
	for (at = text; passwd_next(&at, fields, PASSWD_FIELDS);) {
		uint32_t uid, gid;

		if (!passwd_field_is(fields[PASSWD_NAME], "dnsmasq") ||
			!passwd_parse_id(fields[PASSWD_ID], ID_NOBODY, &uid) ||
			!passwd_parse_id(fields[PASSWD_GID], ID_NOBODY, &gid) || uid == 0 ||
			gid == 0)
			continue;
		*ret_uid = uid;
		*ret_gid = gid;
	}
}

static int make_places(const Server *server, Error **ret_error)
{
	static const char *const places[] = { "etc", "etc/names", "etc/stations", "var" };
	uid_t uid;
	gid_t gid;
	int r = 0;

	find_ids(&uid, &gid);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = server_path(server, places[i]);

		r = path ? file_mkdir_p(path, 0755, ret_error) : error_oom(ret_error);
		if (r == 0 && (chmod(path, 0755) < 0 ||
				      (strcmp(places[i], "var") == 0 && chown(path, uid, gid) < 0)))
			r = error_errno(ret_error, errno, "cannot open %s to dnsmasq", path);
	}
	return r;
}

/* One that gets none says so itself. */
static void give_ids(pid_t pid, uid_t uid, gid_t gid)
{
	const unsigned int ids[] = { uid, gid };

	for (int i = 0; i < 2; i++) {
		char path[64], text[32];

		(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, i ? "gid_map" : "uid_map");
		(void)snprintf(text, sizeof(text), "0 %u 1", ids[i]);
		(void)file_write_kernel(AT_FDCWD, path, text, NULL);
	}
}

/* It writes its pid file once it listens. */
static int await(const Server *server, int watch_fd, int pidfd, int err_fd, Error **ret_error)
{
	struct pollfd fds[] = { { .fd = watch_fd, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN } };
	_cleanup_free_ char *path = server_path(server, "var/pid");
	Deadline deadline = deadline_in(ANSWER_TIMEOUT);
	char events[1024];
	siginfo_t info;
	int r = path ? 0 : error_oom(ret_error);

	while (r >= 0 && !file_exists(path)) {
		r = deadline_poll(fds, ARRAY_SIZE(fds), deadline);
		if (r < 0)
			return error_set(ret_error, -r,
				"dnsmasq did not start listening within %d seconds",
				ANSWER_TIMEOUT);
		if (fds[1].revents) {
			r = deadline_reap(pidfd, deadline, &info);
			return r < 0 ? error_errno(ret_error, -r, "cannot wait for dnsmasq")
				     : spawn_report("dnsmasq", info.si_status, err_fd, ret_error);
		}
		(void)!read(watch_fd, events, sizeof(events)); /* that there are some is enough */
	}
	return r < 0 ? r : 0;
}

/* Not in the control group of the container that happens to start it: that one's end would be its own. Where there is none to go to, another supervisor starts
 * it again. */
static void leave_group(pid_t pid)
{
	static const char *const roots[] = { "/sys/fs/cgroup/cgroup.procs",
		"/sys/fs/cgroup/systemd/cgroup.procs" };
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", pid);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		(void)file_write_kernel(AT_FDCWD, roots[i], text, NULL);
}

static int record(const Server *server, pid_t pid, Error **ret_error)
{
	char text[64];
	uint64_t start;
	int r = procstat_starttime(pid, &start);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot find when dnsmasq was started");
	leave_group(pid);
	(void)snprintf(text, sizeof(text), "%d %llu %u\n", pid, (unsigned long long)start,
		if_nametoindex(server->network.bridge));
	return server_write(server, "server", text, ret_error);
}

static int run(const Server *server, const char *etc, const char *var, Error **ret_error)
{
	_cleanup_fd_ int err_fd = spawn_memory_file(NULL, ret_error), pidfd = -EBADF,
			 watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), ready_fd = -EBADF,
			 go_fd = -EBADF;
	int ready[2], go[2], fd = -EBADF, r;
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD,
		.pidfd = (__u64)(uintptr_t)&fd,
		.exit_signal = SIGCHLD,
	};
	uid_t uid;
	gid_t gid;
	long pid;
	char byte;

	find_ids(&uid, &gid);
	if (err_fd < 0)
		return err_fd;
	if (watch_fd < 0 || inotify_add_watch(watch_fd, var, IN_CREATE | IN_MOVED_TO) < 0 ||
		pipe2(ready, O_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot watch %s", var);
	ready_fd = ready[0];
	if (pipe2(go, O_CLOEXEC) < 0) {
		(void)fd_close(ready[1]);
		return error_errno(ret_error, errno, "cannot create a pipe");
	}
	go_fd = go[1];
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		(void)fd_close(ready_fd);
		(void)fd_close(go_fd);
		network_server_become(&(ServerProcess){ .etc = etc,
			.var = var,
			.ready_fd = ready[1],
			.go_fd = go[0],
			.err_fd = err_fd });
	}
	pidfd = fd;
	(void)fd_close(ready[1]);
	(void)fd_close(go[0]);
	if (pid < 0)
		return error_errno(ret_error, errno, "cannot create the process of dnsmasq");
	log_step("server", "dnsmasq of the network %s is process %ld", server->network.name, pid);
	(void)!read(ready_fd, &byte, sizeof(byte)); /* its end says what went wrong before */
	give_ids((pid_t)pid, uid, gid);
	(void)record(server, (pid_t)pid, NULL); /* should we be killed now, the next one finds it */
	go_fd = fd_close(go_fd);
	r = await(server, watch_fd, pidfd, err_fd, ret_error);
	if (r == 0)
		r = record(server, (pid_t)pid, ret_error);
	if (r < 0)
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return r;
}

int network_server_need(Error **ret_error)
{
	return spawn_need("dnsmasq", NULL) == 0
		       ? 0
		       : error_set(ret_error, ENOENT,
				 "dhcp and dns of a network need dnsmasq, which this host does not have; "
				 "install the package dnsmasq-base");
}

static int start(const Server *server, Error **ret_error)
{
	_cleanup_free_ char *etc = server_path(server, "etc"), *var = server_path(server, "var"),
			    *pid = server_path(server, "var/pid");
	int r = etc && var && pid ? 0 : error_oom(ret_error);

	if (r == 0)
		r = network_server_need(ret_error);
	if (r == 0)
		r = server_write_configuration(server, ret_error);
	if (r == 0)
		r = server_write_resolver(server, ret_error);
	if (r == 0 && unlink(pid) < 0 && errno != ENOENT)
		r = error_errno(ret_error, errno, "cannot remove %s", pid);
	return r < 0 ? r : run(server, etc, var, ret_error);
}

int network_server_leases(const Network *network, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(
				    LAYOUT_RUN, ".network/server.%s/var/leases", network->bridge),
			    *text = NULL;
	/* The directory is dnsmasq's: what is in there may be a link, or a pipe. */
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	_cleanup_fd_ int fd = path ? open(path, flags) : -EBADF;
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;

	r = r < 0 ? r : fd_read_all(fd, FILE_LIMIT, &text, NULL);
	if (r < 0 && r != -ENOENT)
		return error_errno(ret_error, -r, "cannot read %s", path ? path : "leases");
	return dhcp_leases_read(text ? text : "", ret, ret_error);
}

/* -- When containers come and go -- */

static int fail(const Server *server, Error **ret_error)
{
	return error_wrap(ret_error, "network %s", server->network.name);
}

/* link NULL: nobody new. 1: it was started. */
static int ensure(
	const Server *server, const char *container, const Attachment *link, Error **ret_error)
{
	_cleanup_fd_ int pidfd = open_process(server, false);
	bool other = false;
	int r = pidfd < 0 ? make_places(server, ret_error) : 0; /* one that runs has them */

	server_forget_dead(server);
	if (r == 0 && link)
		r = server_tell(server, container, link, &other, ret_error);
	if (r < 0 || (pidfd >= 0 && !other))
		return r;
	stop(server);
	if (other) {
		_cleanup_free_ char *leases = server_path(server, "var/leases");

		if (leases) /* what it knows of the address; the others are told of again when they are renewed */
			(void)unlink(leases);
	}
	r = start(server, ret_error);
	return r < 0 ? r : 1;
}

int network_server_join(const Spec *spec, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_networks; i++) {
		_cleanup_server_ Server server = SERVER_NULL;
		int r = find_locked(&spec->networks[i], &server, ret_error);

		if (r > 0 && ensure(&server, spec->name, &spec->networks[i], ret_error) < 0)
			r = fail(&server, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int leave(const Server *server, const Attachment *link, Error **ret_error)
{
	_cleanup_free_ char *name = server_path(server, "etc/names"), *path = NULL;
	char *parent;
	int r;

	if (!name || asprintf(&path, "%s/%s", name, link->host_name) < 0)
		return error_oom(ret_error);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", path);
	if (if_nametoindex(server->network.bridge) != 0)
		return 0;
	stop(server);
	r = file_remove_tree(AT_FDCWD, server->place, ret_error);
	parent = strrchr(server->place, '/');
	*parent = '\0';
	if (r == 0 && rmdir(server->place) < 0 && errno != ENOENT && errno != ENOTEMPTY)
		r = error_errno(ret_error, errno, "cannot remove %s", server->place);
	return r;
}

int network_server_leave(const Spec *spec, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_networks; i++) {
		_cleanup_server_ Server server = SERVER_NULL;
		int r = spec->networks[i].host_name ? find_locked(&spec->networks[i], &server, NULL)
						    : 0; /* a network that was deleted has none */

		if (r > 0 && file_exists(server.place) &&
			leave(&server, &spec->networks[i], ret_error) < 0)
			return fail(&server, ret_error);
	}
	return 0;
}

int network_server_restore(const Spec *spec, Error **ret_error)
{
	for (size_t i = 0; i < spec->n_networks; i++) {
		_cleanup_server_ Server server = SERVER_NULL;
		_cleanup_found_ NetworkFound found = { 0 };
		_cleanup_error_ Error *error = NULL;
		int r = find_locked(&spec->networks[i], &server, ret_error), q;

		if (r == 0)
			continue;
		if (r > 0)
			r = network_found_read(server.network.bridge, &found, ret_error);
		if (r < 0)
			return r;
		if (found.lost) /* without its bridge it cannot run */
			continue;
		q = ensure(&server, spec->name, NULL, &error);
		if (q < 0)
			(void)fail(&server, &error);
		found.lost = q < 0 ? strdup(error_message(error)) : NULL;
		found.restored += q > 0;
		if (q != 0)
			r = network_found_write(server.network.bridge, &found, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}
