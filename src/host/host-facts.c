/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * host_facts(): the host read once, in the order in which each fact needs the one before: units, packages, what the units bring
 * along, files, accounts, declarations, what no package owns.
 */
#include "host/knowledge.h"
#include "host/host.h"

#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "base/resolver.h"
#include "base/strv.h"
#include "base/array.h"
#include "host/account-text.h"
#include "host/config-reader.h"
#include "host/drop-file.h"
#include "host/declarations.h"
#include "host/host-domain.h"
#include "host/host-links.h"
#include "host/host-read.h"
#include "host/host-settings.h"
#include "host/package-index.h"
#include "host/unit-closure.h"
#include "host/unit-load.h"
#include "host/unit-program.h"
#include "host/unit-resolve.h"

/* The Debian architecture triplet that this program was built for: the directory of libraries below /usr/lib. */
#if defined(__x86_64__)
#define MACHINE "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MACHINE "aarch64-linux-gnu"
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE "riscv64-linux-gnu"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define MACHINE "powerpc64le-linux-gnu"
#elif defined(__s390x__)
#define MACHINE "s390x-linux-gnu"
#else
#define MACHINE NULL
#endif

#define CERTIFICATES "/etc/ssl/certs"

/* Has systemd another idea of the unit than the files? It says so itself if a file changed; it does not notice a new fragment that comes before the
 * one that it read, nor the first drop-in of a unit. */
static bool is_stale(const Reader *reader, const FactUnit *unit)
{
	const ManagedUnit *managed = unit_manager_find(&reader->manager, unit->name);
	size_t n = 0;

	if (!managed || managed->stale)
		return managed;
	if (unit->path) {
		_cleanup_free_ char *file = unit_linked_file(&reader->root, managed->fragment);

		if (!file || strcmp(file, unit->path) != 0)
			return true;
	}
	STRV_FOREACH (path, managed->dropins) {
		_cleanup_free_ char *file = unit_linked_file(&reader->root, *path);

		if (file && strcmp(file, "/dev/null") == 0) /* switched off */
			continue;
		n++;
	}
	return n != strv_length(unit->dropins);
}

static int load_asked(Reader *reader, const char *name, const char *container, Error **ret_error)
{
	_cleanup_(fact_unit_done) FactUnit unit = { 0 };
	_cleanup_free_ char *resolved = NULL;
	const ManagedUnit *managed;
	bool elsewhere;
	int r = unit_resolve(&reader->units, name, container, &resolved, ret_error);

	if (r < 0)
		return r;
	elsewhere = r > 0;
	for (size_t i = 0; i < reader->facts->n_units; i++)
		if (strv_contains(reader->facts->units[i].names, resolved))
			return error_set(ret_error, EINVAL,
				"unit %s is given twice: it is also %s; name it once", name,
				reader->facts->units[i].name);
	r = unit_load(&reader->units, resolved, &unit, ret_error);
	if (r < 0)
		return r;
	managed = unit_manager_find(&reader->manager, unit.name);
	if (managed && managed->running &&
		strv_append(&reader->facts->running_units, unit.name) < 0)
		return error_oom(ret_error);
	if (is_stale(reader, &unit) && strv_append(&reader->facts->stale_units, unit.name) < 0)
		return error_oom(ret_error);
	unit.asked = true;
	r = elsewhere ? unit_complete_name(name, container, &unit.asked_as, ret_error) : 0;
	return r < 0 ? r : unit_closure_add(&reader->packages, &unit, reader->facts, ret_error);
}

static int mark_direct(Reader *reader, uint32_t package, Error **ret_error)
{
	reader->direct[package] = true;
	return package_index_close(&reader->packages, package, reader->set) < 0
		       ? error_oom(ret_error)
		       : 0;
}

/* The package of the program of a command, or of what its name is a link to. */
static int find_command_package(Reader *reader, const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = unit_program_find(&reader->root, NULL, name), *canonical = NULL,
			    *real = NULL;
	uint32_t owner;

	canonical = path ? host_root_canonical(&reader->root, path) : NULL;
	if (!canonical)
		return error_oom(ret_error);
	owner = package_index_owner(&reader->packages, canonical);
	if (owner == PACKAGE_NONE && host_root_realpath(&reader->root, path, &real) == 0)
		owner = package_index_owner(&reader->packages, real);
	return owner == PACKAGE_NONE ? 0 : mark_direct(reader, owner, ret_error);
}

/* The packages of the asked units or of the command, and those that were named. A unit that somebody wrote by hand has none: what its directives and the
 * text of its program name is all that is known of it. */
static int find_packages(Reader *reader, const Desc *desc, Error **ret_error)
{
	const PackageIndex *packages = &reader->packages;

	STRV_FOREACH (name, desc->packages) {
		uint32_t package = package_index_find(packages, *name);

		if (package == PACKAGE_NONE)
			return error_set(ret_error, ENOPKG,
				"package %s is not installed on this host", *name);
		if (mark_direct(reader, package, ret_error) < 0)
			return -ENOMEM;
	}
	if (desc->command && find_command_package(reader, desc->command[0], ret_error) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < reader->facts->n_units; i++) {
		const FactUnit *unit = &reader->facts->units[i];

		if (unit->package &&
			mark_direct(
				reader, package_index_find(packages, unit->package), ret_error) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_package(Reader *reader, uint32_t number, Error **ret_error)
{
	const Package *package = &reader->packages.packages[number];
	Facts *facts = reader->facts;
	FactPackage *grown = reallocarray(facts->packages, facts->n_packages + 1, sizeof(*grown)),
		    *made;

	if (!grown)
		return error_oom(ret_error);
	facts->packages = grown;
	made = &grown[facts->n_packages++];
	*made = (FactPackage){
		.name = strdup(package->name),
		.version = strdup(package->version),
		.source = strdup(package->source),
		.direct = reader->same_source[number],
	};
	if (!made->name || !made->version || !made->source ||
		strv_split(&made->depends, package->depends, " ") < 0)
		return error_oom(ret_error);
	return 0;
}

static int add_file(Reader *reader, const PackagePath *path, FactPackage *package)
{
	struct stat st;
	FactFile *grown;
	int r;

	/* Arrays double, so that adding one by one stays linear. */
	if ((package->n_files & (package->n_files - 1)) == 0) {
		grown = reallocarray(package->files, package->n_files ? package->n_files * 2 : 1,
			sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		package->files = grown;
	}
	r = host_links_lstat(&reader->root, path->path, reader->facts, &st);
	if (r == -ENOMEM)
		return r;
	grown = &package->files[package->n_files];
	*grown = (FactFile){
		.path = strdup(path->path),
		.type = r < 0 ? FACT_FILE_MISSING : host_file_type(st.st_mode),
		.conffile = path->conffile,
	};
	if (!grown->path)
		return -ENOMEM;
	package->n_files++;
	return 0;
}

/* Direct packages first; each with its files. */
static int add_packages(Reader *reader, Error **ret_error)
{
	const PackageIndex *packages = &reader->packages;
	_cleanup_free_ size_t *position = calloc(packages->n_packages + 1, sizeof(*position));

	if (!position)
		return error_oom(ret_error);
	for (int direct = 1; direct >= 0; direct--)
		for (uint32_t number = 0; number < packages->n_packages; number++) {
			if (!reader->set[number] || reader->same_source[number] != (direct == 1))
				continue;
			position[number] = reader->facts->n_packages;
			if (add_package(reader, number, ret_error) < 0)
				return -ENOMEM;
		}
	for (size_t i = 0; i < packages->n_paths; i++) {
		const PackagePath *path = &packages->paths[i];

		if (reader->set[path->package] && !package_path_is_program(path->path) &&
			add_file(reader, path, &reader->facts->packages[position[path->package]]) <
				0)
			return error_oom(ret_error);
	}
	return 0;
}

static int read_accounts(Reader *reader, Error **ret_error)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = NULL;
		int r;

		r = host_root_read(&reader->root, files[i], &text, NULL, ret_error);
		if (r < 0)
			return r;
		r = account_text_parse(
			text, i == 1, &reader->facts->accounts, &reader->facts->n_accounts);
		if (r < 0)
			return error_errno(ret_error, -r, "cannot read %s", files[i]);
	}
	return 0;
}

/* /usr is shared with the host, and with it what other packages want to run at every boot. */
static int read_generators(Reader *reader)
{
	static const char *const directories[] = { "/usr/lib/systemd/system-generators",
		"/usr/local/lib/systemd/system-generators" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_strv_ char **names = NULL;

		if (host_root_list(&reader->root, directories[i], &names) < 0) /* nor can systemd */
			continue;
		STRV_FOREACH (name, names) {
			_cleanup_free_ char *path = path_join(directories[i], *name);
			uint32_t owner;

			if (!path)
				return -ENOMEM;
			owner = package_index_owner(&reader->packages, path);
			if ((owner == PACKAGE_NONE || !reader->set[owner]) &&
				strv_append_unique(&reader->facts->foreign_generators, *name) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int add_certificate(int fd, const char *name, unsigned char type, void *data)
{
	Facts *facts = data;
	struct stat st;

	if (type == DT_LNK || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		S_ISLNK(st.st_mode))
		return 0;
	if (array_room(&facts->certificates, facts->n_certificates, sizeof(*facts->certificates)) <
		0)
		return -ENOMEM;
	facts->certificates[facts->n_certificates] = (FactFile){
		.path = path_join(CERTIFICATES, name),
		.type = host_file_type(st.st_mode),
	};
	return facts->certificates[facts->n_certificates++].path ? 0 : -ENOMEM;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const FactFile *)a)->path, ((const FactFile *)b)->path);
}

/* Programs find public certificates in one file of all of them, or by a link that is named by hash: two links for each. OpenSSL takes the
 * file where the host's /usr leads it there; many always do. */
static int read_certificates(Reader *reader)
{
	_cleanup_free_ char *target = NULL;
	struct stat st;
	int r = host_root_readlink(&reader->root, "/usr/lib/ssl/cert.pem", &target);

	if (r < 0 || strcmp(target, CERTIFICATES "/ca-certificates.crt") != 0)
		return r == -ENOMEM ? r : 0;
	if (host_root_lstat(&reader->root, target, &st) < 0 || !S_ISREG(st.st_mode) ||
		st.st_size == 0)
		return 0;
	r = host_root_each(&reader->root, CERTIFICATES, add_certificate, reader->facts);
	if (reader->facts->certificates)
		qsort(reader->facts->certificates, reader->facts->n_certificates, sizeof(FactFile),
			compare_files);
	return r;
}

/* Is it a file of a package that the container has not got? ucf's are listed by no package. */
static bool is_foreign_file(const Reader *reader, const char *path)
{
	uint32_t owner = package_index_owner(&reader->packages, path);

	for (size_t i = 0; owner == PACKAGE_NONE && i < reader->ucf.n; i++)
		if (strcmp(reader->ucf.entries[i].path, path) == 0 &&
			*reader->ucf.entries[i].package)
			owner = package_index_find(
				&reader->packages, reader->ucf.entries[i].package);
	return owner != PACKAGE_NONE && !reader->set[owner];
}

/* Is it where packages leave files for a program, as rules.d says? */
static bool is_drop_place(const Knowledge *knowledge, const char *directory)
{
	KNOWLEDGE_FOREACH (place, knowledge, STANZA_DROP_PLACE, "path")
		if (path_is_below(directory, place.value))
			return stanza_get(place.stanza, "reader");
	return false;
}

/* Adds to inside what may come along. */
static int read_drop_in(
	const Reader *reader, const char *directory, const char *path, char ***inside)
{
	Facts *facts = reader->facts;
	struct stat st;

	/* Of a directory in which many meet, as all of /etc or /etc/systemd, each has its own. */
	if (path_is_shared(facts->knowledge, path) &&
		host_root_lstat(&reader->root, path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (is_foreign_file(reader, path))
		return strv_append(&facts->foreign_files, path);
	if (!is_drop_place(facts->knowledge, directory))
		return 0;
	if (package_index_owner(&reader->packages, path) == PACKAGE_NONE &&
		drop_file_read(&reader->root, path, facts) < 0)
		return -ENOMEM;
	return strv_append(inside, path);
}

/* Where packages put files for the program of another one, and a configuration file names the whole directory (include /etc/NAME.d): which
 * are those of packages that the container has not got. The others are configuration as what names them is. */
static int read_foreign_files(Reader *reader, Error **ret_error)
{
	const Facts *facts = reader->facts;
	_cleanup_strv_ char **inside = NULL;

	for (size_t i = 0; i < facts->n_references; i++) {
		const FactReference *r = &facts->references[i];
		_cleanup_strv_ char **names = NULL;

		if (r->type != FACT_FILE_DIRECTORY || !path_is_shared(facts->knowledge, r->path) ||
			host_root_list(&reader->root, r->path, &names) < 0)
			continue;
		STRV_FOREACH (name, names) {
			_cleanup_free_ char *path = path_join(r->path, *name);

			if (!path || read_drop_in(reader, r->path, path, &inside) < 0)
				return error_oom(ret_error);
		}
	}
	return config_reader_read_places(&reader->root, inside, reader->facts) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int read_base(Reader *reader, Error **ret_error)
{
	int r = host_root_list(&reader->root, "/etc", &reader->facts->etc);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot list /etc");
	r = read_certificates(reader);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot list " CERTIFICATES);
	r = resolver_find(
		reader->root.fd, &reader->facts->resolver, &reader->facts->resolver_local);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read /etc/resolv.conf");
	r = host_domain_find(&reader->root, &reader->facts->domain);
	if (r == 0)
		r = read_generators(reader);
	return r < 0 ? error_oom(ret_error) : 0;
}

static void reader_done(Reader *reader)
{
	unit_index_done(&reader->units);
	unit_manager_done(&reader->manager);
	package_index_done(&reader->packages);
	ucf_done(&reader->ucf);
	free(reader->direct);
	free(reader->same_source);
	free(reader->set);
	facts_free(reader->facts);
	host_root_done(&reader->root);
}

/* What systemd would say is worth having, but files say nearly all of it: where it does not answer, that is told. */
static int ask_names(Reader *reader, char *const *names, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	int r = unit_manager_ask(names, &reader->manager, &error);

	if (r == 0)
		return 0;
	if (r != -ENOMEM)
		reader->facts->manager_problem = strdup(error_message(error));
	return reader->facts->manager_problem ? 0 : error_oom(ret_error);
}

static int ask_manager(Reader *reader, const Desc *desc, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;

	STRV_FOREACH (unit, desc->units) {
		_cleanup_free_ char *name = NULL;
		int r = 0;

		/* By the name that files give it, for aliases that systemd knows only of enabled units; or as it is, for a unit that only systemd knows. */
		if (unit_resolve(&reader->units, *unit, desc->name, &name, NULL) < 0)
			r = unit_complete_name(*unit, desc->name, &name, ret_error);
		if (r < 0)
			return r;
		if (strv_append(&names, name) < 0)
			return error_oom(ret_error);
	}
	return names ? ask_names(reader, names, ret_error) : 0;
}

static int reader_open(Reader *reader, const char *root, const char *rules, bool running,
	const Desc *desc, Error **ret_error)
{
	int r = host_root_open(&reader->root, root, ret_error);

	if (r >= 0)
		r = unit_index_load(&reader->root, running, &reader->units, ret_error);
	if (r < 0)
		return r;
	reader->facts = calloc(1, sizeof(*reader->facts));
	if (!reader->facts)
		return error_oom(ret_error);
	r = rules ? knowledge_load_from(rules, NULL, &reader->facts->knowledge, ret_error)
		  : knowledge_load(&reader->facts->knowledge, ret_error);
	if (r < 0)
		return r;
	reader->root.knowledge = reader->facts->knowledge;
	r = running ? ask_manager(reader, desc, ret_error) : 0;
	if (r < 0)
		return r;
	reader->units.manager = &reader->manager;
	r = package_index_load(&reader->root, &reader->packages, ret_error);
	if (r < 0)
		return r;
	reader->direct = calloc(reader->packages.n_packages + 1, sizeof(bool));
	reader->same_source = calloc(reader->packages.n_packages + 1, sizeof(bool));
	reader->set = calloc(reader->packages.n_packages + 1, sizeof(bool));
	if (!reader->direct || !reader->same_source || !reader->set ||
		ucf_read(&reader->root, &reader->ucf) < 0)
		return error_oom(ret_error);
	reader->facts->host_kind = strdup(reader->packages.kind);
	reader->facts->machine = MACHINE ? strdup(MACHINE) : NULL;
	if (!reader->facts->host_kind || (MACHINE && !reader->facts->machine))
		return error_oom(ret_error);
	return 0;
}

static int read_units(Reader *reader, const Desc *desc, Error **ret_error)
{
	int r;

	STRV_FOREACH (name, desc->units) {
		r = load_asked(reader, *name, desc->name, ret_error);
		if (r < 0)
			return r;
	}
	r = find_packages(reader, desc, ret_error);
	if (r < 0)
		return r;
	r = unit_closure(&reader->units, &reader->packages, desc->dbus, reader->set, reader->facts,
		ret_error);
	if (r == 0 && unit_generator_packages(reader) < 0)
		r = error_oom(ret_error);
	return r < 0 ? r : extensions_find(reader, ret_error);
}

/* Of links of the host's own; loopback addresses are everybody's, and link-local ones nobody's alone. */
static int read_addresses(Facts *facts)
{
	struct ifaddrs *all = NULL;
	int r = getifaddrs(&all) < 0 ? -errno : 0;

	for (const struct ifaddrs *one = all; one && r == 0; one = one->ifa_next) {
		char text[NI_MAXHOST];
		const struct sockaddr_in6 *six = (const void *)one->ifa_addr;

		if (!one->ifa_addr || one->ifa_flags & IFF_LOOPBACK ||
			(one->ifa_addr->sa_family != AF_INET &&
				(one->ifa_addr->sa_family != AF_INET6 ||
					IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))))
			continue;
		if (getnameinfo(one->ifa_addr,
			    one->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
								: sizeof(struct sockaddr_in6),
			    text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
			r = strv_append_unique(&facts->own_addresses, text);
	}
	freeifaddrs(all);
	return r == -ENOMEM ? r : 0; /* a host that does not tell has none to warn of */
}

int host_read_facts(const char *root, const char *rules, bool running, const Desc *desc,
	Facts **ret, Error **ret_error)
{
	_cleanup_(reader_done) Reader reader = { .root.fd = -EBADF };
	int r = reader_open(&reader, root, rules, running, desc, ret_error);

	if (r == 0)
		r = read_units(&reader, desc, ret_error);
	if (r == 0)
		r = add_packages(&reader, ret_error);
	if (r == 0)
		r = read_accounts(&reader, ret_error);
	if (r == 0)
		r = declarations_read(
			&reader.root, &reader.packages, reader.set, reader.facts, ret_error);
	if (r == 0)
		r = host_settings_read(&reader.root, reader.facts, ret_error);
	if (r == 0)
		r = unowned_read(&reader, ret_error);
	if (r == 0 && !root && read_addresses(reader.facts) < 0)
		r = error_oom(ret_error);
	if (r == 0)
		r = config_reader_read(&reader.root, desc->command, reader.facts, ret_error);
	if (r == 0 && config_reader_read_named(&reader.root, desc->with, reader.facts) < 0)
		r = error_oom(ret_error);
	if (r == 0 && host_links_of_named(&reader.root, desc->with, reader.facts) < 0)
		r = error_oom(ret_error);
	if (r == 0)
		r = read_foreign_files(&reader, ret_error);
	if (r == 0)
		r = application_read(&reader, ret_error);
	if (r == 0)
		r = peers_read(&reader, ret_error);
	if (r == 0)
		r = key_certificates_read(&reader, ret_error);
	if (r == 0)
		r = read_base(&reader, ret_error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(reader.facts);
	return 0;
}

int host_facts(const Desc *desc, Facts **ret, Error **ret_error)
{
	log_step("facts", "of the host for %s", desc->name);
	return host_read_facts(NULL, NULL, host_has_systemd(), desc, ret, ret_error);
}
