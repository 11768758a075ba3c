/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * uri, version, hostname, nodeinfo and capabilities: what virt-lxc says of itself and of the host.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/virt-lxc.h"

static bool run_uri(VirtShell *shell, const VirtArgs *args)
{
	(void)args;
	virt_say("%s\n", shell->uri);
	return true;
}

static bool run_hostname(VirtShell *shell, const VirtArgs *args)
{
	char name[256] = "";

	(void)shell, (void)args;
	if (gethostname(name, sizeof(name) - 1) < 0)
		return virt_fail("failed to get hostname");
	virt_say("%s\n", name);
	return true;
}

/* Its hypervisor is the kernel. */
static bool run_version(VirtShell *shell, const VirtArgs *args)
{
	struct utsname host;
	unsigned int major = 0, minor = 0, patch = 0;

	(void)shell;
	if (uname(&host) < 0)
		return virt_fail("failed to get the hypervisor version");
	(void)sscanf(host.release, "%u.%u.%u", &major, &minor, &patch);
	virt_say("Compiled against library: libvsandbox %s\n", vsb_version());
	virt_say(
		"Using library: libvsandbox %s\nUsing API: LXC %s\n", vsb_version(), vsb_version());
	virt_say("Running hypervisor: LXC %u.%u.%u\n", major, minor, patch);
	if (virt_has(args, "daemon")) /* there is none: the library does it */
		virt_say("Running against daemon: %s\n", vsb_version());
	return true;
}

static bool run_nodeinfo(VirtShell *shell, const VirtArgs *args)
{
	static const struct {
		const char *title, *key, *unit;
	} rows[] = {
		{ "CPU model:", "cpu-model", "" },
		{ "CPU(s):", "cpus", "" },
		{ "CPU frequency:", "cpu-frequency", " MHz" },
		{ "CPU socket(s):", "sockets", "" },
		{ "Core(s) per socket:", "cores", "" },
		{ "Thread(s) per core:", "threads", "" },
		{ "NUMA cell(s):", "cells", "" },
		{ "Memory size:", "memory", " KiB" },
	};

	(void)shell, (void)args;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_error_ vsb_error *error = NULL;
		_cleanup_text_ char *value = NULL;

		if (vsb_node_get(rows[i].key, &value, &error) < 0)
			return virt_failed(error, "failed to get node information");
		virt_say("%-20s %s%s\n", rows[i].title, value, rows[i].unit);
	}
	return true;
}

static bool run_capabilities(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_text_ char *xml = NULL;

	(void)shell, (void)args;
	if (vsb_node_get("capabilities", &xml, &error) < 0)
		return virt_failed(error, "failed to get capabilities");
	virt_say("%s\n", xml);
	return true;
}

static const VirtOption no_options[] = { {} };
static const VirtOption version_options[] = { { "daemon", VIRT_BOOL, "report daemon version too" },
	{} };

const VirtCommand virt_host_commands[] = {
	{ "capabilities", "capabilities", no_options, run_capabilities },
	{ "hostname", "print the hypervisor hostname", no_options, run_hostname },
	{ "nodeinfo", "node information", no_options, run_nodeinfo },
	{ "uri", "print the hypervisor canonical URI", no_options, run_uri },
	{ "version", "show version", version_options, run_version },
	{},
};
