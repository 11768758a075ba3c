/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses by DHCP: the systemd inside asks for them, and nothing that was asked for starts without.
 */
#include <stdio.h>

#include "base/buf.h"
#include "desc/desc.h"
#include "plan/rules.h"

#define SYSTEM "/etc/systemd/system"
#define WAIT_UNIT DESC_DHCP_UNIT
#define WAIT_SECONDS 30

/* By its MAC address, which is the container's for good, and without what would rename or set the clock of the container. */
static const char network[] =
	"[Match]\nName=%s\n\n[Network]\nDHCP=ipv4\nLLDP=no\n\n"
	"[DHCPv4]\nClientIdentifier=mac\nUseHostname=no\nUseTimezone=no\nUseNTP=no\n";

static const char waiting[] =
	"[Unit]\nDescription=Addresses by DHCP\nDefaultDependencies=no\n"
	"Requires=systemd-networkd.service\nAfter=systemd-networkd.service\n"
	"Before=network-online.target\n\n"
	"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecReload=/bin/true\nTimeoutStartSec=%d\n"
	"ExecStart=/bin/sh -c '/usr/lib/systemd/systemd-networkd-wait-online -q --ipv4 "
	"--timeout=%d%s || { echo \"no DHCP server has answered on%s within %d "
	"seconds\"; exit 1; }'\n";

static void add_waiting(PlanBuild *build, const char *options, const char *names)
{
	char text[2048];

	if (snprintf(text, sizeof(text), waiting, WAIT_SECONDS + 30, WAIT_SECONDS, options, names,
		    WAIT_SECONDS) < (int)sizeof(text))
		build_file(build, SYSTEM "/" WAIT_UNIT, 0644, text, "waits for addresses by DHCP");
	else
		build->failed = true;
}

/* Each unit that was asked for waits, whatever it says of the network. */
static void add_drop_ins(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units; i++) {
		char path[512];

		if (build->facts->units[i].asked &&
			snprintf(path, sizeof(path), SYSTEM "/%s.d/50-virt-sandbox-dhcp.conf",
				build->facts->units[i].name) < (int)sizeof(path))
			build_file(build, path, 0644,
				"[Unit]\nRequires=" WAIT_UNIT "\nAfter=" WAIT_UNIT "\n",
				"starts with an address");
	}
}

void rule_dhcp(PlanBuild *build)
{
	_cleanup_buf_ Buf options = { 0 }, names = { 0 };
	_cleanup_free_ char *option_text = NULL, *name_text = NULL;
	char text[512], path[64], link[16];

	if (!desc_runs_networkd(build->desc))
		return;
	for (size_t i = 0; i < build->desc->n_networks; i++) {
		if (!desc_network_asks(&build->desc->networks[i]))
			continue;
		(void)snprintf(link, sizeof(link), "eth%zu", i % 100);
		(void)snprintf(path, sizeof(path), "/etc/systemd/network/10-%s.network", link);
		(void)snprintf(text, sizeof(text), network, link);
		build_file(build, path, 0644, text, "an address by DHCP");
		buf_printf(&options, " --interface=%s", link);
		buf_printf(&names, "%s %s", names.size > 0 ? "," : "", link);
	}
	if (buf_take(&options, &option_text, NULL) < 0 || buf_take(&names, &name_text, NULL) < 0) {
		build->failed = true;
		return;
	}
	build_account(build, "systemd-network");
	add_waiting(build, option_text, name_text);
	add_drop_ins(build);
}
