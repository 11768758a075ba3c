/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * network: named networks, and who uses them.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/resolver.h"
#include "base/strv.h"
#include "engine/start/network-server.h"
#include "identity/wishes.h"
#include "net/net.h"
#include "net/network-store.h"
#include "sandbox/create-notes.h"
#include "sandbox/compile.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"

static int set_all(Network *network, char *const *settings, Error **ret_error)
{
	bool automatic = true;
	int r = 0;

	for (; r == 0 && settings && settings[0]; settings += 2) {
		const char *value = settings[1] ? settings[1] : "";

		if (strcmp(settings[0], "bridge") == 0)
			return error_set(ret_error, EINVAL, "bridge: is chosen, not given");
		if (strcmp(settings[0], "ipv6") == 0)
			automatic = strcmp(value, "auto") == 0;
		if (strcmp(settings[0], "ipv6") != 0 || !automatic)
			r = network_set(network, settings[0], value, ret_error);
		if (!settings[1])
			break;
	}
	if (r == 0 && (network->dhcp || network->dns))
		r = network_server_need(ret_error);
	/* What a router outside does not know would lead nowhere. */
	if (r == 0 && automatic && network->mode != NETWORK_ROUTED)
		r = network_choose_prefix6(&network->prefix6, ret_error);
	return r;
}

PUBLIC int vsb_network_create(const char *name, char **settings, vsb_error **error)
{
	Network network = { .mode = NETWORK_NAT };
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = sandbox_begin(error);

	if (r == 0)
		r = network_check_name(name, error);
	if (r < 0)
		return r;
	(void)snprintf(network.name, sizeof(network.name), "%s", name);
	r = set_all(&network, settings, error);
	if (r == 0)
		r = network_store_lock(&lock_fd, error);
	if (r == 0)
		r = network_store_add(&network, error);
	return r < 0 ? error_wrap(error, "cannot create network %s", name) : 0;
}

static bool uses(const Desc *desc, const char *name)
{
	bool is_default = strcmp(name, NETWORK_DEFAULT) == 0;

	for (size_t i = 0; i < desc->n_networks; i++)
		if (is_default ? desc->networks[i].type == DESC_NETWORK_DEFAULT
			       : desc->networks[i].type == DESC_NETWORK_NAMED &&
					 strcmp(desc->networks[i].source, name) == 0)
			return true;
	return false;
}

/* A description that cannot be read uses it perhaps: the caller decides what that means. */
static int find_users(const char *name, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL, **users = NULL;
	int r = registry_names(&names, ret_error);

	STRV_FOREACH (container, names) {
		_cleanup_container_ Container c = {};

		if (r == 0 && registry_describe(*container, &c, NULL) == 0 && uses(c.desc, name) &&
			strv_append(&users, *container) < 0)
			r = error_oom(ret_error);
	}
	if (r == 0)
		*ret = TAKE_PTR(users);
	return r;
}

static int load(const char *name, Network *ret, Error **ret_error)
{
	int r = sandbox_begin(ret_error);

	return r < 0 ? r : network_load(name, ret, ret_error);
}

PUBLIC int vsb_network_delete(const char *name, vsb_error **error)
{
	_cleanup_fd_ int lock_fd = -EBADF;
	_cleanup_strv_ char **users = NULL;
	Network network;
	int r = load(name, &network, error);

	if (r == 0 && strcmp(name, NETWORK_DEFAULT) == 0)
		return error_set(error, EINVAL,
			"the default network cannot be deleted; it goes with the last container "
			"that runs on it");
	if (r == 0)
		r = network_store_lock(&lock_fd, error);
	if (r == 0)
		r = find_users(name, &users, error);
	if (r == 0 && users)
		return error_set(error, EBUSY,
			"network %s is used by container %s; change or delete that first", name,
			users[0]);
	if (r == 0 && network_store_is_active(&network))
		return error_set(error, EBUSY,
			"network %s is in use: containers run on its bridge %s; stop them first",
			name, network.bridge);
	return r < 0 ? r : network_store_remove(name, error);
}

PUBLIC int vsb_network_list(char ***ret, vsb_error **error)
{
	_cleanup_free_ char *addresses = layout_pathf(LAYOUT_RESERVATIONS, "addresses");
	_cleanup_strv_ char **names = NULL, **all = NULL;
	int r = sandbox_begin(error);

	if (r == 0)
		r = network_store_names(&names, error);
	if (r < 0)
		return r;
	if (!addresses || (file_exists(addresses) && strv_append(&all, NETWORK_DEFAULT) < 0))
		return error_oom(error);
	STRV_FOREACH (name, names)
		if (strv_append(&all, *name) < 0)
			return error_oom(error);
	*ret = TAKE_PTR(all);
	return 0;
}

/* What names it does not find for is better told before somebody waits. */
static int warn_of_resolver(const Desc *desc, char ***lines, Error **ret_error)
{
	_cleanup_fd_ int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ char **own = NULL;
	_cleanup_free_ char *path = NULL;
	bool local;
	int r;

	if (compile_resolver_lines(desc, &own) < 0)
		return error_oom(ret_error);
	if (desc->dns || !desc_has_links(desc) || (own && strncmp(own[0], "search", 6) != 0))
		return 0;
	r = fd < 0 ? -errno : resolver_find(fd, &path, &local);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read /etc/resolv.conf");
	return path && local &&
			       strv_appendf(lines,
				       "%s names only name servers on the host's loopback interface, which the "
				       "container does not reach: name another one with "
				       "virt-sandbox-service set --dns ADDRESS %s",
				       path, desc->name) < 0
		       ? error_oom(ret_error)
		       : 0;
}

PUBLIC int vsb_network_warnings(const char *container, char ***ret, vsb_error **error)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_container_ Container c = {};
	LinkWishes wishes;
	int r = sandbox_begin_look(container, &c, NULL, error);

	if (r < 0)
		return r;
	wish_links(c.desc, c.identity, &wishes);
	r = net_warn(wishes.links, wishes.n, &lines, error);
	if (r == 0)
		r = warn_of_resolver(c.desc, &lines, error);
	if (r == 0)
		r = closed_siblings(c.desc, &lines, error);
	if (r == 0)
		*ret = TAKE_PTR(lines);
	return r;
}

static void put_address6(Buf *buf, const IpAddress *ip, bool with_prefix)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (ip->family != AF_INET6)
		return;
	(void)inet_ntop(AF_INET6, ip->bytes, text, sizeof(text)); /* it fits */
	buf_puts(buf, text);
	if (with_prefix)
		buf_printf(buf, "/%u", ip->prefix);
}

static void put_mode(Buf *buf, const Network *network)
{
	buf_puts(buf, network_mode_name(network->mode));
}

static void put_subnet(Buf *buf, const Network *network)
{
	char text[IPV4_TEXT_SIZE];

	ipv4_format(network->subnet.network, network->subnet.prefix, text);
	buf_puts(buf, text);
}

static void put_gateway(Buf *buf, const Network *network)
{
	char text[IPV4_TEXT_SIZE];

	ipv4_format(subnet_gateway(network->subnet), 0, text);
	buf_puts(buf, text);
}

static void put_prefix6(Buf *buf, const Network *network)
{
	put_address6(buf, &network->prefix6, true);
	buf_puts(buf, network->prefix6.family == AF_INET6 ? "" : "none");
}

static void put_gateway6(Buf *buf, const Network *network)
{
	const IpAddress gateway = network_gateway6(network);

	put_address6(buf, &gateway, false);
}

static void put_dhcp(Buf *buf, const Network *network)
{
	char first[IPV4_TEXT_SIZE], last[IPV4_TEXT_SIZE];

	ipv4_format(network->first, 0, first);
	ipv4_format(network->last, 0, last);
	if (network->first)
		buf_printf(buf, "%s-%s", first, last);
	else
		buf_puts(buf, network->dhcp ? "yes" : "none");
}

static void put_dns(Buf *buf, const Network *network)
{
	buf_puts(buf, network->dns ? "true" : "false");
}

static void put_bridge(Buf *buf, const Network *network)
{
	buf_puts(buf, network->bridge);
}

static void put_active(Buf *buf, const Network *network)
{
	buf_puts(buf, network_store_is_active(network) ? "true" : "false");
}

static const struct {
	const char *name;
	void (*put)(Buf *buf, const Network *network);
} properties[] = {
	{ "mode", put_mode },
	{ "subnet", put_subnet },
	{ "gateway", put_gateway },
	{ "ipv6", put_prefix6 },
	{ "gateway6", put_gateway6 },
	{ "bridge", put_bridge },
	{ "dhcp", put_dhcp },
	{ "dns", put_dns },
	{ "active", put_active },
};

static int get_users(const char *name, char **ret, Error **ret_error)
{
	_cleanup_strv_ char **users = NULL;
	int r = find_users(name, &users, ret_error);

	if (r < 0)
		return r;
	*ret = strv_join(users, " ");
	return *ret ? 0 : error_oom(ret_error);
}

PUBLIC int vsb_network_get(const char *name, const char *property, char **ret, vsb_error **error)
{
	_cleanup_buf_ Buf buf = { 0 };
	Network network;
	int r = load(name, &network, error);

	if (r < 0)
		return r;
	if (strcmp(property, "users") == 0)
		return get_users(name, ret, error);
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		if (strcmp(property, properties[i].name) != 0)
			continue;
		properties[i].put(&buf, &network);
		return buf_take(&buf, ret, error);
	}
	return error_set(error, ENOENT, "a network has no property \"%s\"", property);
}

PUBLIC int vsb_network_inspect(const char *name, char **ret_json, vsb_error **error)
{
	_cleanup_strv_ char **users = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	const char *separator = "";
	Network network;
	int r = load(name, &network, error);

	if (r == 0)
		r = find_users(name, &users, error);
	if (r < 0)
		return r;
	buf_puts(&buf, "{\n  \"name\": ");
	buf_json_string(&buf, name);
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		_cleanup_free_ char *value = NULL;
		_cleanup_buf_ Buf one = { 0 };
		bool plain = properties[i].put == put_active || properties[i].put == put_dns;

		properties[i].put(&one, &network);
		r = buf_take(&one, &value, error);
		if (r < 0)
			return r;
		buf_printf(&buf, ",\n  \"%s\": ", properties[i].name);
		if (plain)
			buf_puts(&buf, value);
		else if (*value && strcmp(value, "none") != 0)
			buf_json_string(&buf, value);
		else
			buf_puts(&buf, "null");
	}
	buf_puts(&buf, ",\n  \"users\": [");
	STRV_FOREACH (user, users) {
		buf_puts(&buf, separator);
		buf_json_string(&buf, *user);
		separator = ", ";
	}
	buf_puts(&buf, "]\n}\n");
	return buf_take(&buf, ret_json, error);
}
