/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The networks that domains name.
 */
#include "sandbox/domain-networks.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "base/strv.h"
#include "engine/start/network-server.h"
#include "net/own-network.h"
#include "sandbox/handle.h"

#define DEFAULT_SUBNET "192.168.122.0/24" /* what libvirt is installed with */

/* The name in our store: "libvirt" for libvirt's "default". */
static const char *domain_network_name(const char *name)
{
	return strcmp(name, DOMAIN_NETWORK_DEFAULT) == 0 ? DOMAIN_NETWORK_STORED : name;
}

static int make_default(Error **ret_error)
{
	char *settings[] = { (char *)"mode", (char *)"nat", (char *)"subnet",
		(char *)DEFAULT_SUBNET, (char *)"ipv6", (char *)"none", (char *)"by-hand",
		(char *)"yes", NULL };
	int r = vsb_network_create(DOMAIN_NETWORK_STORED, settings, ret_error);

	if (r == -EEXIST && ret_error) /* somebody else was faster */
		*ret_error = error_free(*ret_error);
	return r == -EEXIST ? 0 : r;
}

/* Empty files that say something of a network by being there. */
typedef enum Mark {
	MARK_STOPPED, /* no domain starts on it until the next boot of the host */
	MARK_STARTED, /* one that does not start by itself was started, until the next boot of the host */
	MARK_MANUAL, /* it does not: for good */
} Mark;

static char *mark_path(const char *name, Mark mark)
{
	static const struct {
		LayoutPlace place;
		const char *folder;
	} places[] = { { LAYOUT_RUN, ".networks" }, { LAYOUT_RUN, ".networks-started" },
		{ LAYOUT_RESERVATIONS, "manual-networks" } };

	return layout_pathf(
		places[mark].place, "%s/%s", places[mark].folder, domain_network_name(name));
}

static bool has_mark(const char *name, Mark mark)
{
	_cleanup_free_ char *path = mark_path(name, mark);

	return !path || file_exists(path);
}

static int set_mark(const char *name, Mark mark, bool on, Error **ret_error)
{
	_cleanup_free_ char *path = mark_path(name, mark);
	int r;

	if (!path)
		return error_oom(ret_error);
	if (!on)
		return unlink(path) < 0 && errno != ENOENT
			       ? error_errno(ret_error, errno, "cannot remove %s", path)
			       : 0;
	r = file_mkdir_parent(path, ret_error);
	return r < 0 ? r : file_write_unsynced(path, "", 0, 0600, ret_error);
}

static bool is_stopped(const char *name)
{
	return has_mark(name, MARK_STOPPED) ||
	       (has_mark(name, MARK_MANUAL) && !has_mark(name, MARK_STARTED));
}

static int set_stopped(const char *name, bool stopped, Error **ret_error)
{
	int r = set_mark(name, MARK_STARTED, !stopped && has_mark(name, MARK_MANUAL), ret_error);

	return r < 0 ? r : set_mark(name, MARK_STOPPED, stopped, ret_error);
}

static int ensure_one(const DomainInterface *interface, Error **ret_error)
{
	const char *name = domain_network_name(interface->source);
	Network network;
	int r = network_load(name, &network, NULL);

	if (r == -ENOENT && strcmp(interface->source, DOMAIN_NETWORK_DEFAULT) == 0)
		return make_default(ret_error);
	if (r == -ENOENT)
		return error_set(ret_error, ENOENT,
			"line %u: Network not found: no network with matching name '%s'",
			interface->node->line, interface->source);
	if (r < 0)
		return network_load(name, &network, ret_error);
	return is_stopped(interface->source) ? error_set(ret_error, ENETDOWN,
						       "line %u: Requested operation is not valid: "
						       "network '%s' is not active",
						       interface->node->line, interface->source)
					     : 0;
}

int domain_networks_ensure(const Domain *domain, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < domain->n_interfaces; i++)
		if (domain->interfaces[i].type == DOMAIN_INTERFACE_NETWORK)
			r = ensure_one(&domain->interfaces[i], ret_error);
	return r;
}

/* -- net-*: libvirt's words over the store -- */

static int not_there(const char *name, Error **ret_error)
{
	return error_set(ret_error, ENOENT, "failed to get network '%s'", name);
}

/* libvirt's default one is always there. */
static int load(const char *name, Network *ret, Error **ret_error)
{
	int r = sandbox_begin(ret_error);

	if (r == 0)
		r = network_load(domain_network_name(name), ret, NULL);
	if (r == -ENOENT && strcmp(name, DOMAIN_NETWORK_DEFAULT) == 0) {
		r = make_default(ret_error);
		return r < 0 ? r : network_load(DOMAIN_NETWORK_STORED, ret, ret_error);
	}
	return r < 0 ? not_there(name, ret_error) : 0;
}

PUBLIC int vsb_domain_network_list(char ***ret, vsb_error **error)
{
	_cleanup_strv_ char **names = NULL, **stored = NULL;
	int r = vsb_network_list(&stored, error);

	if (r < 0)
		return r;
	if (strv_append(&names, DOMAIN_NETWORK_DEFAULT) < 0)
		return error_oom(error);
	STRV_FOREACH (name, stored)
		if (strcmp(*name, DOMAIN_NETWORK_DEFAULT) != 0 &&
			strcmp(*name, DOMAIN_NETWORK_STORED) != 0 && strv_append(&names, *name) < 0)
			return error_oom(error);
	*ret = TAKE_PTR(names);
	return 0;
}

/* The same for a name always: a keyfile has none. */
static int make_uuid(const char *name, char **ret, Error **ret_error)
{
	uint64_t high = hash_bytes_64(HASH_START_64, name, strlen(name)),
		 low = hash_bytes_64(high, name, strlen(name));

	return asprintf(ret, "%08x-%04x-5%03x-8%03x-%012llx", (unsigned int)(high >> 32),
		       (unsigned int)(high >> 16) & 0xffff, (unsigned int)high & 0xfff,
		       (unsigned int)(low >> 48) & 0xfff,
		       (unsigned long long)(low & 0xffffffffffffULL)) < 0
		       ? error_oom(ret_error)
		       : 0;
}

PUBLIC int vsb_domain_network_get(
	const char *name, const char *property, char **ret, vsb_error **error)
{
	Network network;
	int r = load(name, &network, error);

	if (r < 0)
		return r;
	if (strcmp(property, "uuid") == 0)
		return make_uuid(name, ret, error);
	if (strcmp(property, "autostart") == 0) {
		*ret = strdup(has_mark(name, MARK_MANUAL) ? "no" : "yes");
		return *ret ? 0 : error_oom(error);
	}
	if (strcmp(property, "leases") == 0)
		return network_server_leases(&network, ret, error);
	if (strcmp(property, "active") != 0)
		return vsb_network_get(domain_network_name(name), property, ret, error);
	*ret = strdup(is_stopped(name) ? "no" : "yes");
	return *ret ? 0 : error_oom(error);
}

static void put_ip(Buf *buf, const Network *network)
{
	struct in_addr mask = { htonl(~((1u << (32 - network->subnet.prefix)) - 1)) };
	char text[INET_ADDRSTRLEN] = "", gateway[IPV4_TEXT_SIZE], first[IPV4_TEXT_SIZE],
	     last[IPV4_TEXT_SIZE];

	ipv4_format(subnet_gateway(network->subnet), 0, gateway);
	(void)inet_ntop(AF_INET, &mask, text, sizeof(text)); /* it fits */
	buf_printf(buf, "  <ip address='%s' netmask='%s'>\n", gateway, text);
	if (network->first) {
		ipv4_format(network->first, 0, first);
		ipv4_format(network->last, 0, last);
		buf_printf(buf, "    <dhcp>\n      <range start='%s' end='%s'/>\n    </dhcp>\n",
			first, last);
	}
	buf_puts(buf, "  </ip>\n");
}

PUBLIC int vsb_domain_network_xml(const char *name, char **ret, vsb_error **error)
{
	static const char *const modes[_NETWORK_MODE_MAX] = {
		[NETWORK_NAT] = "nat", [NETWORK_ROUTED] = "route"
	};
	_cleanup_free_ char *uuid = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	Network network;
	int r = load(name, &network, error);

	if (r == 0)
		r = make_uuid(name, &uuid, error);
	if (r < 0)
		return r;
	buf_printf(&buf, "<network>\n  <name>%s</name>\n  <uuid>%s</uuid>\n", name, uuid);
	if (modes[network.mode])
		buf_printf(&buf, "  <forward mode='%s'/>\n", modes[network.mode]);
	buf_printf(&buf, "  <bridge name='%s'/>\n", network.bridge);
	put_ip(&buf, &network);
	buf_puts(&buf, "</network>\n");
	return buf_take(&buf, ret, error);
}

PUBLIC int vsb_domain_network_define(const char *xml, char **ret_name, vsb_error **error)
{
	_cleanup_strv_ char **settings = NULL;
	_cleanup_free_ char *name = NULL;
	int r = sandbox_begin_work(error);

	if (r == 0)
		r = domain_network_settings(xml, strlen(xml), &name, &settings, error);
	if (r == 0)
		r = vsb_network_create(domain_network_name(name), settings, error);
	if (r == 0)
		r = set_mark(name, MARK_MANUAL, true, error);
	if (r == 0)
		r = set_stopped(name, true, error);
	if (r == 0)
		*ret_name = TAKE_PTR(name);
	return r;
}

PUBLIC int vsb_domain_network_undefine(const char *name, vsb_error **error)
{
	Network network;
	int r = load(name, &network, error);

	if (r == 0)
		r = vsb_network_delete(domain_network_name(name), error);
	if (r == 0)
		r = set_mark(name, MARK_MANUAL, false, error);
	return r < 0 ? r : set_stopped(name, false, error);
}

PUBLIC int vsb_domain_network_autostart(const char *name, bool on, vsb_error **error)
{
	Network network;
	int r = load(name, &network, error);
	bool stopped = r == 0 && is_stopped(name);

	if (r == 0)
		r = set_mark(name, MARK_MANUAL, !on, error);
	return r < 0 ? r : set_stopped(name, stopped, error); /* now it is as it was */
}

/* Its bridge comes with the first domain, and goes with the last. */
PUBLIC int vsb_domain_network_start(const char *name, vsb_error **error)
{
	Network network;
	int r = load(name, &network, error);

	if (r == 0 && !is_stopped(name))
		r = error_set(error, EALREADY,
			"Requested operation is not valid: network is already active");
	return r < 0 ? r : set_stopped(name, false, error);
}

PUBLIC int vsb_domain_network_stop(const char *name, vsb_error **error)
{
	_cleanup_free_ char *used = NULL;
	Network network;
	int r = load(name, &network, error);

	if (r == 0 && is_stopped(name))
		r = error_set(error, ENOTCONN,
			"Requested operation is not valid: network '%s' is not active", name);
	if (r == 0)
		r = vsb_network_get(domain_network_name(name), "active", &used, error);
	if (r == 0 && strcmp(used, "true") == 0)
		r = error_set(error, EBUSY,
			"Requested operation is not valid: domains run on network '%s'; stop them "
			"first",
			name);
	return r < 0 ? r : set_stopped(name, true, error);
}
