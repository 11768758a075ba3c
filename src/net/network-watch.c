/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Netlink as far as a supervisor needs it, which loads no library for it.
 */
#include "net/network-watch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "net/own-network.h"

#define MESSAGES_MAX 16u /* of one packet that the filter looks at; one with more is let through */
#define FILTER_SIZE (MESSAGES_MAX * 32u)
#define ANSWER_TIMEOUT 5 /* seconds */
#define LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

typedef struct Filter {
	struct sock_filter code[FILTER_SIZE];
	unsigned short count;
} Filter;

static void put(Filter *filter, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	filter->code[filter->count++] =
		(struct sock_filter){ .code = code, .k = k, .jt = yes, .jf = no };
}

/* Loads are big-endian, and the kernel's numbers are not; a load past the end drops the packet. */
static void put_type(Filter *filter)
{
	put(filter, BPF_LD | BPF_H | BPF_IND, offsetof(struct nlmsghdr, nlmsg_type), 0, 0);
}

/* X goes on by the message's length, of which 16 bits are enough. */
static void put_next(Filter *filter)
{
	put(filter, BPF_STX, 0, 0, 0);
	put(filter, BPF_LD | BPF_B | BPF_IND, LITTLE ? 1 : 2, 0, 0);
	put(filter, BPF_ALU | BPF_LSH | BPF_K, 8, 0, 0);
	put(filter, BPF_ST, 1, 0, 0);
	put(filter, BPF_LD | BPF_B | BPF_IND, LITTLE ? 0 : 3, 0, 0);
	put(filter, BPF_LDX | BPF_MEM, 1, 0, 0);
	put(filter, BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);
	put(filter, BPF_ALU | BPF_ADD | BPF_K, NLMSG_ALIGNTO - 1, 0, 0);
	put(filter, BPF_ALU | BPF_AND | BPF_K, ~(NLMSG_ALIGNTO - 1), 0, 0);
	put(filter, BPF_LDX | BPF_MEM, 0, 0, 0);
	put(filter, BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0);
	put(filter, BPF_MISC | BPF_TAX, 0, 0, 0);
}

/* Deleting tables, chains, sets or rules whose table has a name like ours: the table is the first attribute of each. What comes and goes with containers is
 * elements of sets. */
static void make_rules_filter(Filter *filter)
{
	static const uint16_t types[] = { NFT_MSG_DELTABLE, NFT_MSG_DELCHAIN, NFT_MSG_DELRULE,
		NFT_MSG_DELSET };
	static const uint32_t name[] = { 0x76697274, 0x5f73616e, 0x64626f78 }; /* virt_sandbox */
	const uint32_t at =
		sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) + sizeof(struct nlattr);

	put(filter, BPF_LDX | BPF_IMM, 0, 0, 0);
	for (unsigned int i = 0; i < MESSAGES_MAX; i++) {
		put_type(filter);
		for (size_t t = 0; t < ARRAY_SIZE(types); t++)
			put(filter, BPF_JMP | BPF_JEQ | BPF_K,
				htons(NFNL_SUBSYS_NFTABLES << 8 | types[t]),
				(uint8_t)(ARRAY_SIZE(types) - 1 - t),
				t + 1 == ARRAY_SIZE(types) ? (uint8_t)(2 * ARRAY_SIZE(name) + 1)
							   : 0);
		for (size_t n = 0; n < ARRAY_SIZE(name); n++) {
			put(filter, BPF_LD | BPF_W | BPF_IND, at + (uint32_t)(n * sizeof(uint32_t)),
				0, 0);
			put(filter, BPF_JMP | BPF_JEQ | BPF_K, name[n], 0,
				(uint8_t)(2 * (ARRAY_SIZE(name) - 1 - n) + 1));
		}
		put(filter, BPF_RET | BPF_K, UINT32_MAX, 0, 0);
		put_next(filter);
	}
	put(filter, BPF_RET | BPF_K, UINT32_MAX, 0, 0);
}

static void make_links_filter(Filter *filter)
{
	put(filter, BPF_LDX | BPF_IMM, 0, 0, 0);
	put_type(filter);
	put(filter, BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELADDR), 1, 0);
	put(filter, BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 0, 1);
	put(filter, BPF_RET | BPF_K, UINT32_MAX, 0, 0);
	put(filter, BPF_RET | BPF_K, 0, 0, 0);
}

static int open_group(
	int protocol, const Filter *filter, const int *groups, int *ret_fd, Error **ret_error)
{
	const struct sock_fprog program = { .len = filter->count,
		.filter = (struct sock_filter *)filter->code };
	/* One without a number of its own hears nothing. */
	const struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	_cleanup_fd_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int r = fd < 0 ? -1
		       : setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));

	if (r == 0)
		r = bind(fd, (const struct sockaddr *)&own, sizeof(own));
	for (; r == 0 && *groups; groups++)
		r = setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, groups, sizeof(*groups));
	if (r < 0)
		return error_errno(ret_error, errno, "cannot listen for changes to the network");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int network_watch_open_rules(int *ret_fd, Error **ret_error)
{
	static const int groups[] = { NFNLGRP_NFTABLES, 0 };
	Filter filter = { 0 };

	make_rules_filter(&filter);
	return open_group(NETLINK_NETFILTER, &filter, groups, ret_fd, ret_error);
}

/* A bridge of ours has an address, which goes with it; so the many messages about links are for those alone who need them. */
int network_watch_open_links(bool all_links, int *ret_fd, Error **ret_error)
{
	const int groups[] = { RTNLGRP_IPV4_IFADDR, all_links ? RTNLGRP_LINK : 0, 0 };
	Filter filter = { 0 };

	make_links_filter(&filter);
	return open_group(NETLINK_ROUTE, &filter, groups, ret_fd, ret_error);
}

/* What was said is no matter, nor that some of it was lost: the answer is to look. */
void network_watch_drain(int fd)
{
	char buffer[4096];

	while (recv(fd, buffer, sizeof(buffer), MSG_TRUNC) >= 0 || errno == ENOBUFS ||
		errno == EINTR)
		;
}

int network_watch_generation(uint32_t *ret, Error **ret_error)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg rest;
	} ask = { .header = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
			  .nlmsg_flags = NLM_F_REQUEST } };
	struct {
		struct nlmsghdr header;
		struct nfgenmsg rest;
		struct nlattr attribute;
		uint32_t value;
		char more[256];
	} said = { 0 };
	const struct timeval limit = { .tv_sec = ANSWER_TIMEOUT };
	_cleanup_fd_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	ssize_t n = -1;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
		send(fd, &ask, sizeof(ask), 0) == sizeof(ask))
		n = recv(fd, &said, sizeof(said), 0);
	if (n < 0)
		return error_errno(ret_error, errno, "cannot get the state of nftables");
	if (n < (ssize_t)offsetof(typeof(said), more) ||
		said.header.nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN) ||
		said.attribute.nla_type != NFTA_GEN_ID)
		return error_set(ret_error, EPROTO, "nftables does not report its state");
	*ret = ntohl(said.value);
	return 0;
}

/* -- What was found -- */

void network_found_done(NetworkFound *found)
{
	free(found->lost);
	*found = (NetworkFound){ 0 };
}

static char *found_path(const char *bridge)
{
	return layout_pathf(LAYOUT_RUN, ".network/watch.%s", bridge);
}

int network_found_read(const char *bridge, NetworkFound *ret, Error **ret_error)
{
	_cleanup_free_ char *path = found_path(bridge), *text = NULL;
	NetworkFound found = { 0 };
	struct stat st;
	int used = 0;
	int r = path ? file_read_optional(path, &text, NULL, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	if (r > 0 && sscanf(text, "%u %u%n", &found.generation, &found.restored, &used) == 2) {
		text[strcspn(text, "\n")] = '\0';
		found.lost = text[used] == ' ' ? strdup(text + used + 1) : NULL;
		found.age = stat(path, &st) == 0 ? time(NULL) - st.st_mtim.tv_sec : 0;
		if (text[used] == ' ' && !found.lost)
			return error_oom(ret_error);
	}
	*ret = found;
	return 0;
}

int network_found_write(const char *bridge, const NetworkFound *found, Error **ret_error)
{
	_cleanup_free_ char *path = found_path(bridge), *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	int r;

	buf_printf(&buf, "%u %u%s%s", found->generation, found->restored, found->lost ? " " : "",
		found->lost ? found->lost : "");
	r = path ? buf_take(&buf, &text, ret_error) : error_oom(ret_error);
	return r < 0 ? r : file_write_unsynced(path, text, strlen(text), 0600, ret_error);
}

void network_found_forget(const char *bridge)
{
	_cleanup_free_ char *path = found_path(bridge);

	if (path)
		(void)unlink(
			path); /* missing is success; what is left is a line that nobody reads */
}

/* -- Looking -- */

bool network_has_address(const char *interface, uint32_t address)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in *has;
	struct ifreq request = { 0 };

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (fd < 0 || ioctl(fd, SIOCGIFADDR, &request) < 0)
		return false;
	has = (const struct sockaddr_in *)&request.ifr_addr;
	return ntohl(has->sin_addr.s_addr) == address;
}

int network_is_as_found(const Attachment *link, bool *ret_is, char ret_bridge[static NET_LINK_SIZE],
	NetworkFound *ret_found, Error **ret_error)
{
	_cleanup_found_ NetworkFound found = { 0 };
	Network network = { 0 };
	uint32_t generation;
	bool there = true;
	int r = 0;

	*ret_bridge = '\0';
	*ret_is = true;
	*ret_found = (NetworkFound){ 0 };
	if (link->kind == ATTACHMENT_SHARED) {
		r = network_load(
			link->source ? link->source : NETWORK_DEFAULT, &network, ret_error);
		there = r == 0 &&
			network_has_address(network.bridge, subnet_gateway(network.subnet));
	} else if (link->kind == ATTACHMENT_BRIDGE) {
		(void)snprintf(network.bridge, sizeof(network.bridge), "%s", link->source);
		there = if_nametoindex(link->source) != 0;
	} else {
		return 0;
	}
	if (r == 0)
		r = network_found_read(network.bridge, &found, ret_error);
	if (r == 0)
		r = network_watch_generation(&generation, ret_error);
	if (r < 0)
		return r;
	*ret_is = there && !found.lost && found.generation == generation;
	(void)snprintf(ret_bridge, NET_LINK_SIZE, "%s", network.bridge);
	*ret_found = found;
	found = (NetworkFound){ 0 };
	return 0;
}

void network_link_down(const char *name)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return;
	request.ifr_flags &= (short)~IFF_UP;
	(void)ioctl(fd, SIOCSIFFLAGS, &request); /* it has gone meanwhile */
}
