/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The base set: what every Linux program expects to find in /etc and /var, by [base] of rules.d, and the files that say who the container is. What
 * of it exists here is said by the facts.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"

#define CERTIFICATES "/etc/ssl/certs"

typedef struct BaseDirectory {
	const char *path;
	mode_t mode;
	const char *group;
} BaseDirectory;

static const BaseDirectory base_directories[] = {
	{ "/etc", 0755, NULL },
	{ "/etc/default", 0755, NULL },
	{ "/etc/opt", 0755, NULL },
	{ "/etc/pam.d", 0755, NULL },
	{ "/etc/ssl", 0755, NULL },
	{ "/etc/ssl/private", 0710, NULL },
	{ "/etc/systemd", 0755, NULL },
	{ "/etc/systemd/system", 0755, NULL },
	{ "/etc/tmpfiles.d", 0755, NULL },
	{ "/home", 0755, NULL },
	{ "/root", 0700, NULL },
	{ "/srv", 0755, NULL },
	{ "/var", 0755, NULL },
	{ "/var/cache", 0755, NULL },
	{ "/var/cache/private", 0700, NULL },
	{ "/var/lib", 0755, NULL },
	{ "/var/lib/dbus", 0755, NULL },
	{ "/var/lib/misc", 0755, NULL },
	{ "/var/lib/private", 0700, NULL },
	{ "/var/lib/systemd", 0755, NULL },
	{ "/var/local", 02775, "staff" },
	{ "/var/log", 0755, NULL },
	{ "/var/log/journal", 02755, "systemd-journal" },
	{ "/var/log/private", 0700, NULL },
	{ "/var/mail", 02775, "mail" },
	{ "/var/opt", 0755, NULL },
	{ "/var/spool", 0755, NULL },
	{ "/var/tmp", 01777, NULL },
};

/* The facts list what is directly below /etc; deeper paths are left to the copy, which passes over a missing source. */
static bool present(const Facts *facts, const char *path)
{
	const char *name = path + strlen("/etc/");
	_cleanup_free_ char *first = NULL;

	if (!facts->etc || !path_is_below(path, "/etc"))
		return true;
	first = strndup(name, strcspn(name, "/"));
	return !first || strv_contains(facts->etc, first);
}

/* On this kind of host, and for a container of one of the packages, if it names any. */
static bool is_for(const Facts *facts, const Stanza *base)
{
	const char *host = stanza_get(base, "host"), *package = stanza_get(base, "package");

	if (host && facts->host_kind && strcmp(host, facts->host_kind) != 0)
		return false;
	for (size_t i = 0; package && i < facts->n_packages; i++)
		if (stanza_has(base, "package", facts->packages[i].name))
			return true;
	return !package;
}

static void add_paths(PlanBuild *build, const char *key)
{
	const Facts *facts = build->facts;

	KNOWLEDGE_FOREACH (base, facts->knowledge, STANZA_BASE, key) {
		if (present(facts, base.value) && is_for(facts, base.stanza))
			build_copy(build, base.value, strcmp(key, "tree") == 0, "%s",
				stanza_get(base.stanza, "reason"));
	}
}

static bool unit_names(const FactUnit *unit, const char *text)
{
	for (size_t i = 0; i < unit->n_directives; i++)
		if (strstr(unit->directives[i].value, text))
			return true;
	return false;
}

/* Does anything look for certificates by their names, rather than in the file of all of them? Packages that need ca-certificates may, as may what is
 * told to. */
static bool needs_all_certificates(const Facts *facts)
{
	if (facts->n_certificates == 0 || facts_package(facts, "ca-certificates"))
		return true;
	for (size_t i = 0; i < facts->n_references; i++)
		if (strcmp(facts->references[i].path, CERTIFICATES) == 0)
			return true;
	for (size_t i = 0; i < facts->n_units; i++)
		if (unit_names(&facts->units[i], CERTIFICATES))
			return true;
	return false;
}

/* The links are two for each certificate, a third of a small container's files. */
static void add_certificates(PlanBuild *build)
{
	const Facts *facts = build->facts;

	if (!present(facts, "/etc/ssl"))
		return;
	if (needs_all_certificates(facts)) {
		build_copy(build, CERTIFICATES, true, "public certificates");
		return;
	}
	for (size_t i = 0; i < facts->n_certificates; i++)
		build_copy(build, facts->certificates[i].path,
			facts->certificates[i].type == FACT_FILE_DIRECTORY, "public certificates");
	for (size_t i = 0; i < facts->n_references; i++)
		if (path_is_below(facts->references[i].path, CERTIFICATES))
			build_copy(build, facts->references[i].path, false, "named in %s",
				facts->references[i].file);
}

/* The host's name servers as they are now, as a file of its own: a link would lead to a place that no container has. */
static void add_resolver(PlanBuild *build)
{
	const Facts *facts = build->facts;

	if (!present(facts, "/etc/resolv.conf"))
		return;
	build_copy_from(build, "/etc/resolv.conf",
		facts->resolver ? facts->resolver : "/etc/resolv.conf", "the resolver");
	if (facts->resolver_local && desc_has_links(build->desc) && !build->desc->dns)
		build_warn(build,
			"%s names only name servers on the host's loopback interface, which the "
			"container does not reach: --dns names one that it does",
			facts->resolver);
}

static void leave_out(PlanBuild *build)
{
	KNOWLEDGE_FOREACH (unneeded, build->facts->knowledge, STANZA_UNNEEDED, "path") {
		const char *package = stanza_get(unneeded.stanza, "package");

		if (!package || !facts_package(build->facts, package))
			build_exclude(build, unneeded.value);
	}
}

void rule_base(PlanBuild *build)
{
	/* Logins write to them, and do not make them. */
	static const char *const login_files[] = { "/var/log/wtmp", "/var/log/lastlog" };

	for (size_t i = 0; i < ARRAY_SIZE(base_directories); i++) {
		const BaseDirectory *d = &base_directories[i];

		build_directory(build, d->path, d->mode, NULL, d->group, "every Linux system");
	}
	build_link(build, "/var/run", "/run", "every Linux system");
	build_link(build, "/var/lock", "/run/lock", "every Linux system");
	build_link(build, "/var/spool/mail", "../mail", "every Linux system");
	build_link(build, "/etc/mtab", "../proc/self/mounts", "every Linux system");
	build_file(build, "/etc/fstab", 0644, "", "what is mounted is decided outside");
	build_file(build, "/etc/environment", 0644, "", "the host's may hold secrets");
	build_file(build, "/etc/subuid", 0644, "", "no user namespaces inside");
	build_file(build, "/etc/subgid", 0644, "", "no user namespaces inside");
	build_file(build, "/etc/motd", 0644, "", "the host's is about the host");
	build_file(build, "/etc/nsswitch.conf", 0644,
		"passwd: files systemd\ngroup: files systemd\nshadow: files systemd\ngshadow: "
		"files systemd\n"
		"hosts: files dns\nnetworks: files\nprotocols: files\nservices: files\nethers: "
		"files\nrpc: files\n",
		"accounts of its own, names from files and DNS");
	add_paths(build, "path");
	add_paths(build, "tree");
	add_certificates(build);
	add_resolver(build);
	leave_out(build);
	for (size_t i = 0; i < ARRAY_SIZE(login_files); i++)
		build_owner(
			build, build_file(build, login_files[i], 0664, "", "logins"), NULL, "utmp");
}

/* "web1", or "web1.example.org web1": the host's domain makes a name of more than one word, which mail servers insist on. */
static char *names_of(const char *name, const char *domain)
{
	char *names;

	if (strchr(name, '.'))
		return asprintf(&names, "%s %.*s", name, (int)strcspn(name, "."), name) < 0 ? NULL
											    : names;
	if (!domain || strlen(name) + strlen(".") + strlen(domain) > FACT_DOMAIN_MAX)
		return strdup(name);
	return asprintf(&names, "%s.%s %s", name, domain, name) < 0 ? NULL : names;
}

/* Copied data that is found by a name which the container has not got would be missed in silence. */
static void tell_of_data(PlanBuild *build, const char *name)
{
	KNOWLEDGE_FOREACH (product, build->facts->knowledge, STANZA_HOST_NAME, "package") {
		const FactPackage *package = facts_package(build->facts, product.value);

		if (package && package->direct && build->desc->copy && !build->desc->hostname)
			build_warn(build,
				"%s keeps its data under the name of its host, which is %s inside: "
				"--hostname "
				"with this host's name lets it find what is copied",
				package->name, name);
	}
}

void rule_identity(PlanBuild *build)
{
	const char *name = build->desc->name ? desc_hostname(build->desc) : "container";
	_cleanup_free_ char *names = names_of(name, build->facts->domain);
	_cleanup_free_ char *others = strv_join(build->facts->hosts, "\n");
	_cleanup_free_ char *hostname = NULL, *hosts = NULL, *machine = NULL;

	/* By both families: a service that asks for the other address of its own name would wait until
	 * the name servers have not answered. */
	if (!names || !others || asprintf(&hostname, "%s\n", name) < 0 ||
		asprintf(&hosts,
			"127.0.0.1\tlocalhost\n127.0.1.1\t%s\n"
			"::1\tlocalhost ip6-localhost ip6-loopback\n::1\t%s\n%s%s",
			names, names, others, *others ? "\n" : "") < 0 ||
		asprintf(&machine, "%s\n",
			build->identity->uuid ? build->identity->uuid : "uninitialized") < 0) {
		build->failed = true;
		return;
	}
	tell_of_data(build, name);
	build_file(build, "/etc/hostname", 0644, hostname, "the container's name");
	build_file(build, "/etc/hosts", 0644, hosts, "the container's name");
	build_file(build, "/etc/machine-id", 0444, machine, "the container's uuid");
	build_link(build, "/var/lib/dbus/machine-id", "/etc/machine-id", "the container's uuid");
}
