/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check: what this host cannot give, and what is refused then. Each row asks the kernel for the thing itself where that leaves nothing behind.
 */
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/engine.h"
#include "engine/start/idmap.h"
#include "engine/start/mountfd.h"
#include "label/choose.h"
#include "sandbox/handle.h"

typedef enum Answer { ANSWER_YES, ANSWER_NO, ANSWER_UNKNOWN } Answer;

typedef struct Row {
	const char *what;
	Answer (*ask)(const char *argument);
	const char *argument, *refused;
} Row;

static Answer answer(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

static Answer ask_openat2(const char *argument)
{
	int fd = path_open_in_root(AT_FDCWD, argument, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return fd == -ENOSYS ? ANSWER_NO : ANSWER_UNKNOWN;
	(void)fd_close(fd);
	return ANSWER_YES;
}

/* Of the directory for trees, or of the one that it will be made in. */
static Answer ask_idmap(const char *argument)
{
	SpecIdRange range = { .inside = 0, .outside = 1 << 20, .count = 1 << 16 };
	const SpecIdMap map = { .ranges = &range, .n_ranges = 1 };
	_cleanup_free_ char *place = layout_path(LAYOUT_FILESYSTEMS);
	_cleanup_fd_ int users = -EBADF, fd = -EBADF;

	(void)argument;
	while (place && strrchr(place, '/') > place && !file_exists(place))
		*strrchr(place, '/') = '\0';
	if (!place || idmap_open_namespace(&map, &map, &users, NULL) < 0 ||
		mountfd_clone(AT_FDCWD, place, 0, &fd, NULL) < 0)
		return ANSWER_UNKNOWN;
	return answer(mountfd_set(fd, 0, 0, users, place, NULL) == 0);
}

static Answer ask_user_namespaces(const char *argument)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd = open(argument, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fd_read_all(fd, 64, &text, NULL) < 0)
		return ANSWER_NO;
	return answer(strtoull(text, NULL, 10) > 0);
}

static Answer ask_file(const char *argument)
{
	return answer(file_exists(argument));
}

static Answer ask_file_system(const char *argument)
{
	_cleanup_fd_ int fd = fsopen(argument, FSOPEN_CLOEXEC);

	return fd < 0 && errno != ENODEV ? ANSWER_UNKNOWN : answer(fd >= 0);
}

static Answer ask_controller(const char *argument)
{
	return answer(run_can_limit(argument));
}

static Answer ask_label(const char *argument)
{
	(void)argument;
	return answer(strcmp(label_model_of_host(), "none") != 0);
}

/* One request, and the errno of its answer; negative: none came. */
static int netlink(int protocol, struct nlmsghdr *request)
{
	_cleanup_fd_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	const struct timeval limit = { .tv_sec = 5 };
	union {
		struct nlmsghdr header;
		char room[8192];
	} reply;
	const struct nlmsgerr *error = NLMSG_DATA(&reply.header);
	ssize_t n;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
		send(fd, request, request->nlmsg_len, 0) < 0 ||
		(n = recv(fd, &reply, sizeof(reply), 0)) < NLMSG_HDRLEN)
		return -EIO;
	if (reply.header.nlmsg_type != NLMSG_ERROR)
		return 0;
	return n < (ssize_t)NLMSG_LENGTH(sizeof(*error)) ? -EIO : -error->error;
}

static Answer ask_nftables(const char *argument)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg message;
	} request = { .header = { .nlmsg_len = sizeof(request),
			      .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.message = { .nfgen_family = AF_UNSPEC } };
	_cleanup_fd_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int r;

	(void)argument;
	if (fd < 0)
		return ANSWER_NO;
	r = netlink(NETLINK_NETFILTER, &request.header);
	return r < 0 ? ANSWER_UNKNOWN : answer(r == 0);
}

/* In a network namespace that goes with this process. What a kind lacks besides its name does not matter: one that is not known is told apart. */
static int make_link(const char *kind)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg message;
		char attributes[64];
	} request = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(request.message)),
			      .nlmsg_type = RTM_NEWLINK,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK } };
	struct rtattr *info = (struct rtattr *)request.attributes,
		      *name = (struct rtattr *)(info + 1);

	name->rta_type = IFLA_INFO_KIND;
	name->rta_len = (unsigned short)RTA_LENGTH(strlen(kind));
	memcpy(RTA_DATA(name), kind, strlen(kind));
	info->rta_type = IFLA_LINKINFO;
	info->rta_len = (unsigned short)(RTA_LENGTH(0) + RTA_ALIGN(name->rta_len));
	request.header.nlmsg_len += RTA_ALIGN(info->rta_len);
	if (unshare(CLONE_NEWNET) < 0)
		return -EIO;
	return netlink(NETLINK_ROUTE, &request.header);
}

static Answer ask_link(const char *argument)
{
	int status = 0, r;
	pid_t pid = fork();

	if (pid == 0) {
		r = make_link(argument);
		_exit(r < 0 ? ANSWER_UNKNOWN : answer(r != EOPNOTSUPP));
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) <= ANSWER_UNKNOWN
		       ? (Answer)WEXITSTATUS(status)
		       : ANSWER_UNKNOWN;
}

static const Row rows[] = {
	{ "openat2", ask_openat2, "/", "all containers: needs Linux 5.6" },
	{ "user-namespaces", ask_user_namespaces, "/proc/sys/user/max_user_namespaces",
		"all containers that have ids of their own" },
	{ "id-mapped-mounts", ask_idmap, NULL,
		"all containers: the file system of their content must be able to id-map, as ext4, xfs and btrfs" },
	{ "seccomp", ask_file, "/proc/sys/kernel/seccomp/actions_avail", "all containers" },
	{ "label", ask_label, NULL,
		"security options but none: containers have no label, and are held by namespaces, filters and capabilities alone" },
	{ "cgroup-memory", ask_controller, "memory", "--memory, --swap" },
	{ "cgroup-cpu", ask_controller, "cpu", "--cpus, --cpu-weight" },
	{ "cgroup-cpuset", ask_controller, "cpuset", "--cpuset" },
	{ "cgroup-pids", ask_controller, "pids", "--pids" },
	{ "cgroup-io", ask_controller, "io", "--io-weight" },
	{ "nftables", ask_nftables, NULL,
		"the default network, named ones, --publish, --allow-from, --egress" },
	{ "veth", ask_link, "veth", "all networks but none, host and macvlan" },
	{ "bridge", ask_link, "bridge", "the default network and named ones" },
	{ "macvlan", ask_link, "macvlan", "-N macvlan" },
	{ "vlan", ask_link, "vlan", "-N vlan" },
	{ "overlay", ask_file_system, "overlay", "full systems (--os, --os-from)" },
	{ "ext4", ask_file_system, "ext4", "images (-i)" },
	{ "loop", ask_file, "/dev/loop-control", "images (-i)" },
};

PUBLIC int vsb_check(char ***ret, vsb_error **error)
{
	static const char *const words[] = { "yes", "no", "" };
	_cleanup_strv_ char **texts = NULL;
	int r = sandbox_begin(error);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		if (strv_append(&texts, rows[i].what) < 0 ||
			strv_append(&texts, words[rows[i].ask(rows[i].argument)]) < 0 ||
			strv_append(&texts, rows[i].refused) < 0)
			r = error_oom(error);
	if (r == 0)
		*ret = TAKE_PTR(texts);
	return r;
}
