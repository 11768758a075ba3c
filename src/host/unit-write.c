/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of the host's units for a container.
 */
#include "host/unit-write.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/layout.h"
#include "base/strv.h"
#include "host/unit-name.h"

#define START_SECONDS                                                                              \
	300 /* a database that recovers takes its time; the supervisor ends a hopeless start itself */
#define STOP_SECONDS 120 /* more than the supervisor gives the inner systemd before it kills it */

/* Nothing restarts by itself here, so there is no loop to stop; an administrator may start and stop as often as he likes. */
#define NO_START_LIMIT "StartLimitIntervalSec=0\n"
#define RESTART_DELAY 1 /* seconds, where the description says nothing */
#define RESTART_LIMIT 5 /* starts ... */
#define RESTART_INTERVAL 60 /* ... within so many seconds */

static bool restarts(const Desc *desc)
{
	return desc->restart && strcmp(desc->restart, "no") != 0;
}

static unsigned long long or_default(uint64_t value, unsigned int otherwise)
{
	return value ? value : otherwise;
}

static void append_limit(Buf *buf, const Desc *desc)
{
	if (restarts(desc))
		buf_printf(buf, "StartLimitIntervalSec=%llu\nStartLimitBurst=%llu\n",
			or_default(desc->restart_interval, RESTART_INTERVAL),
			or_default(desc->restart_limit, RESTART_LIMIT));
	else
		buf_puts(buf, NO_START_LIMIT);
}

int unit_write_mark(const Desc *desc, char **ret, Error **ret_error)
{
	if (asprintf(ret,
		    "# Written by virt-sandbox for the container %s; \"virt-sandbox-service delete\" removes it.\n",
		    desc->name) < 0)
		return error_oom(ret_error);
	return 0;
}

/* A path as a value of a unit file (systemd.syntax(7)): in quotes, with specifiers and what ends a quote escaped. */
static void append_path(Buf *buf, const char *path)
{
	buf_puts(buf, "\"");
	for (; *path; path++) {
		if (*path == '%')
			buf_puts(buf, "%");
		else if (*path == '\\' || *path == '"')
			buf_puts(buf, "\\");
		buf_append(buf, path, 1);
	}
	buf_puts(buf, "\"");
}

/* "web@web1.service" of "web.service", "data@web1.service" of "data@15-main.service". */
static int append_aliases(char *const *units, const char *container, char ***ret, Error **ret_error)
{
	STRV_FOREACH (unit, units) {
		_cleanup_unit_name_ UnitName split = { 0 };
		_cleanup_free_ char *name = NULL;

		if (unit_name_split(*unit, &split) < 0)
			return error_set(ret_error, EINVAL,
				"\"%s\" is not the name of a systemd unit", *unit);
		if (asprintf(&name, "%s@%s.service", split.prefix, container) < 0) {
			name = NULL;
			return error_oom(ret_error);
		}
		if (strv_append_unique(ret, name) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

static void append_each(Buf *buf, const char *key, char *const *names)
{
	STRV_FOREACH (name, names)
		buf_printf(buf, "%s=%s\n", key, *name);
}

static void append_sandboxes(Buf *buf, const char *key, char *const *names)
{
	STRV_FOREACH (name, names)
		buf_printf(buf, "%s=%s_sandbox.service\n", key, *name);
}

static int sandbox_text(const Desc *desc, const Places *places, const char *mark,
	char *const *unit_aliases, char **ret, Error **ret_error)
{
	_cleanup_free_ char *supervisor = layout_program("virt-sandbox-supervisor");
	_cleanup_buf_ Buf buf = { 0 };

	if (!supervisor)
		return error_oom(ret_error);
	buf_printf(&buf, "%s[Unit]\nDescription=Secure Sandbox Container %s\n", mark, desc->name);
	buf_puts(&buf, "Documentation=man:virt-sandbox-service(1) man:virt-sandbox.sandbox(5)\n");
	buf_puts(&buf, "RequiresMountsFor=");
	append_path(&buf, places->image ? places->image : places->tree);
	if (desc->root && !desc_has_host_root(desc)) {
		buf_puts(&buf, " ");
		append_path(&buf, desc->root);
	}
	buf_puts(&buf, "\n");
	append_limit(&buf, desc);
	append_sandboxes(&buf, "Requires", desc->requires);
	append_sandboxes(&buf, "After", desc->requires);
	append_sandboxes(&buf, "After", desc->after);
	buf_puts(&buf, "Wants=network-online.target\nAfter=network.target network-online.target\n");
	append_each(&buf, "Wants", unit_aliases);
	append_each(&buf, "PartOf", unit_aliases);
	buf_puts(&buf, "\n[Service]\nType=notify\nNotifyAccess=main\nDelegate=yes\nExecStart=");
	append_path(&buf, supervisor);
	buf_printf(&buf, " %s\n", desc->name);
	if (desc->kind == DESC_SERVICE)
		buf_printf(
			&buf, "ExecReload=" BINDIR "/virt-sandbox-service reload %s\n", desc->name);
	if (restarts(desc))
		buf_printf(&buf, "Restart=%s\nRestartSec=%llu\n", desc->restart,
			or_default(desc->restart_delay, RESTART_DELAY));
	buf_printf(&buf, "KillMode=mixed\nTimeoutStartSec=%d\nTimeoutStopSec=%d\n", START_SECONDS,
		STOP_SECONDS);
	buf_puts(&buf, "\n[Install]\nWantedBy=multi-user.target\n");
	append_each(&buf, "Also", unit_aliases);
	return buf_take(&buf, ret, ret_error);
}

/* Jobs pass from one to the other by PartOf= and BindsTo=, without order between them: ordered after the sandbox the alias would also
 * be stopped before it, and "systemctl stop" of the alias would return while the container still runs. The alias's commands
 * wait for the sandbox's jobs instead: they join one of the same kind and give way to another (--job-mode=fail), so that a
 * restart is not cancelled by the stop that it begins with. It has the ordinary slice, because the one that systemd makes for the instances of a
 * template stays after the last of them. */
static int alias_text(
	const Desc *desc, const char *mark, const char *alias, char **ret, Error **ret_error)
{
	static const struct {
		const char *key, *verb;
	} verbs[] = { { "ExecStart=", "start" }, { "ExecStop=-", "stop" },
		{ "ExecReload=", "reload" } };
	_cleanup_buf_ Buf buf = { 0 };

	buf_printf(&buf, "%s[Unit]\nDescription=%.*s in Secure Sandbox Container %s\n", mark,
		(int)strcspn(alias, "@"), alias, desc->name);
	buf_puts(&buf, "Documentation=man:virt-sandbox-service(1)\n" NO_START_LIMIT);
	buf_printf(&buf, "BindsTo=%s_sandbox.service\n", desc->name);
	buf_puts(&buf, "\n[Service]\nType=oneshot\nRemainAfterExit=yes\nSlice=system.slice\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		buf_printf(&buf, "%ssystemctl --job-mode=fail %s %s_sandbox.service\n",
			verbs[i].key, verbs[i].verb, desc->name);
	buf_printf(&buf, "TimeoutSec=%d\n", START_SECONDS + STOP_SECONDS);
	buf_printf(&buf, "\n[Install]\nWantedBy=multi-user.target\nAlso=%s_sandbox.service\n",
		desc->name);
	return buf_take(&buf, ret, ret_error);
}

int unit_write(const Desc *desc, const Places *places, WrittenUnits *ret, Error **ret_error)
{
	_cleanup_written_units_ WrittenUnits units = { 0 };
	_cleanup_strv_ char **unit_aliases = NULL;
	_cleanup_free_ char *mark = NULL;
	int r = unit_write_mark(desc, &mark, ret_error);

	if (r == 0)
		r = append_aliases(desc->units, desc->name, &unit_aliases, ret_error);
	if (r == 0)
		r = append_aliases(desc->aliases, desc->name, &unit_aliases, ret_error);
	if (r < 0)
		return r;
	units.items = calloc(strv_length(unit_aliases) + 1, sizeof(*units.items));
	if (!units.items)
		return error_oom(ret_error);
	units.n = 1;
	if (asprintf(&units.items[0].name, "%s_sandbox.service", desc->name) < 0) {
		units.items[0].name = NULL;
		return error_oom(ret_error);
	}
	r = sandbox_text(desc, places, mark, unit_aliases, &units.items[0].text, ret_error);
	STRV_FOREACH (alias, unit_aliases) {
		WrittenUnit *unit = &units.items[units.n++];

		unit->name = strdup(*alias);
		if (!unit->name)
			return error_oom(ret_error);
		if (r == 0)
			r = alias_text(desc, mark, *alias, &unit->text, ret_error);
	}
	if (r < 0)
		return r;
	*ret = units;
	units = (WrittenUnits){ 0 };
	return 0;
}

void written_units_done(WrittenUnits *units)
{
	for (size_t i = 0; i < units->n; i++) {
		free(units->items[i].name);
		free(units->items[i].text);
	}
	free(units->items);
	*units = (WrittenUnits){ 0 };
}
