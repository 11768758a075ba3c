/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plug-in `net`: gives a container its links and takes them away.
 */
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procstat.h"
#include "base/strv.h"
#include "net/kinds.h"
#include "net/network-watch.h"
#include "net/own-network.h"
#include "net/publication.h"
#include "net/plugin/attaching.h"
#include "net/plugin/bandwidth.h"
#include "net/plugin/bridged.h"
#include "net/plugin/foreign-tables.h"
#include "net/plugin/publish.h"
#include "net/plugin/hostdev.h"
#include "net/plugin/ports.h"
#include "net/plugin/reach.h"
#include "net/plugin/reach-list.h"
#include "net/plugin/restore.h"
#include "net/plugin/shared.h"

/* From an isolated network no answer finds its way out. */
static int refuse_isolated(const char *name, char *const *list, Error **ret_error)
{
	Network network;
	int r = list ? network_load(name ? name : NETWORK_DEFAULT, &network, ret_error) : 0;

	STRV_FOREACH (text, list) {
		Publication p;

		if (r == 0)
			r = publication_parse(*text, &p, ret_error);
		if (r == 0 && network.mode == NETWORK_ISOLATED && !publication_is_local(&p))
			return error_set(ret_error, EOPNOTSUPP,
				"cannot publish %s: the network %s is isolated; it can only be published on 127.0.0.1 and [::1]",
				*text, network.name);
	}
	return r;
}

int publish_link(const Attachment *link, const Port *port, bool keep, Error **ret_error)
{
	Published published = { .port = (char *)port->name,
		.container = (char *)port->container,
		.bridge = (char *)port->bridge,
		.address = ip_from_v4(port->station.address, 32),
		.address6 = port->station.address6,
		.holder = getppid(),
		.list = link->published,
		.keeps_connections = keep };
	int r = refuse_isolated(link->source, link->published, ret_error);

	if (r < 0)
		return r;
	r = procstat_starttime(published.holder, &published.holder_starttime);
	if (r < 0)
		return error_errno(
			ret_error, -r, "cannot identify the process that publishes the ports");
	r = publish_change(&published, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot publish ports") : 0;
}

static bool uses_shared(const Attachment *links, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (links[i].kind == ATTACHMENT_SHARED || links[i].kind == ATTACHMENT_BRIDGE ||
			links[i].kind == ATTACHMENT_HOSTDEV)
			return true;
	return false;
}

/* Which of the networks of ours brings the default route, in whatever order they are given: the default network, else the first one by its name that leads
 * anywhere. */
static size_t choose_first(const Attachment *links, size_t n)
{
	size_t first = n;

	for (size_t i = 0; i < n; i++) {
		const char *name = links[i].source;
		Network network;

		if (links[i].kind != ATTACHMENT_SHARED || links[i].down)
			continue;
		if (!name)
			return i;
		if (network_load(name, &network, NULL) == 0 && network.mode != NETWORK_ISOLATED &&
			(first == n || strcmp(name, links[first].source) < 0))
			first = i;
	}
	return first;
}

/* A route that is given goes before. */
static bool has_default_route(const Attachment *links, size_t n, const char *target)
{
	for (size_t i = 0; i < n; i++)
		STRV_FOREACH (route, links[i].routes)
			if (strncmp(*route, target, strlen(target)) == 0)
				return true;
	return false;
}

static bool is_again(const Attachment *links, size_t index)
{
	const char *name = links[index].source ? links[index].source : NETWORK_DEFAULT;

	for (size_t i = 0; i < index; i++)
		if (links[i].kind == ATTACHMENT_SHARED && !links[i].down &&
			links[index].kind == ATTACHMENT_SHARED &&
			strcmp(links[i].source ? links[i].source : NETWORK_DEFAULT, name) == 0)
			return true;
	return false;
}

static int attach_all(const char *container, const Attachment *links, size_t n, int netns_fd,
	Exchange *host, Error **ret_error)
{
	bool routes_v4 = has_default_route(links, n, "0.0.0.0/0 "),
	     routes_v6 = has_default_route(links, n, "::/0 ");
	_cleanup_exchange_ Exchange inside = EXCHANGE_NULL;
	size_t first = choose_first(links, n);
	int r = exchange_open(&inside, netns_fd, NETLINK_ROUTE, ret_error);
	if (r == 0)
		r = netns_loopback_up(exchange_fd(&inside), ret_error);
	for (size_t i = 0; r == 0 && i < n; i++) {
		Attaching a = { .container = container,
			.link = &links[i],
			.first = i == first,
			.again = is_again(links, i),
			.routes_v4 = routes_v4,
			.routes_v6 = routes_v6,
			.netns_fd = netns_fd,
			.host = host,
			.inside = &inside };

		r = attach_one(&a, ret_error);
	}
	return r;
}

static int delete_link(Exchange *host, const Attachment *link, Error **ret_error)
{
	LinkInfo info;
	int r;

	if (link->kind == ATTACHMENT_HOSTDEV)
		return link->source && link->name ? hostdev_take_back(link, ret_error) : 0;
	if (!net_name_is_ours(link->host_name)) {
		r = link_get(host, link->host_name, &info, ret_error);
		if (r < 0 || !link_is_ours(&info))
			return r;
	}
	bandwidth_forget(host, link->host_name);
	link_delete(host, link->host_name);
	return exchange_commit(host, NULL, NULL, ret_error);
}

static int detach_all(const Attachment *links, size_t n, Exchange *host, Error **ret_error)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		if (!links[i].host_name)
			continue;
		r = delete_link(host, &links[i], ret_error);
		if (r == 0 && links[i].kind == ATTACHMENT_SHARED)
			r = shared_leave(host, links[i].host_name, ret_error);
		if (r == 0 && links[i].kind == ATTACHMENT_BRIDGE)
			r = bridged_leave(links[i].host_name, ret_error);
		if (r == 0 && links[i].kind == ATTACHMENT_BRIDGE && links[i].source)
			network_found_forget(links[i].source); /* who is left looks again */
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_host(
	const Attachment *links, size_t n, Exchange *host, int *ret_lock_fd, Error **ret_error)
{
	if (uses_shared(links, n)) {
		int r = shared_lock(ret_lock_fd, ret_error);

		if (r < 0)
			return r;
	}
	return exchange_open(host, -1, NETLINK_ROUTE, ret_error);
}

static int attach(
	const char *container, const Attachment *links, size_t n, int netns_fd, Error **ret_error)
{
	_cleanup_exchange_ Exchange host = EXCHANGE_NULL;
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = open_host(links, n, &host, &lock_fd, ret_error);
	if (r < 0)
		return r;
	r = attach_all(container, links, n, netns_fd, &host, ret_error);
	if (r < 0) {
		_cleanup_exchange_ Exchange undo =
			EXCHANGE_NULL; /* what `host` has collected must not be sent */

		if (exchange_open(&undo, -1, NETLINK_ROUTE, NULL) == 0)
			(void)detach_all(links, n, &undo,
				NULL); /* the failure that is reported is the first one */
	}
	return r;
}

static int detach(const char *container, const Attachment *links, size_t n, Error **ret_error)
{
	_cleanup_exchange_ Exchange host = EXCHANGE_NULL;
	_cleanup_fd_ int lock_fd = -EBADF;
	int r;

	(void)container;
	r = open_host(links, n, &host, &lock_fd, ret_error);
	return r < 0 ? r : detach_all(links, n, &host, ret_error);
}

static int read_port(const char *container, const Attachment *link, Port *ret, Error **ret_error)
{
	int r = ports_read(link->host_name, ret, ret_error);

	return r == -ENOENT ? error_set(ret_error, ENOENT, "container %s has no link %s", container,
				      link->host_name)
			    : r;
}

/* As the links now say. */
static int publish(
	const char *container, const Attachment *links, size_t n, bool keep, Error **ret_error)
{
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = shared_lock(&lock_fd, ret_error);

	for (size_t i = 0; r == 0 && i < n; i++) {
		Port port;

		if (links[i].kind != ATTACHMENT_SHARED)
			continue;
		r = read_port(container, &links[i], &port, ret_error);
		if (r == 0)
			r = publish_link(&links[i], &port, keep, ret_error);
	}
	return r;
}

/* Who may reach whom, as the links now say. */
static int reach(const char *container, const Attachment *links, size_t n, Error **ret_error)
{
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = shared_lock(&lock_fd, ret_error);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const Attachment *link = &links[i];
		Network network;
		Port port;

		if (link->kind != ATTACHMENT_SHARED)
			continue;
		r = network_load(
			link->source ? link->source : NETWORK_DEFAULT, &network, ret_error);
		if (r == 0)
			r = read_port(container, link, &port, ret_error);
		if (r == 0)
			r = reach_change(&port, &network, link, ret_error);
	}
	return r;
}

static int limit(const Attachment *links, size_t n, Error **ret_error)
{
	_cleanup_exchange_ Exchange host = EXCHANGE_NULL;
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = open_host(links, n, &host, &lock_fd, ret_error);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = bandwidth_change(&host, &links[i], ret_error);
	return r;
}

static int publish_none_of_dead(Error **ret_error)
{
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = shared_lock(&lock_fd, ret_error);

	return r < 0 ? r : publish_leave_dead(ret_error);
}

static int port_faults(const Attachment *links, size_t n, char ***faults, Error **ret_error)
{
	_cleanup_exchange_ Exchange host = EXCHANGE_NULL;
	int r = exchange_open(&host, -1, NETLINK_ROUTE, ret_error);

	for (size_t i = 0; r == 0 && i < n; i++) {
		LinkInfo info = { 0 };

		if (links[i].kind != ATTACHMENT_SHARED)
			continue;
		r = link_get(&host, links[i].host_name, &info, ret_error);
		if (r == 0 && (!info.master || !info.isolated))
			r = strv_append(faults, NET_PORT_REACHES);
		if (r == 0 && (!info.locked || info.learning))
			r = strv_append(faults, NET_PORT_LEARNS);
		if (r == 0 && (!info.master || info.flooded))
			r = strv_append(faults, NET_PORT_FLOODED);
	}
	return r == -ENOMEM ? error_oom(ret_error) : r;
}

static int restore(const Attachment *links, size_t n, Error **ret_error)
{
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = shared_lock(&lock_fd, ret_error);

	return r < 0 ? r : restore_links(links, n, ret_error);
}

extern const NetPlugin vsb_plugin_net;
__attribute__((visibility("default"))) const NetPlugin vsb_plugin_net = { .attach = attach,
	.detach = detach,
	.publish = publish,
	.reach = reach,
	.reach_list = reach_list,
	.restore = restore,
	.limit = limit,
	.warn = foreign_tables_warn,
	.publish_none_of_dead = publish_none_of_dead,
	.port_faults = port_faults };
