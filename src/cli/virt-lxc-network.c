/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Networking: the networks that domains name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/virt-lxc.h"

#define UUID_SIZE 36 /* characters */

static char *get(const char *name, const char *property)
{
	_cleanup_error_ vsb_error *error = NULL;
	char *value = NULL;

	if (vsb_domain_network_get(name, property, &value, &error) < 0)
		(void)virt_fail_error(error);
	return value;
}

/* The name and the uuid of the network that <network> means, by either. NULL: it said why not. */
static char *named(const VirtArgs *args, char **ret_uuid)
{
	const char *word = virt_value(args, "network");
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_strv_ char **names = NULL;

	*ret_uuid = NULL;
	if (strlen(word) == UUID_SIZE && vsb_domain_network_list(&names, &error) < 0)
		(void)virt_fail_error(error);
	for (char **name = names; name && *name; name++) {
		*ret_uuid = get(*name, "uuid");
		if (*ret_uuid && strcasecmp(*ret_uuid, word) == 0)
			return strdup(*name);
		vsb_free(*ret_uuid);
		*ret_uuid = NULL;
	}
	if (!error)
		*ret_uuid = get(word, "uuid");
	return *ret_uuid ? strdup(word) : NULL;
}

static bool run_list(VirtShell *shell, const VirtArgs *args)
{
	static const char *const titles[] = { "Name", "State", "Autostart", "Persistent" };
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_strv_ char **names = NULL;
	bool given = virt_has(args, "autostart") || virt_has(args, "no-autostart");
	bool lines = virt_has(args, "name") || virt_has(args, "uuid");
	VirtTable table = { 0 };

	if (vsb_domain_network_list(&names, &error) < 0)
		return virt_failed(error, "Failed to list networks");
	if (!lines)
		virt_table_begin(&table, 4, titles);
	for (char **name = names; *name; name++) {
		_cleanup_text_ char *active = get(*name, "active"), *uuid = get(*name, "uuid"),
				    *automatic = get(*name, "autostart");
		bool runs = active && strcmp(active, "yes") == 0;
		const char *const cells[] = { *name, runs ? "active" : "inactive", automatic,
			"yes" };

		if (!active || !automatic || !uuid ||
			(!virt_has(args, "all") && runs == virt_has(args, "inactive")) ||
			(given && !virt_has(args,
					  *automatic == 'y' ? "autostart" : "no-autostart")) ||
			/* Each has a document. */
			(virt_has(args, "transient") && !virt_has(args, "persistent")))
			continue;
		if (lines)
			virt_say("%s\n", virt_has(args, "name") ? *name : uuid);
		else
			virt_table_add(&table, cells);
	}
	return lines || virt_table_end(&table, shell);
}

static bool run_define(VirtShell *shell, const VirtArgs *args)
{
	const char *path = virt_value(args, "file");
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *xml = virt_read(path), *name = NULL;

	if (!xml)
		return false;
	if (vsb_domain_network_define(xml, &name, &error) < 0)
		return virt_failed(error, "Failed to define network from %s", path);
	virt_extra(shell, "Network %s defined from %s\n", name, path);
	return true;
}

static bool act(VirtShell *shell, const VirtArgs *args, const char *verb, const char *done,
	int (*deed)(const char *name, vsb_error **error))
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *uuid = NULL, *name = named(args, &uuid);

	if (!name)
		return false;
	if (deed(name, &error) < 0)
		return virt_failed(error, "Failed to %s network %s", verb, name);
	virt_extra(shell, "Network %s %s\n", name, done);
	return true;
}

static bool run_start(VirtShell *shell, const VirtArgs *args)
{
	return act(shell, args, "start", "started", vsb_domain_network_start);
}

static bool run_destroy(VirtShell *shell, const VirtArgs *args)
{
	return act(shell, args, "destroy", "destroyed", vsb_domain_network_stop);
}

static bool run_undefine(VirtShell *shell, const VirtArgs *args)
{
	return act(shell, args, "undefine", "has been undefined", vsb_domain_network_undefine);
}

static bool run_autostart(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *uuid = NULL, *name = named(args, &uuid);
	bool off = virt_has(args, "disable");

	if (!name)
		return false;
	if (vsb_domain_network_autostart(name, !off, &error) < 0)
		return virt_failed(error, "failed to %s network %s as autostarted",
			off ? "unmark" : "mark", name);
	virt_extra(shell, "Network %s %s as autostarted\n", name, off ? "unmarked" : "marked");
	return true;
}

static bool run_dumpxml(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *uuid = NULL, *name = named(args, &uuid), *xml = NULL;

	(void)shell;
	if (!name)
		return false;
	if (vsb_domain_network_xml(name, &xml, &error) < 0)
		return virt_fail_error(error);
	virt_say("%s", xml);
	return true;
}

static bool run_info(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_text_ char *uuid = NULL, *name = named(args, &uuid),
			    *active = name ? get(name, "active") : NULL,
			    *bridge = active ? get(name, "bridge") : NULL,
			    *automatic = bridge ? get(name, "autostart") : NULL;

	(void)shell;
	if (!automatic)
		return false;
	virt_say("%-15s %s\n%-15s %s\n%-15s %s\n", "Name:", name, "UUID:", uuid, "Active:", active);
	virt_say("%-15s yes\n%-15s %s\n%-15s %s\n", "Persistent:", "Autostart:", automatic,
		"Bridge:", bridge);
	return true;
}

static bool run_name(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_text_ char *uuid = NULL, *name = named(args, &uuid);

	(void)shell;
	if (name)
		virt_say("%s\n", name);
	return name != NULL;
}

static bool run_uuid(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_text_ char *uuid = NULL, *name = named(args, &uuid);

	(void)shell;
	if (name)
		virt_say("%s\n", uuid);
	return name != NULL;
}

static void add_lease(VirtTable *table, const char *line, const char *mac)
{
	char end[24], has[18], address[46], name[256], client[512], when[32] = "-";
	char with_prefix[sizeof(address) + 4];
	const char *const cells[] = { when, has, "ipv4", with_prefix, name, client };
	long long seconds;
	struct tm tm;
	time_t time;

	if (sscanf(line, "%23s %17s %45s %255s %511s", end, has, address, name, client) != 5 ||
		sscanf(end, "%lld", &seconds) != 1 || (mac && strcasecmp(mac, has) != 0))
		return;
	time = (time_t)seconds;
	if (localtime_r(&time, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(with_prefix, sizeof(with_prefix), "%s/32", address);
	if (strcmp(name, "*") == 0)
		*name = '-';
	if (strcmp(client, "*") == 0)
		*client = '-';
	virt_table_add(table, cells);
}

static bool run_dhcp_leases(VirtShell *shell, const VirtArgs *args)
{
	static const char *const titles[] = { "Expiry Time", "MAC address", "Protocol",
		"IP address", "Hostname", "Client ID or DUID" };
	_cleanup_text_ char *uuid = NULL, *name = named(args, &uuid),
			    *leases = name ? get(name, "leases") : NULL;
	VirtTable table = { 0 };

	if (!leases)
		return false;
	virt_table_begin(&table, 6, titles);
	for (const char *line = leases; *line; line += strcspn(line, "\n"), line += *line == '\n')
		add_lease(&table, line, virt_value(args, "mac"));
	return virt_table_end(&table, shell);
}

#define OPTION_NETWORK                                                                             \
	{                                                                                          \
		"network", VIRT_DATA, "network name or uuid"                                       \
	}

static const VirtOption list_options[] = {
	{ "inactive", VIRT_BOOL, "list inactive networks" },
	{ "all", VIRT_BOOL, "list inactive & active networks" },
	{ "persistent", VIRT_BOOL, "list persistent networks" },
	{ "transient", VIRT_BOOL, "list transient networks: there are none" },
	{ "autostart", VIRT_BOOL, "list networks with autostart enabled" },
	{ "no-autostart", VIRT_BOOL, "list networks with autostart disabled" },
	{ "uuid", VIRT_BOOL, "list uuid's only" },
	{ "name", VIRT_BOOL, "list network names only" },
	{ "table", VIRT_BOOL, "list table (default)" },
	{},
};
static const VirtOption define_options[] = {
	{ "file", VIRT_DATA, "file containing an XML network description" }, {}
};
static const VirtOption network_options[] = { OPTION_NETWORK, {} };
static const VirtOption dumpxml_options[] = { OPTION_NETWORK,
	{ "inactive", VIRT_BOOL, "accepted: it is the same document" }, {} };
static const VirtOption autostart_options[] = { OPTION_NETWORK,
	{ "disable", VIRT_BOOL, "disable autostarting" }, {} };
static const VirtOption leases_options[] = { OPTION_NETWORK, { "mac", VIRT_STRING, "MAC address" },
	{} };

const VirtCommand virt_network_commands[] = {
	{ "net-autostart", "autostart a network", autostart_options, run_autostart,
		.changes = VIRT_CHANGES },
	{ "net-define", "define a network from an XML file", define_options, run_define,
		.changes = VIRT_CHANGES },
	{ "net-destroy", "destroy (stop) a network", network_options, run_destroy,
		.changes = VIRT_CHANGES },
	{ "net-dhcp-leases", "print lease info for a given network", leases_options,
		run_dhcp_leases },
	{ "net-dumpxml", "network information in XML", dumpxml_options, run_dumpxml },
	{ "net-info", "network information", network_options, run_info },
	{ "net-list", "list networks", list_options, run_list },
	{ "net-name", "convert a network UUID to network name", network_options, run_name },
	{ "net-start", "start a (previously defined) inactive network", network_options, run_start,
		.changes = VIRT_CHANGES },
	{ "net-undefine", "undefine a network", network_options, run_undefine,
		.changes = VIRT_CHANGES },
	{ "net-uuid", "convert a network name to network UUID", network_options, run_uuid },
	{},
};
