/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What packages own in /etc and /var, what their scripts and the administrator made beside it, and what their configuration
 * names.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"

/* Directories that belong to no single service: nothing is concluded from a package that lists one. */
static const char *const common_places[] = { "/", "/etc", "/etc/alternatives", "/etc/dbus-1",
	"/etc/dbus-1/system.d", "/etc/dbus-1/session.d", "/etc/default", "/etc/ld.so.conf.d",
	"/etc/opt", "/etc/pam.d", "/etc/pki", "/etc/pki/tls", "/etc/pki/tls/certs",
	"/etc/pki/tls/private", "/etc/polkit-1", "/etc/profile.d", "/etc/security",
	"/etc/security/limits.d", "/etc/skel", "/etc/ssl", "/etc/ssl/certs", "/etc/ssl/private",
	"/etc/sysconfig", "/etc/sysusers.d", "/etc/systemd", "/etc/tmpfiles.d", "/home", "/opt",
	"/root", "/srv", "/var", "/var/cache", "/var/lib", "/var/lib/misc", "/var/lib/private",
	"/var/local", "/var/log", "/var/mail", "/var/opt", "/var/spool", "/var/spool/mail",
	"/var/tmp", "/var/www", "/etc/alternatives", "/tmp", "/run" };

bool rules_common_place(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(common_places); i++)
		if (strcmp(path, common_places[i]) == 0)
			return true;
	return false;
}

static bool has_package(const Facts *facts, const char *name)
{
	const FactPackage *package = facts_package(facts, name);

	return package && package->direct;
}

/* The stanza of the directory in which packages leave files for another program, of which path is one; or NULL. */
static const Stanza *drop_place(const Facts *facts, const char *path)
{
	KNOWLEDGE_FOREACH (place, facts->knowledge, STANZA_DROP_PLACE, "path")
		if (path_is_below(path, place.value))
			return place.stanza;
	return NULL;
}

static bool left_out(const Facts *facts, const char *path)
{
	const Stanza *place = drop_place(facts, path);
	const char *reader = place ? stanza_get(place, "reader") : NULL;

	return place && (!reader || !has_package(facts, reader));
}

void rules_share_opt(PlanBuild *build, const char *path)
{
	_cleanup_free_ char *top = NULL;

	if (!path_is_below(path, "/opt") || strlen(path) <= strlen("/opt/"))
		return;
	top = strndup(path, strlen("/opt/") + strcspn(path + strlen("/opt/"), "/"));
	if (!top)
		build->failed = true;
	else
		build_share(build, top);
}

/* The service's own, without which something does not happen. */
static void warn_left_out(PlanBuild *build, const FactPackage *package, const FactFile *file)
{
	const Stanza *place = drop_place(build->facts, file->path);
	const char *remedy = place ? stanza_get(place, "remedy") : NULL;

	if (remedy && package->direct && file->type == FACT_FILE_REGULAR)
		build_warn(build, "%s of package %s has no effect in the container: %s", file->path,
			package->name, remedy);
}

static void package_file(PlanBuild *build, const FactPackage *package, const FactFile *file)
{
	if (file->type == FACT_FILE_MISSING || file->type == FACT_FILE_OTHER)
		return;
	if (left_out(build->facts, file->path)) {
		warn_left_out(build, package, file);
		return;
	}
	rules_share_opt(build, file->path);
	if (rules_common_place(file->path))
		return;
	/* Logs stay on the host; the directories they go to come along. */
	if (path_is_below(file->path, "/var/log") && file->type != FACT_FILE_DIRECTORY)
		return;
	build_copy(build, file->path, false, "%s%s", file->conffile ? "conffile of " : "package ",
		package->name);
}

/* Units that somebody wrote by hand have no package to say what they need. */
static void warn_no_package(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];

		if (unit->asked && !unit->package && !build->desc->packages)
			build_warn(build,
				"%s belongs to no installed package: what its directives, the "
				"text of its program and --with do not name is missing inside",
				unit->name);
	}
}

/* Units have configuration; of a command's packages only some. */
static bool is_configured(const PlanBuild *build)
{
	const Facts *facts = build->facts;

	for (size_t i = 0; i < facts->n_packages; i++)
		for (size_t j = 0; j < facts->packages[i].n_files; j++)
			if (build->desc->kind == DESC_SERVICE ||
				(facts->packages[i].direct && facts->packages[i].files[j].conffile))
				return true;
	return false;
}

void rule_package(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_packages; i++) {
		const FactPackage *package = &build->facts->packages[i];

		for (size_t j = 0; j < package->n_files; j++)
			package_file(build, package, &package->files[j]);
	}
	warn_no_package(build);
	if (!build->desc->copy && is_configured(build))
		build_warn(build, "without -C: configuration files of the packages come as they "
				  "are on the host now, because packages do "
				  "not keep their defaults; files that no package owns are left "
				  "out, and state starts empty");
}

const FactPackage *rules_own_place(const PlanBuild *build, const char *path)
{
	_cleanup_free_ char *above = strdup(path);
	char *slash;

	while (above && (slash = strrchr(above, '/')) && slash != above) {
		const KnownPath *known;

		*slash = '\0';
		if (rules_common_place(above))
			return NULL;
		known = build_known(build, above);
		if (known && known->package)
			return known->package;
	}
	return NULL;
}

/* The package whose place this is, if the container gets what is there: of a direct package everything, of one that it depends on the
 * configuration. */
static const FactPackage *place_of(const PlanBuild *build, const FactUnowned *u)
{
	const FactPackage *package = u->package ? facts_package(build->facts, u->package) : NULL;

	if (!package)
		package = rules_own_place(build, u->path);
	return package && (facts_same_source(build->facts, package) ||
				  path_is_below(u->path, "/etc"))
		       ? package
		       : NULL;
}

/* Is this place named after a unit or a package that was asked for? */
static const char *named_after(const PlanBuild *build, const char *path)
{
	const char *name = path_base(path);

	for (size_t i = 0; i < build->facts->n_packages; i++) {
		const FactPackage *p = &build->facts->packages[i];

		if (p->direct && strcmp(p->name, name) == 0)
			return p->name;
	}
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *u = &build->facts->units[i];
		size_t n = strlen(name);

		if (u->asked && strncmp(u->name, name, n) == 0 &&
			(u->name[n] == '.' || u->name[n] == '@'))
			return u->name;
	}
	return NULL;
}

/* A link of which the packages own the target, or to the certificate that is made fresh, selects something packaged: sites-enabled,
 * mods-enabled. */
static bool selects_packaged(const PlanBuild *build, const FactUnowned *u)
{
	_cleanup_free_ char *parent = strdup(u->path), *target = NULL;
	const char *link = u->link;
	const KnownPath *known;

	if (u->type != FACT_FILE_LINK || !link || !parent)
		return false;
	*strrchr(parent, '/') = '\0';
	while (link[0] == '.' && link[1] == '.' && link[2] == '/' && strrchr(parent, '/')) {
		*strrchr(parent, '/') = '\0';
		link += 3;
	}
	if (path_is_below(link, "/usr") || rules_leads_to_fresh(build->facts, link))
		return true;
	target = link[0] == '/' ? strdup(link) : path_join(parent, link);
	known = target ? build_known(build, target) : NULL;
	return known && (known->package || (known->unowned && known->unowned->conffile));
}

/* What belongs to the process that runs on the host, not to the service: logs, caches, queues (a copied queue would send each mail twice). */
static bool is_transient(const Facts *facts, const char *path)
{
	KNOWLEDGE_FOREACH (kept, facts->knowledge, STANZA_KEPT_QUEUE, "path")
		if (path_is_below(path, kept.value))
			return false;
	return path_is_below(path, "/var/log") || path_is_below(path, "/var/cache") ||
	       path_is_below(path, "/var/spool");
}

static void unowned_entry(
	PlanBuild *build, const FactUnowned *u, const char *because, const char *who)
{
	const char *user = build_account_name(build, u->uid, false);
	const char *group = build_account_name(build, u->gid, true);
	bool directory = u->type == FACT_FILE_DIRECTORY;
	bool config = path_is_below(u->path, "/etc");

	if (build->desc->copy && !is_transient(build->facts, u->path))
		build_copy(build, u->path, directory, "%s %s", because, who);
	else if (directory && (user || u->uid == 0)) /* a dynamic user's is made by systemd */
		build_directory(
			build, u->path, u->mode & 07777, user, group, "%s %s", because, who);
	else if (config && (u->conffile || selects_packaged(build, u)))
		build_copy(build, u->path, false, "%s %s", because, who);
}

bool rules_is_planned(const PlanBuild *build, const char *path)
{
	for (size_t i = 0; i < build->plan->n_entries; i++) {
		const PlanEntry *e = &build->plan->entries[i];

		if (strcmp(e->path, path) == 0 || (e->recurse && path_is_below(path, e->path)))
			return true;
	}
	return false;
}

static bool same(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/* Is the text that names a path read inside? A unit is, and the init script that one comes from, wherever they lie. */
static bool is_read(const Facts *facts, const char *file)
{
	for (size_t i = 0; i < facts->n_units; i++)
		if (same(facts->units[i].init_script, file) || same(facts->units[i].path, file))
			return true;
	return !left_out(facts, file);
}

/* What units and configuration name is data as often as not; what a hand-made service begins without is said. */
static void left_out_references(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_references; i++) {
		const FactReference *r = &build->facts->references[i];
		const KnownPath *known = build_known(build, r->path);
		bool directory = r->type == FACT_FILE_DIRECTORY;

		if (r->private_key || r->type == FACT_FILE_OTHER || rules_common_place(r->path) ||
			strcmp(r->file, FACT_NAMED) == 0 || left_out(build->facts, r->path) ||
			!is_read(build->facts, r->file) ||
			(known && known->unowned && place_of(build, known->unowned)) ||
			!path_is_below(r->path, directory ? "/srv" : "/etc") ||
			(rules_is_planned(build, r->path) && !directory) ||
			plan_excludes(build->plan, r->path, NULL))
			continue;
		build_warn(build, "without -C: %s, which %s names, %s", r->path, r->file,
			directory ? "begins empty" : "is left out");
	}
}

/* What the files of an application name is not sure to be needed. */
static void left_out_mentions(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_mentions; i++) {
		const FactLine *m = &build->facts->mentions[i];
		bool outside = facts_is_outside(m->text) && !path_is_below(m->text, "/home") &&
			       !path_is_below(m->text, "/root");

		/* A file that names itself does not say that it is needed. */
		if (same(m->file, m->text) || rules_is_planned(build, m->text) ||
			rules_common_place(m->text) || left_out(build->facts, m->text) ||
			path_is_below_any(m->text, build->plan->shared) ||
			path_is_below_any(m->text, build->plan->mounted) ||
			plan_excludes(build->plan, m->text, NULL))
			continue;
		if (outside)
			build_warn(build,
				"%s names %s, which the container lacks: -m host-bind:%s=%s mounts "
				"it",
				m->file, m->text, m->text, m->text);
		else
			build_warn(build,
				"%s names %s, which the container lacks: --with %s copies it",
				m->file, m->text, m->text);
	}
	for (size_t i = 0; i < build->facts->n_applications; i++) {
		const FactLine *a = &build->facts->applications[i];

		if (is_read(build->facts, a->file))
			build_warn(build,
				"%s names %s of package %s, whose configuration and data are not "
				"in the container: -P %s brings them",
				a->file, a->text, a->package, a->package);
	}
}

/* Without -C these files stay behind, which only a reader of the plan can judge. */
void rule_left_out(PlanBuild *build)
{
	left_out_mentions(build);
	if (!build->desc->copy)
		left_out_references(build);
	for (size_t i = 0; i < build->facts->n_unowned && !build->desc->copy; i++) {
		const FactUnowned *u = &build->facts->unowned[i];
		const FactPackage *package;

		if ((u->type != FACT_FILE_REGULAR && u->type != FACT_FILE_LINK) ||
			!path_is_below(u->path, "/etc") || rules_common_place(u->path) ||
			left_out(build->facts, u->path) || rules_is_planned(build, u->path) ||
			plan_excludes(build->plan, u->path, NULL))
			continue;
		package = place_of(build, u);
		if (package)
			build_warn(build, "without -C: %s, which no package owns (%s), is left out",
				u->path, package->name);
	}
}

void rule_unowned(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_unowned; i++) {
		const FactUnowned *u = &build->facts->unowned[i];
		const FactPackage *package;
		const char *who;

		if (u->type == FACT_FILE_MISSING || u->type == FACT_FILE_OTHER ||
			rules_common_place(u->path) || left_out(build->facts, u->path))
			continue;
		package = place_of(build, u);
		who = named_after(build, u->path);
		build->inferred = !u->conffile; /* the package has said that it is its own */
		if (package)
			unowned_entry(build, u, "in a directory of", package->name);
		else if (u->uid != 0 && build_owns(build, u->uid))
			unowned_entry(
				build, u, "owned by", build_account_name(build, u->uid, false));
		else if (who)
			unowned_entry(build, u, "named after", who);
	}
}

/* What packages leave for other programs, unless the service's own configuration names what is its own. */
static bool left_for_others(const PlanBuild *build, const char *path)
{
	const KnownPath *known = build_known(build, path);

	return left_out(build->facts, path) &&
	       !(known && known->package && facts_same_source(build->facts, known->package) &&
		       known->type == FACT_FILE_REGULAR);
}

/* Configuration may name anything. What belongs to another account is another service's. */
static bool foreign(const PlanBuild *build, const FactReference *r)
{
	const KnownPath *known = build_known(build, r->path);

	return !build_owns(build, r->uid) && !(known && known->package);
}

/* A directory in which packages leave files for the program of another one comes with those of the container's own packages and the
 * administrator's. */
static void leave_foreign_files(PlanBuild *build)
{
	STRV_FOREACH (path, build->facts->foreign_files)
		if (drop_place(build->facts, *path))
			build_exclude(build, *path);
}

/* Persons' files come only when they are named, and of other places a container has only what is mounted there. */
static bool left_elsewhere(PlanBuild *build, const FactReference *r)
{
	bool home = path_is_below(r->path, "/home") || path_is_below(r->path, "/root");

	if (!facts_is_outside(r->path) || path_is_below(r->path, "/opt"))
		return false;
	if (!path_is_below_any(r->path, build->plan->mounted) &&
		!path_is_below_any(r->path, build->desc->with))
		build_warn(build,
			"%s names %s, which the container lacks: %s%s%s-m host-bind:%s=%s "
			"mounts it",
			r->file, r->path, home ? "--with " : "", home ? r->path : "",
			home ? " copies it, " : "", r->path, r->path);
	return true;
}

/* Who writes to a log may not be who would make it: it begins empty, with the owner that it has on the host. */
static void empty_log(PlanBuild *build, const FactReference *r)
{
	PlanEntry *entry;

	if (r->type != FACT_FILE_REGULAR || !path_is_below(r->path, "/var/log"))
		return;
	entry = build_file(build, r->path, r->mode & 0777, "", "log named in %s", r->file);
	build_owner(build, entry, build_account_name(build, r->uid, false),
		build_account_name(build, r->gid, true));
}

void rule_reference(PlanBuild *build)
{
	leave_foreign_files(build);
	for (size_t i = 0; i < build->facts->n_references; i++) {
		const FactReference *r = &build->facts->references[i];
		bool directory = r->type == FACT_FILE_DIRECTORY;

		if (r->private_key || r->type == FACT_FILE_OTHER || rules_common_place(r->path) ||
			strcmp(r->file, FACT_NAMED) == 0 || left_for_others(build, r->path) ||
			!is_read(build->facts, r->file) || left_elsewhere(build, r))
			continue;
		rules_share_opt(build, r->path);
		if (path_is_below(r->path, "/opt"))
			continue;
		if (foreign(build, r)) {
			build_warn(build,
				"%s names %s, which belongs to another account: not copied (--with "
				"%s copies it)",
				r->file, r->path, r->path);
			continue;
		}
		if ((build->desc->copy || r->conffile) && !is_transient(build->facts, r->path))
			build_copy(build, r->path, directory, "named in %s", r->file);
		else if (directory)
			build_directory(build, r->path, r->mode & 07777,
				build_account_name(build, r->uid, false),
				build_account_name(build, r->gid, true), "named in %s", r->file);
		else
			empty_log(build, r);
	}
}
