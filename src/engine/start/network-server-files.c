/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/start/network-server-files.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
#define NAME_MAX_SIZE 63u /* RFC 1035 */
#define ACCOUNTS "root:x:0:0::/:/\n" /* whom it asks for */

char *server_path(const Server *server, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", server->place, name) < 0 ? NULL : path;
}

int server_write(const Server *server, const char *name, const char *text, Error **ret_error)
{
	_cleanup_free_ char *path = server_path(server, name), *new = server_path(server, "new");
	int r = path && new ? 0 : error_oom(ret_error);

	if (r == 0 && unlink(new) < 0 && errno != ENOENT)
		r = error_errno(ret_error, errno, "cannot remove %s", new);
	if (r == 0)
		r = file_write_unsynced(new, text, strlen(text), 0644, ret_error);
	return r == 0 && rename(new, path) < 0
		       ? error_errno(ret_error, errno, "cannot make %s", path)
		       : r;
}

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
		"dhcp-ignore=tag:!known\ndhcp-ignore-names\ndhcp-ignore-clid\n"
		/* Nothing but the host is beside a container; siblings are reached by way of it. */
		"dhcp-option=1,255.255.255.255\ndhcp-option=3%s%s\n"
		"dhcp-option=121,%s/32,0.0.0.0,%s,%s%s%s\ndhcp-option=6%s%s\n",
		bare, mask, NETWORK_DHCP_PORT, isolated ? "" : ",", isolated ? "" : gateway,
		gateway, subnet, gateway, isolated ? "" : ",0.0.0.0/0,", isolated ? "" : gateway,
		network->dns ? "," : "", network->dns ? gateway : "");
}

/* From an isolated network no question leads out either. */
int server_write_configuration(const Server *server, Error **ret_error)
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
		r = server_write(server, "etc/conf", text, ret_error);
	if (r == 0)
		r = server_write(server, "etc/passwd", ACCOUNTS, ret_error);
	return r < 0 ? r : server_write(server, "etc/group", "root:x:0:\n", ret_error);
}

/* It asks from the host's network, where a name server on the loopback interface is reached. */
int server_find_resolver(const Server *server, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = server_path(server, "etc/resolv.conf"), *now = NULL,
			    *before = NULL;
	int r = path ? file_read_optional("/etc/resolv.conf", &now, NULL, ret_error)
		     : error_oom(ret_error);

	if (r < 0 ||
		(file_read(path, &before, NULL, NULL) == 0 && strcmp(before, now ? now : "") == 0))
		return r < 0 ? r : 0;
	*ret = now ? TAKE_PTR(now) : strdup("");
	return *ret ? 1 : error_oom(ret_error);
}

int server_write_resolver(const Server *server, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = server_find_resolver(server, &text, ret_error);

	return r <= 0 ? r : server_write(server, "etc/resolv.conf", text, ret_error);
}

static bool is_name(const char *name, const char *others)
{
	size_t size = strlen(name);

	for (const char *at = name; *at; at++)
		if (!strchr(LETTERS, *at) && !strchr(others, *at))
			return false;
	return size > 0 && size <= NAME_MAX_SIZE;
}

/* The MAC address that an address belongs to. */
static int tell_station(const Server *server, const char *container, const Attachment *link,
	const char *address, bool *ret_other, Error **ret_error)
{
	/* What begins with a digit may be a time for it, and two words are orders. */
	const bool named = is_name(container, "") && (container[0] < '0' || container[0] > '9') &&
			   strcmp(container, "ignore") != 0 && strcmp(container, "infinite") != 0;
	char name[IPV4_TEXT_SIZE + sizeof("etc/stations/")], text[128];
	_cleanup_free_ char *before = NULL, *path = NULL;

	(void)snprintf(name, sizeof(name), "etc/stations/%s", address);
	(void)snprintf(text, sizeof(text), "%s,%s%s%s\n", link->mac, address, named ? "," : "",
		named ? container : "");
	path = server_path(server, name);
	if (!path)
		return error_oom(ret_error);
	if (file_read(path, &before, NULL, NULL) == 0) {
		if (strcmp(before, text) == 0)
			return 0;
		*ret_other = true;
	}
	return server_write(server, name, text, ret_error);
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
	if (ip_parse(address, &ip) == 0 && !network_ipv6_is_off())
		ip = network_address6(&server->network, ip_v4(&ip));
	if (ip.family == AF_INET6 && inet_ntop(AF_INET6, ip.bytes, text6, sizeof(text6)))
		buf_printf(&buf, "%s %s.sandbox %s\n", text6, container, container);
	r = buf_take(&buf, &text, ret_error);
	return r < 0 ? r : server_write(server, name, text, ret_error);
}

int server_tell(const Server *server, const char *container, const Attachment *link,
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

/* The names of the files are those of the links; who has a link made it before. */
void server_forget_dead(const Server *server)
{
	_cleanup_free_ char *path = server_path(server, "etc/names");
	_cleanup_dir_ DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && if_nametoindex(entry->d_name) == 0)
			(void)unlinkat(dirfd(dir), entry->d_name, 0); /* else the next one does */
}
