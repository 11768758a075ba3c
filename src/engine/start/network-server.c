/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Our side of a network's server. All of it is done under one lock.
 */
#include "engine/start/network-server.h"

#include <arpa/inet.h>
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

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/passwd.h"
#include "base/procstat.h"
#include "base/resolver.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "net/network-watch.h"
#include "net/own-network.h"

#define ANSWER_TIMEOUT 20 /* seconds until it is up, or has ended */
#define ID_NOBODY 65534u /* kernel.overflowuid */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
#define NAME_MAX_SIZE 63u /* RFC 1035 */
#define ACCOUNTS "root:x:0:0::/:/\n" /* whom it asks for */

typedef struct Server {
	Network network;
	char *place; /* below: etc/, var/, and "server": pid, start time and the bridge's index */
	int lock_fd;
} Server;

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

static char *path_in(const Server *server, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", server->place, name) < 0 ? NULL : path;
}

/* By a rename: dnsmasq hears of those, and not of links to new files. */
static int write_in(const Server *server, const char *name, const char *text, Error **ret_error)
{
	_cleanup_free_ char *path = path_in(server, name), *new = path_in(server, "new");
	int r = path && new ? 0 : error_oom(ret_error);

	if (r == 0 && unlink(new) < 0 && errno != ENOENT)
		r = error_errno(ret_error, errno, "remove %s", new);
	if (r == 0)
		r = file_write_unsynced(new, text, strlen(text), 0644, ret_error);
	return r == 0 && rename(new, path) < 0 ? error_errno(ret_error, errno, "make %s", path) : r;
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

static int find_locked(const Attachment *link, Server *ret, Error **ret_error)
{
	_cleanup_free_ char *lock = layout_pathf(LAYOUT_RESERVATIONS, "network-server.lock");
	int r = lock ? find(link, ret, ret_error) : error_oom(ret_error), q;

	if (r <= 0)
		return r;
	q = file_lock(lock, &ret->lock_fd, ret_error);
	return q < 0 ? q : r;
}

/* A pidfd, or -ESRCH. One that was made for another bridge of that name hears nothing. */
static int open_process(const Server *server, bool any)
{
	_cleanup_free_ char *path = path_in(server, "server"), *text = NULL;
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

/* -- What it is told -- */

static void put_dhcp(const Network *network, const char *gateway, Buf *buf)
{
	char subnet[IPV4_TEXT_SIZE], bare[IPV4_TEXT_SIZE], mask[IPV4_TEXT_SIZE];
	bool isolated = network->mode == NETWORK_ISOLATED;

	ipv4_format(network->subnet.network, network->subnet.prefix, subnet);
	ipv4_format(network->subnet.network, 0, bare);
	ipv4_format(subnet_mask(network->subnet), 0, mask);
	buf_printf(buf,
		"dhcp-range=%s,static,%s,1h\ndhcp-alternate-port=%u,68\ndhcp-hostsdir=/etc/stations\n"
		"dhcp-leasefile=/var/leases\ndhcp-lease-max=65536\ndhcp-authoritative\nno-ping\n"
		"dhcp-ignore=tag:!known\ndhcp-ignore-names\n"
		/* Nothing but the host is beside a container; siblings are reached by way of it. */
		"dhcp-option=1,255.255.255.255\ndhcp-option=3%s%s\n"
		"dhcp-option=121,%s/32,0.0.0.0,%s,%s%s%s\ndhcp-option=6%s%s\n",
		bare, mask, NETWORK_DHCP_PORT, isolated ? "" : ",", isolated ? "" : gateway,
		gateway, subnet, gateway, isolated ? "" : ",0.0.0.0/0,", isolated ? "" : gateway,
		network->dns ? "," : "", network->dns ? gateway : "");
}

/* From an isolated network no question leads out either. */
static int write_configuration(const Server *server, Error **ret_error)
{
	const Network *network = &server->network;
	char gateway[IPV4_TEXT_SIZE];
	_cleanup_free_ char *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	int r;

	ipv4_format(subnet_gateway(network->subnet), 0, gateway);
	buf_printf(&buf,
		"user=root\ngroup=root\npid-file=/var/pid\nlog-facility=/dev/null\n"
		"interface=%s\nexcept-interface=lo\nbind-dynamic\nport=%u\n"
		"no-hosts\nhostsdir=/etc/names\nlocal=/sandbox/\ndomain-needed\n%s\n",
		network->bridge, network->dns ? NETWORK_DNS_PORT : 0,
		network->mode == NETWORK_ISOLATED ? "no-resolv" : "resolv-file=/etc/resolv.conf");
	if (network->dhcp)
		put_dhcp(network, gateway, &buf);
	r = buf_take(&buf, &text, ret_error);
	if (r == 0)
		r = write_in(server, "etc/conf", text, ret_error);
	if (r == 0)
		r = write_in(server, "etc/passwd", ACCOUNTS, ret_error);
	return r < 0 ? r : write_in(server, "etc/group", "root:x:0:\n", ret_error);
}

/* It asks from the host's network, where a name server on the loopback interface is reached. */
static int write_resolver(const Server *server, Error **ret_error)
{
	_cleanup_free_ char *path = path_in(server, "etc/resolv.conf"), *now = NULL, *before = NULL;
	int r = path ? file_read_optional("/etc/resolv.conf", &now, NULL, ret_error)
		     : error_oom(ret_error);

	if (r < 0 ||
		(file_read(path, &before, NULL, NULL) == 0 && strcmp(before, now ? now : "") == 0))
		return r < 0 ? r : 0;
	return write_in(server, "etc/resolv.conf", now ? now : "", ret_error);
}

int network_server_follow(const Spec *spec, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < spec->n_networks; i++) {
		_cleanup_server_ Server server = SERVER_NULL;

		r = find_locked(&spec->networks[i], &server, ret_error);
		if (r > 0 && file_exists(server.place))
			r = write_resolver(&server, ret_error);
	}
	return r < 0 ? r : 0;
}

static bool is_name(const char *name, const char *others)
{
	size_t size = strlen(name);

	for (const char *at = name; *at; at++)
		if (!strchr(LETTERS, *at) && !strchr(others, *at))
			return false;
	return size > 0 && size <= NAME_MAX_SIZE;
}

/* The MAC address that an address belongs to. *ret_other: the server knows it as another one's, and forgets that at its next start alone. */
static int tell_station(const Server *server, const char *container, const Attachment *link,
	const char *address, bool *ret_other, Error **ret_error)
{
	char name[IPV4_TEXT_SIZE + sizeof("etc/stations/")], text[128];
	_cleanup_free_ char *before = NULL, *path = NULL;

	(void)snprintf(name, sizeof(name), "etc/stations/%s", address);
	(void)snprintf(text, sizeof(text), "%s,%s%s%s\n", link->mac, address,
		is_name(container, "") ? "," : "", is_name(container, "") ? container : "");
	path = path_in(server, name);
	if (!path)
		return error_oom(ret_error);
	if (file_read(path, &before, NULL, NULL) == 0) {
		if (strcmp(before, text) == 0)
			return 0;
		*ret_other = true;
	}
	return write_in(server, name, text, ret_error);
}

static int tell_name(const Server *server, const char *container, const Attachment *link,
	const char *address, Error **ret_error)
{
	char name[NET_LINK_SIZE + sizeof("etc/names/")], text6[INET6_ADDRSTRLEN] = "";
	_cleanup_free_ char *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	IpAddress ip;
	int r;

	if (!is_name(container, "._"))
		return 0;
	(void)snprintf(name, sizeof(name), "etc/names/%s", link->host_name);
	buf_printf(&buf, "%s %s.sandbox %s\n", address, container, container);
	if (ip_parse(address, &ip) == 0)
		ip = network_address6(&server->network, ip_v4(&ip));
	if (ip.family == AF_INET6 && inet_ntop(AF_INET6, ip.bytes, text6, sizeof(text6)))
		buf_printf(&buf, "%s %s.sandbox %s\n", text6, container, container);
	r = buf_take(&buf, &text, ret_error);
	return r < 0 ? r : write_in(server, name, text, ret_error);
}

static int tell(const Server *server, const char *container, const Attachment *link,
	bool *ret_other, Error **ret_error)
{
	char address[IPV4_TEXT_SIZE];
	int r;

	if (!link->mac || !link->addresses)
		return error_set(ret_error, EINVAL, "it has no address reserved");
	(void)snprintf(address, sizeof(address), "%.*s", (int)strcspn(link->addresses[0], "/"),
		link->addresses[0]);
	r = tell_station(server, container, link, address, ret_other, ret_error);
	return r < 0 ? r : tell_name(server, container, link, address, ret_error);
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

static int make_places(const Server *server, uid_t uid, gid_t gid, Error **ret_error)
{
	static const char *const places[] = { "etc", "etc/names", "etc/stations", "var" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = path_in(server, places[i]);

		r = path ? file_mkdir_p(path, 0755, ret_error) : error_oom(ret_error);
		if (r == 0 && (chmod(path, 0755) < 0 ||
				      (strcmp(places[i], "var") == 0 && chown(path, uid, gid) < 0)))
			r = error_errno(ret_error, errno, "open %s to dnsmasq", path);
	}
	return r;
}

static int give_ids(pid_t pid, uid_t uid, gid_t gid, Error **ret_error)
{
	const unsigned int ids[] = { uid, gid };
	int r = 0;

	for (int i = 0; r == 0 && i < 2; i++) {
		char path[64], text[32];

		(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, i ? "gid_map" : "uid_map");
		(void)snprintf(text, sizeof(text), "0 %u 1", ids[i]);
		r = file_write_kernel(AT_FDCWD, path, text, ret_error);
	}
	return r;
}

/* It writes its pid file once it listens. */
static int await(const Server *server, int watch_fd, int pidfd, int err_fd, Error **ret_error)
{
	struct pollfd fds[] = { { .fd = watch_fd, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN } };
	_cleanup_free_ char *path = path_in(server, "var/pid");
	Deadline deadline = deadline_in(ANSWER_TIMEOUT);
	char events[1024];
	siginfo_t info;
	int r = path ? 0 : error_oom(ret_error);

	while (r >= 0 && !file_exists(path)) {
		r = deadline_poll(fds, ARRAY_SIZE(fds), deadline);
		if (r < 0)
			return error_set(ret_error, -r, "dnsmasq does not listen after %d seconds",
				ANSWER_TIMEOUT);
		if (fds[1].revents) {
			r = deadline_reap(pidfd, deadline, &info);
			return r < 0 ? error_errno(ret_error, -r, "wait for dnsmasq")
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
		return error_errno(ret_error, -r, "find when dnsmasq was started");
	leave_group(pid);
	(void)snprintf(text, sizeof(text), "%d %llu %u\n", pid, (unsigned long long)start,
		if_nametoindex(server->network.bridge));
	return write_in(server, "server", text, ret_error);
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
		return error_errno(ret_error, errno, "watch %s", var);
	ready_fd = ready[0];
	if (pipe2(go, O_CLOEXEC) < 0) {
		(void)fd_close(ready[1]);
		return error_errno(ret_error, errno, "make a pipe");
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
		return error_errno(ret_error, errno, "make the process of dnsmasq");
	log_step("server", "dnsmasq of the network %s is process %ld", server->network.name, pid);
	(void)!read(ready_fd, &byte, sizeof(byte)); /* its end says what went wrong before */
	r = give_ids((pid_t)pid, uid, gid, NULL);
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
	_cleanup_free_ char *etc = path_in(server, "etc"), *var = path_in(server, "var"),
			    *pid = path_in(server, "var/pid");
	int r = etc && var && pid ? 0 : error_oom(ret_error);

	if (r == 0)
		r = network_server_need(ret_error);
	if (r == 0)
		r = write_configuration(server, ret_error);
	if (r == 0)
		r = write_resolver(server, ret_error);
	if (r == 0 && unlink(pid) < 0 && errno != ENOENT)
		r = error_errno(ret_error, errno, "remove %s", pid);
	return r < 0 ? r : run(server, etc, var, ret_error);
}

int network_server_leases(const Network *network, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path =
		layout_pathf(LAYOUT_RUN, ".network/server.%s/var/leases", network->bridge);
	/* The directory is dnsmasq's: what is in there may be a link, or a pipe. */
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	_cleanup_fd_ int fd = path ? open(path, flags) : -EBADF;
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;

	r = r < 0 ? r : fd_read_all(fd, FILE_LIMIT, ret, NULL);
	if (r == -ENOENT)
		r = (*ret = strdup("")) ? 0 : -ENOMEM;
	return r < 0 ? error_errno(ret_error, -r, "read %s", path ? path : "leases") : 0;
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
	uid_t uid;
	gid_t gid;
	int r;

	find_ids(&uid, &gid);
	r = make_places(server, uid, gid, ret_error);
	if (r == 0 && link)
		r = tell(server, container, link, &other, ret_error);
	if (r < 0 || (pidfd >= 0 && !other))
		return r;
	stop(server);
	if (other) {
		_cleanup_free_ char *leases = path_in(server, "var/leases");

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
	_cleanup_free_ char *name = path_in(server, "etc/names"), *path = NULL;
	char *parent;
	int r;

	if (!name || asprintf(&path, "%s/%s", name, link->host_name) < 0)
		return error_oom(ret_error);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "remove %s", path);
	if (if_nametoindex(server->network.bridge) != 0)
		return 0;
	stop(server);
	r = file_remove_tree(AT_FDCWD, server->place, ret_error);
	parent = strrchr(server->place, '/');
	*parent = '\0';
	if (r == 0 && rmdir(server->place) < 0 && errno != ENOENT && errno != ENOTEMPTY)
		r = error_errno(ret_error, errno, "remove %s", server->place);
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
