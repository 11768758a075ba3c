/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Variables of the container. systemd gives its units a clean environment: nothing of its own gets through to them.
 */

#include "base/buf.h"
#include "base/strv.h"
#include "plan/rules.h"

#define DROP_IN "/etc/systemd/system.conf.d/50-virt-sandbox-environment.conf"

/* systemd.syntax(7): in quotes, escaped as in C; '%' begins a specifier. A byte that is no character of a line is written as a number. */
static void append_quoted(Buf *buf, const char *text)
{
	buf_puts(buf, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f)
			buf_printf(buf, "\\x%02x", c);
		else if (c == '%')
			buf_puts(buf, "%%");
		else
			buf_printf(buf, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
	}
	buf_puts(buf, "\"");
}

/* For root alone to read: it may be a password. */
void rule_environment(PlanBuild *build)
{
	_cleanup_buf_ Buf text = { 0 };
	_cleanup_free_ char *content = NULL;

	if (strv_length(build->desc->environment) == 0)
		return;
	buf_puts(&text, "[Manager]\nDefaultEnvironment=");
	STRV_FOREACH (variable, build->desc->environment) {
		append_quoted(&text, *variable);
		buf_puts(&text, " ");
	}
	buf_puts(&text, "\n");
	if (buf_take(&text, &content, NULL) < 0)
		build->failed = true;
	else
		build_file(build, DROP_IN, 0600, content, "asked for with -e");
}
