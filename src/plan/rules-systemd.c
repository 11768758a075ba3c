/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The systemd inside: /usr/lib/systemd is the host's, so what it would start there and has no meaning in a container is masked
 * by links in /etc, and the units that were asked for are hung onto the target that it boots.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/unit-words.h"
#include "plan/rules.h"

#define SYSTEM "/etc/systemd/system"

/* What a vendor's .wants link may start inside; everything else that hangs on the targets of the boot is masked. */
static const char *const kept_units[] = {
	"systemd-journald.service",
	"systemd-journald.socket",
	"systemd-journald-dev-log.socket",
	"systemd-journal-flush.service",
	"systemd-tmpfiles-setup.service",
};

#define SYSV_GENERATOR "systemd-sysv-generator" /* rule_unit_file() knows whether it is needed */

/* Targets of the boot on which vendors hang units. */
static const char *const boot_targets[] = { "basic.target", "graphical.target", "local-fs.target",
	"multi-user.target", "network-online.target", "network-online.target", "paths.target",
	"remote-fs.target", "slices.target", "sockets.target", "swap.target", "sysinit.target",
	"timers.target" };

static bool in_table(const char *name, const char *const *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i], name) == 0)
			return true;
	return false;
}

static bool among_units(const Facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n_units; i++)
		if (strcmp(facts->units[i].name, name) == 0 ||
			strv_contains(facts->units[i].names, name))
			return true;
	return false;
}

static bool mentions(const FactUnit *unit, const char *key, const char *word)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const char *found = strcmp(unit->directives[i].key, key) == 0
					    ? strstr(unit->directives[i].value, word)
					    : NULL;

		if (found)
			return true;
	}
	return false;
}

/* Does a unit need the system bus? */
static bool needs_bus(const Facts *facts)
{
	static const char *const keys[] = { "Requires", "Wants", "BindsTo", "Requisite" };

	for (size_t i = 0; i < facts->n_units; i++) {
		const FactUnit *u = &facts->units[i];
		const char *type = facts_unit_get(u, "Service", "Type");

		if ((type && strcmp(type, "dbus") == 0) || facts_unit_get(u, "Service", "BusName"))
			return true;
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (mentions(u, keys[k], "dbus.so") || mentions(u, keys[k], "dbus.se"))
				return true;
	}
	return false;
}

static void mask(PlanBuild *build, const char *unit, const char *reason)
{
	char path[512];

	if (among_units(build->facts, unit))
		return;
	if (snprintf(path, sizeof(path), SYSTEM "/%s", unit) < (int)sizeof(path))
		build_link(build, path, "/dev/null", "%s", reason);
}

static void mask_generator(PlanBuild *build, const char *name, const char *reason)
{
	char path[512];

	if (snprintf(path, sizeof(path), "/etc/systemd/system-generators/%s", name) <
		(int)sizeof(path))
		build_link(build, path, "/dev/null", "%s", reason);
}

/* Those of other services would ask for units of theirs, and be slow about it. */
static void mask_generators(PlanBuild *build)
{
	const Knowledge *knowledge = build->facts->knowledge;

	KNOWLEDGE_FOREACH (generator, knowledge, STANZA_HOST_GENERATOR, "program")
		mask_generator(build, generator.value, "nothing to generate inside");
	STRV_FOREACH (name, build->facts->foreign_generators)
		if (strcmp(*name, SYSV_GENERATOR) != 0 &&
			!knowledge_find(knowledge, STANZA_HOST_GENERATOR, "program", *name))
			mask_generator(build, *name, "belongs to no package of the container");
}

static void mask_wanted(PlanBuild *build, const char *wanted, bool bus)
{
	_cleanup_free_ char *target = strndup(wanted, strcspn(wanted, "/"));
	const char *unit = path_base(wanted);
	char *end;

	if (!target) {
		build->failed = true;
		return;
	}
	end = strrchr(target, '.'); /* sysinit.target.wants -> sysinit.target */
	if (end)
		*end = '\0';
	if (!in_table(target, boot_targets, ARRAY_SIZE(boot_targets)) ||
		in_table(unit, kept_units, ARRAY_SIZE(kept_units)))
		return;
	if (bus && (strcmp(unit, "dbus.service") == 0 || strcmp(unit, "dbus.socket") == 0 ||
			   strcmp(unit, "dbus-broker.service") == 0))
		return;
	mask(build, unit, "not needed inside");
}

/* Types of units that run something. */
static bool runs(const char *unit)
{
	static const char *const types[] = { ".service", ".socket", ".timer", ".path" };
	const char *type = strrchr(unit, '.');

	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* Packages want what is nice to have; the administrator means what a unit of his own wants. */
static void mask_wanted_stranger(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *name)
{
	mask(build, name, "wanted, but not in the container");
	if (unit->asked && !unit->package && !among_units(build->facts, name))
		build_warn(build, "%s: %s=%s: it is not in the container: -u %s brings it",
			unit->name, d->key, name, name);
}

/* What a unit wants and the container has not got (it is another service, or the host's work) is there for the systemd inside all
 * the same, as /usr is the host's: it would start it without its files. */
static void mask_strangers(PlanBuild *build, const FactUnit *unit)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		_cleanup_strv_ char **names = NULL;

		if (strcmp(d->key, "Wants") != 0 && strcmp(d->key, "Upholds") != 0)
			continue;
		if (unit_directive_words(d->key, d->value, &names) == -ENOMEM)
			build->failed = true;
		STRV_FOREACH (name, names)
			if (runs(*name) && strncmp(*name, "dbus", 4) != 0 &&
				!in_table(*name, kept_units, ARRAY_SIZE(kept_units)))
				mask_wanted_stranger(build, unit, d, *name);
	}
}

void rule_mask(PlanBuild *build)
{
	bool bus = build->desc->dbus || needs_bus(build->facts);

	STRV_FOREACH (wanted, build->facts->vendor_wants)
		mask_wanted(build, *wanted, bus);
	for (size_t i = 0; i < build->facts->n_units; i++)
		mask_strangers(build, &build->facts->units[i]);
	if (bus) {
		build_copy(build, "/etc/dbus-1", true, "the system bus");
		build_account(build, "messagebus");
		build_account(build, "dbus");
	} else {
		mask(build, "dbus.service", "no unit needs the system bus");
		mask(build, "dbus.socket", "no unit needs the system bus");
	}
	mask_generators(build);
}

/* Where a unit file of the host is inside. /run is new at each start, so what only runs until the host's next boot ("systemctl edit --runtime",
 * systemd-run) is kept in /etc. name: what a file that lies anywhere else is called there ("systemctl link"). */
static char *unit_file_inside(const char *path, const char *name)
{
	static const char *const runtime[] = { "/run/systemd/system", "/run/systemd/transient",
		"/run/systemd/system.attached", "/run/systemd/system.control" };

	for (size_t i = 0; i < ARRAY_SIZE(runtime); i++)
		if (path_is_below(path, runtime[i]))
			return path_join(SYSTEM, path + strlen(runtime[i]));
	if (path_is_below(path, "/lib"))
		return path_join("/usr", path);
	return path_is_below(path, "/usr") || path_is_below(path, "/etc") ? strdup(path)
									  : path_join(SYSTEM, name);
}

/* Where the unit's fragment is inside. Below /usr it is shared; elsewhere on disk it comes along; sysv scripts get theirs from the generator
 * that runs inside, too. */
static char *fragment_inside(PlanBuild *build, const FactUnit *unit)
{
	char *path = NULL;

	if (unit->init_script) {
		build_copy(build, unit->init_script, false, "init script of %s", unit->name);
		return asprintf(&path, "/run/systemd/generator.late/%s", unit->name) < 0 ? NULL
											 : path;
	}
	if (!unit->path)
		return asprintf(&path, "/run/systemd/generator/%s", unit->name) < 0 ? NULL : path;
	path = unit_file_inside(unit->path, unit->name);
	if (path && !path_is_below(path, "/usr"))
		build_copy_from(build, path, unit->path, "fragment of %s", unit->name);
	return path;
}

/* Its package's init script does what systemd has no verb for: rotating logs calls `invoke-rc.d X rotate`. */
static void script_beside(PlanBuild *build, const FactUnit *unit)
{
	_cleanup_free_ char *path = NULL;
	const KnownPath *known;

	if (!unit->package || unit->init_script)
		return;
	if (asprintf(&path, "/etc/init.d/%.*s", (int)strcspn(unit->name, "."), unit->name) < 0) {
		path = NULL;
		build->failed = true;
		return;
	}
	known = build_known(build, path);
	if (known && known->type == FACT_FILE_REGULAR)
		build_copy(build, path, false, "init script beside %s", unit->name);
}

static void unit_entries(PlanBuild *build, const FactUnit *unit, const char *target)
{
	_cleanup_free_ char *fragment = fragment_inside(build, unit), *wants = NULL;

	if (!fragment || asprintf(&wants, SYSTEM "/%s.wants/%s", target, unit->name) < 0) {
		build->failed = true;
		return;
	}
	script_beside(build, unit);
	if (unit->asked)
		build_link(build, wants, fragment, "asked for");
	STRV_FOREACH (dropin, unit->dropins) {
		_cleanup_free_ char *path = unit_file_inside(*dropin, path_base(*dropin));

		if (!path)
			build->failed = true;
		else if (!path_is_below(path, "/usr"))
			build_copy_from(build, path, *dropin, "drop-in of %s", unit->name);
	}
	STRV_FOREACH (alias, unit->names) {
		_cleanup_free_ char *path = path_join(SYSTEM, *alias);

		if (!path)
			build->failed = true;
		else if (strcmp(*alias, unit->name) != 0 && !unit->init_script)
			build_link(build, path, fragment, "alias of %s", unit->name);
	}
}

/* What "systemctl enable" or the administrator linked to a unit that is inside, of what is inside as well. */
static void unit_links(PlanBuild *build, const FactUnit *unit)
{
	STRV_FOREACH (link, unit->links)
		for (size_t i = 0; i < build->facts->n_units; i++) {
			const FactUnit *linked = &build->facts->units[i];
			_cleanup_free_ char *path = NULL, *fragment = NULL;

			if (!strv_contains(linked->names, path_base(*link)))
				continue;
			path = path_join(SYSTEM, *link);
			fragment = fragment_inside(build, linked);
			if (!path || !fragment)
				build->failed = true;
			else
				build_link(build, path, fragment, "linked on the host");
		}
}

void rule_unit_file(PlanBuild *build)
{
	const char *target =
		build->desc->boot_target ? build->desc->boot_target : "multi-user.target";
	bool sysv = false;

	if (build->facts->manager_problem)
		build_warn(build,
			"the host's systemd does not say what it has made of the units (%s): "
			"they were taken as their files are",
			build->facts->manager_problem);
	STRV_FOREACH (unit, build->facts->running_units)
		if (build->desc->copy)
			build_warn(build,
				"%s runs on this host: its data may change while it is copied; for "
				"a "
				"clean copy, stop it before (systemctl stop %s)",
				*unit, *unit);
	STRV_FOREACH (unit, build->facts->stale_units)
		build_warn(build,
			"%s changed on disk since the host's systemd read it; its files were taken "
			"as they are now (systemctl daemon-reload)",
			*unit);
	for (size_t i = 0; i < build->facts->n_units; i++) {
		if (build->facts->units[i].asked_as)
			build_warn(build, "%s is called %s on this host",
				build->facts->units[i].asked_as, build->facts->units[i].name);
		unit_entries(build, &build->facts->units[i], target);
		unit_links(build, &build->facts->units[i]);
		sysv = sysv || build->facts->units[i].init_script;
	}
	if (!sysv)
		build_link(build, "/etc/systemd/system-generators/" SYSV_GENERATOR, "/dev/null",
			"no unit comes from an init script");
}

/* systemd-tmpfiles inside reads only the lines of the packages: those of the rest of the host name accounts that do not exist here. */
static void tmpfiles_drop_in(PlanBuild *build)
{
	_cleanup_buf_ Buf text = { 0 };
	_cleanup_strv_ char **files = NULL;
	_cleanup_free_ char *content = NULL;

	buf_puts(&text,
		"[Service]\nExecStart=\nExecStart=systemd-tmpfiles --create --remove --boot "
		"--exclude-prefix=/dev virt-sandbox.conf");
	for (size_t i = 0; i < build->facts->n_tmpfiles; i++) {
		const FactLine *line = &build->facts->tmpfiles[i];

		if (rules_takes_line(build, line) &&
			(line->package || rules_is_planned(build, line->file)) &&
			strv_append_unique(&files, path_base(line->file)) < 0)
			build->failed = true;
	}
	STRV_FOREACH (file, files)
		buf_printf(&text, " %s", *file);
	buf_puts(&text, "\n");
	if (buf_take(&text, &content, NULL) < 0)
		build->failed = true;
	else
		build_file(build, SYSTEM "/systemd-tmpfiles-setup.service.d/50-virt-sandbox.conf",
			0644, content, "only what the packages declare");
	build_file(build, "/etc/tmpfiles.d/virt-sandbox.conf", 0644,
		"d /run/lock 1777 root root -\nd /run/lock/subsys 0755 root root -\nd /run/log "
		"0755 root root -\n"
		"d /run/user 0755 root root -\nf+! /run/utmp 0664 root root -\n",
		"what every program expects in /run");
}

/* A journal that survives restarts and stays small. A syslog daemon inside gets what the journal gets. */
static void journal_settings(PlanBuild *build)
{
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text,
		    "[Journal]\nStorage=persistent\nSystemMaxUse=64M\nSystemMaxFileSize="
		    "4M\nRuntimeMaxUse=4M\n"
		    "RuntimeMaxFileSize=1M\nForwardToSyslog=%s\nForwardToKMsg=no\nForwardToConsole="
		    "no\n"
		    "ForwardToWall=no\nReadKMsg=no\nAudit=no\n",
		    among_units(build->facts, "syslog.service") ? "yes" : "no") < 0) {
		text = NULL;
		build->failed = true;
	} else {
		build_file(build, "/etc/systemd/journald.conf", 0644, text,
			"a journal that lasts and stays small");
	}
}

/* The mounts of a container are locked: the systemd inside must not try to unmount them when it stops. basic.target asks for tmp.mount and var.mount
 * before the mounts are seen, so that these need units to have settings at all; the others are asked for by units that work there. */
static void mount_settings(PlanBuild *build)
{
	static const char *const contents[] = { "home", "root", "srv", "var" };

	build_file(build, SYSTEM "/mount.d/50-virt-sandbox.conf", 0644,
		"[Unit]\nDefaultDependencies=no\n", "mounts stay until the container ends");
	build_file(build, SYSTEM "/tmp.mount", 0644,
		"[Unit]\nDefaultDependencies=no\n\n[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n",
		"mounts stay until the container ends");
	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		char path[64], text[128];

		(void)snprintf(path, sizeof(path), SYSTEM "/%s.mount", contents[i]);
		(void)snprintf(text, sizeof(text),
			"[Unit]\nDefaultDependencies=no\n\n[Mount]\nWhat=/%s\nWhere=/%s\nOptions=bind\n",
			contents[i], contents[i]);
		build_file(build, path, 0644, text, "mounts stay until the container ends");
	}
}

void rule_boot(PlanBuild *build)
{
	const char *target =
		build->desc->boot_target ? build->desc->boot_target : "multi-user.target";
	_cleanup_free_ char *path = path_join("/usr/lib/systemd/system", target);

	if (path)
		build_link(build, SYSTEM "/default.target", path, "what is started");
	else
		build->failed = true;
	journal_settings(build);
	/* The number of tasks is the container's limit; systemd would give each unit 15 % of it, too little for a small one. */
	build_file(build, "/etc/systemd/system.conf", 0644,
		"[Manager]\nShowStatus=no\nDefaultCPUAccounting=no\nDefaultTasksMax=infinity\n",
		"a quiet boot");
	mount_settings(build);
	tmpfiles_drop_in(build);
	build_account(build, "systemd-journal");
}
