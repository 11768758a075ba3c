/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/plugin/bandwidth.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "net/kinds.h"
#include "net/plugin/rtnetlink.h"

#define PORT_PREFIX "vsb"
#define BUFFER_PREFIX "vsi" /* of the interface on which waits what the container sends */
#define BURST_MIN                                                                                  \
	32768u /* bytes that pass at once: of the rate's fiftieth of a second, and never less */
#define QUEUE_SHARE 5u /* a packet waits for the fifth of a second at most */
#define INGRESS_HANDLE 0xffff0000u

static bool buffer_name(const char *port, char ret[static NET_LINK_SIZE])
{
	if (strncmp(port, PORT_PREFIX, strlen(PORT_PREFIX)) != 0)
		return false;
	(void)snprintf(ret, NET_LINK_SIZE, BUFFER_PREFIX "%.*s", NET_LINK_SIZE - 4,
		port + strlen(PORT_PREFIX));
	return true;
}

static struct tcmsg *put_tc(struct nlmsghdr *request, int index, uint32_t parent, const char *kind)
{
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));

	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = index;
	tc->tcm_parent = parent;
	mnl_attr_put_strz(request, TCA_KIND, kind);
	return tc;
}

static void add_rate(Exchange *host, int index, unsigned int kbits)
{
	const uint64_t rate = (uint64_t)kbits * 1000 / 8; /* bytes in a second */
	uint32_t burst = rate / 50 > BURST_MIN ? (uint32_t)(rate / 50) : BURST_MIN;
	struct tc_tbf_qopt shape = { .rate = { .linklayer = TC_LINKLAYER_ETHERNET,
					     .rate = rate > UINT32_MAX ? UINT32_MAX
								       : (uint32_t)rate },
		.limit = burst + (uint32_t)(rate / QUEUE_SHARE) };
	struct nlmsghdr *request = exchange_begin(host, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
		0, "limit the bandwidth (the kernel needs NET_SCH_TBF)");
	struct nlattr *options;

	put_tc(request, index, TC_H_ROOT, "tbf");
	options = mnl_attr_nest_start(request, TCA_OPTIONS);
	mnl_attr_put(request, TCA_TBF_PARMS, sizeof(shape), &shape);
	mnl_attr_put_u32(request, TCA_TBF_BURST, burst);
	mnl_attr_put_u64(request, TCA_TBF_RATE64, rate);
	mnl_attr_nest_end(request, options);
	exchange_end(host, request);
}

static void add_buffer(Exchange *host, const char *name)
{
	struct nlmsghdr *request = exchange_begin(host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0,
		"create the interface %s (the kernel needs IFB)", name);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	struct nlattr *info;

	link->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "ifb");
	mnl_attr_nest_end(request, info);
	exchange_end(host, request);
}

static void put_redirect(struct nlmsghdr *request, int target)
{
	const struct tc_mirred redirect = {
		.action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR, .ifindex = (uint32_t)target
	};
	struct nlattr *actions = mnl_attr_nest_start(request, TCA_U32_ACT),
		      *action = mnl_attr_nest_start(request, 1), *options;

	mnl_attr_put_strz(request, TCA_ACT_KIND, "mirred");
	options = mnl_attr_nest_start(request, TCA_ACT_OPTIONS);
	mnl_attr_put(request, TCA_MIRRED_PARMS, sizeof(redirect), &redirect);
	mnl_attr_nest_end(request, options);
	mnl_attr_nest_end(request, action);
	mnl_attr_nest_end(request, actions);
}

/* All that the port receives, before the bridge sees it; it comes back there as received by the port. */
static void add_redirect(Exchange *host, int port, int target)
{
	const struct tc_u32_sel all = { .flags = TC_U32_TERMINAL, .nkeys = 1 };
	unsigned char match[sizeof(all) + sizeof(struct tc_u32_key)] = {
		0
	}; /* one key, of nothing but zeros, matches all */
	struct nlmsghdr *request = exchange_begin(host, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, 0,
		"receive by way of tc (the kernel needs NET_SCH_INGRESS)");
	struct nlattr *options;
	struct tcmsg *tc = put_tc(request, port, TC_H_INGRESS, "ingress");

	tc->tcm_handle = INGRESS_HANDLE;
	exchange_end(host, request);
	memcpy(match, &all, sizeof(all));
	request = exchange_begin(host, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, 0,
		"limit the bandwidth of received data (the kernel needs NET_CLS_U32 and NET_ACT_MIRRED)");
	tc = put_tc(request, port, INGRESS_HANDLE, "u32");
	tc->tcm_info = TC_H_MAKE(1u << 16, htons(ETH_P_ALL));
	options = mnl_attr_nest_start(request, TCA_OPTIONS);
	mnl_attr_put(request, TCA_U32_SEL, sizeof(match), match);
	put_redirect(request, target);
	mnl_attr_nest_end(request, options);
	exchange_end(host, request);
}

static int limit_sending(
	Exchange *host, const LinkInfo *port, const Attachment *link, Error **ret_error)
{
	char name[NET_LINK_SIZE];
	LinkInfo buffer;
	int r;

	if (!buffer_name(port->name, name))
		return error_set(ret_error, EOPNOTSUPP,
			"a limit for sent data is not supported if the host's end of the link has its own name");
	link_delete(host, name); /* of a run that was killed */
	r = exchange_commit(host, NULL, NULL, ret_error);
	if (r < 0)
		return r;
	add_buffer(host, name);
	r = exchange_commit(host, NULL, NULL, ret_error);
	if (r == 0)
		r = link_get(host, name, &buffer, ret_error);
	if (r < 0)
		return r;
	link_no_ipv6_autoconf(host, buffer.index);
	add_rate(host, buffer.index, link->rate_out);
	link_set_up(host, buffer.index, name);
	add_redirect(host, port->index, buffer.index);
	return exchange_commit(host, NULL, NULL, ret_error);
}

int bandwidth_set(Exchange *host, const Attachment *link, Error **ret_error)
{
	LinkInfo port;
	int r;

	if (!link->rate_in && !link->rate_out)
		return 0;
	r = link_get(host, link->host_name, &port, ret_error);
	if (r == 0 && link->rate_out)
		r = limit_sending(host, &port, link, ret_error);
	if (r < 0 || !link->rate_in)
		return r;
	add_rate(host, port.index, link->rate_in);
	return exchange_commit(host, NULL, NULL, ret_error);
}

/* ENOENT: the kernel's own discipline stands there; EINVAL: the same of older kernels. */
static int remove_discipline(Exchange *host, int index, bool ingress, Error **ret_error)
{
	static const int none[] = { ENOENT, EINVAL };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct nlmsghdr *request = exchange_begin(
			host, RTM_DELQDISC, 0, none[i], "remove the bandwidth limit");
		struct tcmsg *tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));

		tc->tcm_family = AF_UNSPEC;
		tc->tcm_ifindex = index;
		tc->tcm_parent = ingress ? TC_H_INGRESS : TC_H_ROOT;
		exchange_end(host, request);
		r = exchange_commit(host, NULL, NULL, i == 0 ? NULL : ret_error);
		if (r == 0)
			break;
	}
	return r;
}

/* Where the buffer is there, its rate alone is exchanged: nothing passes without a limit meanwhile. */
static int change_sending(
	Exchange *host, const LinkInfo *port, const Attachment *link, Error **ret_error)
{
	LinkInfo buffer = { 0 };
	char name[NET_LINK_SIZE];
	int r = buffer_name(port->name, name) ? link_get(host, name, &buffer, ret_error) : 0;

	if (r < 0)
		return r;
	if (link->rate_out && buffer.index == 0)
		return limit_sending(host, port, link, ret_error);
	if (link->rate_out) {
		add_rate(host, buffer.index, link->rate_out);
		return exchange_commit(host, NULL, NULL, ret_error);
	}
	if (buffer.index == 0)
		return 0;
	r = remove_discipline(host, port->index, true, ret_error);
	if (r < 0)
		return r;
	bandwidth_forget(host, port->name);
	return exchange_commit(host, NULL, NULL, ret_error);
}

int bandwidth_change(Exchange *host, const Attachment *link, Error **ret_error)
{
	LinkInfo port;
	int r = link_get(host, link->host_name, &port, ret_error);

	if (r == 0 && port.index == 0)
		return error_set(ret_error, ENODEV, "the host no longer has an interface %s",
			link->host_name);
	if (r == 0)
		r = change_sending(host, &port, link, ret_error);
	if (r == 0 && !link->rate_in)
		return remove_discipline(host, port.index, false, ret_error);
	if (r < 0)
		return r;
	add_rate(host, port.index, link->rate_in);
	return exchange_commit(host, NULL, NULL, ret_error);
}

void bandwidth_forget(Exchange *host, const char *port)
{
	char name[NET_LINK_SIZE];

	if (buffer_name(port, name))
		link_delete(host, name);
}
