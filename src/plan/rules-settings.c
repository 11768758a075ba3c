/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host's units live by beside their own directives: defaults of its system manager, and kernel settings of the namespaces that a
 * container has of its own.
 */
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "plan/rules.h"

/* Before the one of -e: who asks for a variable has the last word. For root alone: a variable may be a password. */
#define DROP_IN "/etc/systemd/system.conf.d/40-virt-sandbox-host.conf"

static void manager_settings(PlanBuild *build)
{
	_cleanup_buf_ Buf text = { 0 };
	_cleanup_free_ char *content = NULL;

	if (!build->facts->manager_settings || desc_is_direct(build->desc))
		return;
	buf_puts(&text, "[Manager]\n");
	STRV_FOREACH (setting, build->facts->manager_settings)
		buf_printf(&text, "%s\n", *setting);
	if (buf_take(&text, &content, NULL) < 0)
		build->failed = true;
	else
		build_file(build, DROP_IN, 0600, content, "defaults of the host's system manager");
}

void rule_settings(PlanBuild *build)
{
	manager_settings(build);
	STRV_FOREACH (sysctl, build->facts->sysctls)
		if ((strncmp(*sysctl, "net.", 4) != 0 || desc_has_private_net(build->desc)) &&
			strv_append(&build->plan->sysctls, *sysctl) < 0)
			build->failed = true;
}
