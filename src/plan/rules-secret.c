/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets: what never leaves the host, and what is made fresh in its place because the service would not start without it.
 * plan_apply() looks once more at the content of everything it copies.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"
#include "plan/secret.h"

#define SNAKEOIL_KEY "/etc/ssl/private/ssl-cert-snakeoil.key"
#define SNAKEOIL_CERTIFICATE "/etc/ssl/certs/ssl-cert-snakeoil.pem"

/* Never copied, whoever asks for them but --with. */
static const char *const secrets[] = { "/etc/shadow", "/etc/shadow-", "/etc/gshadow",
	"/etc/gshadow-", "/etc/passwd-", "/etc/group-", "/etc/subuid-", "/etc/subgid-",
	"/etc/security/opasswd", "/etc/krb5.keytab", "/etc/machine-id", "/var/lib/dbus/machine-id",
	"/etc/pki/tls/private/*", "/var/lib/*/.erlang.cookie", "/var/lib/systemd/random-seed",
	"/var/lib/systemd/credential.secret", "/etc/mysql/debian.cnf", "/etc/bind/rndc.key",
	"/etc/rndc.key" };

/* The service may need it: then the administrator is told. */
static void login_file(PlanBuild *build, const char *path)
{
	build_exclude(build, path);
	if (rules_own_place(build, path) && !path_is_below_any(path, build->desc->with))
		build_warn(build,
			"%s keeps a login or a history and stays on the host; --with %s copies it",
			path, path);
}

void rule_secret(PlanBuild *build)
{
	const KnownPath *rndc = build_known(build, "/etc/bind/rndc.key");

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		build_exclude(build, secrets[i]);
	for (size_t i = 0; i < build->facts->n_unowned; i++)
		if (secret_name(build->facts->unowned[i].path))
			login_file(build, build->facts->unowned[i].path);
	if (rndc)
		build_owner(build,
			build_secret(build, "/etc/bind/rndc.key", 0640, "rndc-key",
				"control channel of named"),
			"bind", "bind");
	if (build_known(build, "/etc/mysql/debian.cnf"))
		build_guard(build,
			build_file(build, "/etc/mysql/debian.cnf", 0600,
				"[client]\nhost = localhost\nuser = root\n[mysql_upgrade]\nhost = "
				"localhost\nuser = root\n",
				"maintenance login by socket, without the host's password"));
}

/* /etc/ssh/ssh_host_TYPE_key: its TYPE, newly allocated, or NULL. */
static char *host_key_type(const char *path)
{
	static const char prefix[] = "/etc/ssh/ssh_host_", suffix[] = "_key";
	size_t n = strlen(path), fixed = strlen(prefix) + strlen(suffix);

	if (n <= fixed || strncmp(path, prefix, strlen(prefix)) != 0 ||
		strcmp(path + n - strlen(suffix), suffix) != 0)
		return NULL;
	return strndup(path + strlen(prefix), n - fixed);
}

static void host_key(PlanBuild *build, const char *type)
{
	_cleanup_free_ char *path = NULL, *public = NULL, *secret = NULL;

	if (asprintf(&path, "/etc/ssh/ssh_host_%s_key", type) < 0 ||
		asprintf(&public, "%s.pub", path) < 0 ||
		asprintf(&secret, "ssh-host-key %s", type) < 0) {
		build->failed = true;
		return;
	}
	build_secret(build, path, 0600, secret, "sshd needs a host key");
	build_exclude(build, public); /* made together with it */
}

static bool runs_sshd(const Facts *facts)
{
	for (size_t i = 0; i < facts->n_units; i++) {
		const char *start = facts_unit_get(&facts->units[i], "Service", "ExecStart");

		if (start && strstr(start, "/sshd"))
			return true;
	}
	return false;
}

void rule_ssh_key(PlanBuild *build)
{
	bool any = false;

	for (size_t i = 0; i < build->facts->n_unowned; i++) {
		_cleanup_free_ char *type = host_key_type(build->facts->unowned[i].path);

		if (!type)
			continue;
		host_key(build, type);
		any = true;
	}
	if (!any && runs_sshd(build->facts))
		host_key(build, "ed25519");
}

static bool wants_snakeoil(const Facts *facts)
{
	if (facts_package(facts, "ssl-cert"))
		return true;
	for (size_t i = 0; i < facts->n_unowned; i++)
		if (facts->unowned[i].link && strstr(facts->unowned[i].link, "ssl-cert-snakeoil"))
			return true;
	for (size_t i = 0; i < facts->n_references; i++)
		if (strcmp(facts->references[i].path, SNAKEOIL_KEY) == 0)
			return true;
	return false;
}

void rule_snakeoil(PlanBuild *build)
{
	bool group = facts_account(build->facts, "ssl-cert", true);

	if (!wants_snakeoil(build->facts))
		return;
	build_exclude(build, SNAKEOIL_CERTIFICATE); /* made together with the key */
	/* As the package leaves it: services that are no root reach their keys through the group. */
	build_guard(build, build_directory(build, "/etc/ssl/private", 0710, NULL, "ssl-cert",
				   "package ssl-cert"));
	build_owner(build,
		build_secret(build, SNAKEOIL_KEY, group ? 0640 : 0600,
			"tls-certificate " SNAKEOIL_CERTIFICATE, "certificate of package ssl-cert"),
		NULL, "ssl-cert");
}

/* key with its ending and its folder replaced, newly allocated, or NULL when it has not got them. */
static char *substitute(const char *key, const char *const ending[2], const char *const folder[2])
{
	size_t n = strlen(key), cut = strlen(ending[0]);
	_cleanup_free_ char *ended = NULL;
	const char *found;
	char *path;

	if (n < cut || strcmp(key + n - cut, ending[0]) != 0 ||
		asprintf(&ended, "%.*s%s", (int)(n - cut), key, ending[1]) < 0)
		return NULL;
	found = strstr(ended, folder[0]);
	if (!found || asprintf(&path, "%.*s%s%s", (int)(found - ended), ended, folder[1],
			      found + strlen(folder[0])) < 0)
		return NULL;
	return path;
}

/* The certificate that belongs to a key, by the customs of naming, newly allocated: a path that is known, or the key's own
 * path where one file holds both. NULL: none. */
static char *certificate_of(const PlanBuild *build, const char *key)
{
	static const char *const endings[][2] = { { ".key", ".crt" }, { ".key", ".pem" },
		{ ".key", ".cert" }, { ".key", ".cer" }, { "-key.pem", "-cert.pem" },
		{ "-key.pem", ".pem" }, { "privkey.pem", "fullchain.pem" },
		{ "privkey.pem", "cert.pem" }, { "key.pem", "cert.pem" }, { "", "" },
		{ ".key", ".key" } };
	static const char *const folders[][2] = { { "", "" }, { "/private/", "/certs/" },
		{ "/private/", "/" } };

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		for (size_t j = 0; j < ARRAY_SIZE(folders); j++) {
			_cleanup_free_ char *path = substitute(key, endings[i], folders[j]);

			if (path && strcmp(path, key) != 0 && build_known(build, path))
				return TAKE_PTR(path);
		}
	return strlen(key) > 4 && strcmp(key + strlen(key) - 4, ".pem") == 0 ? strdup(key) : NULL;
}

static void fresh_key(PlanBuild *build, const char *path)
{
	_cleanup_free_ char *certificate = certificate_of(build, path), *secret = NULL;
	const KnownPath *known = build_known(build, path);
	const FactUnowned *u = known ? known->unowned : NULL;
	const FactReference *r = known ? known->reference : NULL;
	uint32_t uid = u ? u->uid : r ? r->uid : 0, gid = u ? u->gid : r ? r->gid : 0;

	if (asprintf(&secret, certificate ? "tls-certificate %s" : "private-key", certificate) <
		0) {
		build->failed = true;
		return;
	}
	build_owner(build,
		build_secret(
			build, path, gid != 0 ? 0640 : 0600, secret, "a private key of the host"),
		build_account_name(build, uid, false), build_account_name(build, gid, true));
	if (certificate)
		build_exclude(build, certificate);
	build_warn(build,
		"%s is a private key and stays on the host: a fresh one is made%s%s; --with %s "
		"copies the real one",
		path,
		certificate && strcmp(certificate, path) != 0
			? ", with the self-signed certificate "
			: "",
		certificate && strcmp(certificate, path) != 0 ? certificate : "", path);
}

static void private_key(PlanBuild *build, const char *path, bool wanted)
{
	_cleanup_free_ char *type = host_key_type(path);
	const KnownPath *known = build_known(build, path);

	if (known && known->unowned && known->unowned->link &&
		strcmp(known->unowned->link, SNAKEOIL_KEY) == 0)
		return; /* the link may stay: what it leads to is made */
	STRV_FOREACH (with, build->desc->with)
		if (path_is_below(path, *with))
			return;
	build_exclude(build, path);
	if (wanted && !type && strcmp(path, SNAKEOIL_KEY) != 0)
		fresh_key(build, path);
}

void rule_private_key(PlanBuild *build)
{
	STRV_FOREACH (path, build->facts->private_keys)
		private_key(build, *path, rules_own_place(build, *path));
	for (size_t i = 0; i < build->facts->n_references; i++)
		if (build->facts->references[i].private_key)
			private_key(build, build->facts->references[i].path, true);
	for (size_t i = 0; i < build->facts->n_unowned; i++) {
		const FactUnowned *u = &build->facts->unowned[i];

		if (u->link && strstr(u->link, "/private/"))
			private_key(build, u->path, rules_own_place(build, u->path));
	}
}
