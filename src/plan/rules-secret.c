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
	const Facts *facts = build->facts;

	KNOWLEDGE_FOREACH (secret, facts->knowledge, STANZA_SECRET_FILE, "path")
		build_exclude(build, secret.value);
	for (size_t i = 0; i < facts->n_unowned; i++)
		if (secret_name(build->plan->secrets, facts->unowned[i].path))
			login_file(build, facts->unowned[i].path);
	STANZA_FOREACH (file, facts->knowledge, STANZA_MADE_FILE)
		if (build_known(build, stanza_get(file, "path")))
			build_guard(
				build, build_file(build, stanza_get(file, "path"),
					       stanza_mode(file, 0644), stanza_get(file, "text"),
					       "%s", stanza_get(file, "reason")));
}

/* The stanza of the secret that is made fresh at this path, or NULL. *ret_rest, which may be NULL: what the "*" of its pattern stands for, borrowed, with
 * its length. */
static const Stanza *fresh_at(
	const Facts *facts, const char *path, const char **ret_rest, size_t *ret_length)
{
	KNOWLEDGE_FOREACH (fresh, facts->knowledge, STANZA_FRESH_SECRET, "path") {
		const char *star = strchr(fresh.value, '*');
		size_t before = star ? (size_t)(star - fresh.value) : strlen(fresh.value),
		       after = star ? strlen(star + 1) : 0, n = strlen(path);

		if (n < before + after + (star ? 1 : 0) ||
			strncmp(path, fresh.value, before) != 0 ||
			(star ? strcmp(path + n - after, star + 1) != 0 : n != before))
			continue;
		if (ret_rest) {
			*ret_rest = path + before;
			*ret_length = n - before - after;
		}
		return fresh.stanza;
	}
	return NULL;
}

bool rules_leads_to_fresh(const Facts *facts, const char *link)
{
	KNOWLEDGE_FOREACH (fresh, facts->knowledge, STANZA_FRESH_SECRET, "path") {
		const char *certificate = stanza_get(fresh.stanza, "certificate"),
			   *name = path_base(link);

		if (strcmp(path_base(fresh.value), name) == 0 ||
			(certificate && strcmp(path_base(certificate), name) == 0))
			return true;
	}
	return false;
}

/* What a plan says of a secret that is made fresh: its kind, and what the kind needs. Newly allocated; NULL without memory. */
static char *describe_fresh(const Stanza *fresh, const char *type, size_t length)
{
	const char *kind = stanza_get(fresh, "kind"), *text = stanza_get(fresh, "text"),
		   *certificate = stanza_get(fresh, "certificate");
	char *secret;
	int n;

	if (certificate || text)
		n = asprintf(&secret, "%s %s", kind, certificate ? certificate : text);
	else if (type)
		n = asprintf(&secret, "%s %.*s", kind, (int)length, type);
	else
		n = asprintf(&secret, "%s", kind);
	return n < 0 ? NULL : secret;
}

/* What is made together with it, the certificate or the public half of the key, is not copied. */
static void add_fresh(
	PlanBuild *build, const Stanza *fresh, const char *path, const char *type, size_t length)
{
	const char *user = stanza_get(fresh, "user"), *group = stanza_get(fresh, "group"),
		   *reason = stanza_get(fresh, "reason"),
		   *certificate = stanza_get(fresh, "certificate");
	_cleanup_free_ char *secret = describe_fresh(fresh, type, length), *public = NULL,
			    *parent = NULL;
	mode_t mode = stanza_mode(fresh, 0600);

	if (!secret || asprintf(&public, "%s.pub", path) < 0 ||
		asprintf(&parent, "%.*s", (int)(path_base(path) - 1 - path), path) < 0) {
		build->failed = true;
		return;
	}
	if (certificate || type)
		build_exclude(build, certificate ? certificate : public);
	if (group && !facts_account(build->facts, group, true))
		mode &= 0700;
	/* Services that are no root reach their keys through the group. */
	if (certificate && group)
		build_guard(build, build_directory(build, parent, 0710, NULL, group, "%s", reason));
	build_owner(build, build_secret(build, path, mode, secret, "%s", reason), user, group);
}

/* A pattern: each that the host has, or one where its program runs. */
static void fresh_of_pattern(PlanBuild *build, const Stanza *fresh)
{
	const char *pattern = stanza_get(fresh, "path"), *star = strchr(pattern, '*'),
		   *type = stanza_get(fresh, "type");
	const Facts *facts = build->facts;
	_cleanup_free_ char *path = NULL;
	bool any = false;

	for (size_t i = 0; i < facts->n_unowned; i++) {
		const char *rest;
		size_t length;

		if (fresh_at(facts, facts->unowned[i].path, &rest, &length) != fresh)
			continue;
		add_fresh(build, fresh, facts->unowned[i].path, rest, length);
		any = true;
	}
	if (any || !type || !rules_runs(build, fresh))
		return;
	if (asprintf(&path, "%.*s%s%s", (int)(star - pattern), pattern, type, star + 1) < 0) {
		build->failed = true;
		return;
	}
	add_fresh(build, fresh, path, type, strlen(type));
}

/* Does the host have it, or something that leads to it, or the package that makes it? */
static bool is_wanted(PlanBuild *build, const Stanza *fresh)
{
	const char *package = stanza_get(fresh, "package"), *path = stanza_get(fresh, "path"),
		   *certificate = stanza_get(fresh, "certificate");
	const Facts *facts = build->facts;

	if (build_known(build, path) || (package && facts_package(facts, package)))
		return true;
	for (size_t i = 0; i < facts->n_unowned; i++) {
		const char *link = facts->unowned[i].link;

		if (link && (strcmp(path_base(link), path_base(path)) == 0 ||
				    (certificate &&
					    strcmp(path_base(link), path_base(certificate)) == 0)))
			return true;
	}
	return false;
}

void rule_fresh_secret(PlanBuild *build)
{
	STANZA_FOREACH (fresh, build->facts->knowledge, STANZA_FRESH_SECRET) {
		const char *path = stanza_get(fresh, "path");

		if (strchr(path, '*'))
			fresh_of_pattern(build, fresh);
		else if (is_wanted(build, fresh))
			add_fresh(build, fresh, path, NULL, 0);
	}
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

/* The certificate with the key's public key, or else the one that belongs to it by the customs of naming, newly allocated: a path that is known, or the key's own
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

	for (size_t i = 0; i < build->facts->n_key_certificates; i++)
		if (strcmp(build->facts->key_certificates[i].file, key) == 0)
			return strdup(build->facts->key_certificates[i].text);
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		for (size_t j = 0; j < ARRAY_SIZE(folders); j++) {
			_cleanup_free_ char *path = substitute(key, endings[i], folders[j]);

			if (path && strcmp(path, key) != 0 && build_known(build, path))
				return TAKE_PTR(path);
		}
	return strlen(key) > 4 && strcmp(key + strlen(key) - 4, ".pem") == 0 ? strdup(key) : NULL;
}

/* A key may have more than one file with its certificate: with those above it, or without. They become links to the one that is made. */
static void fresh_certificates(PlanBuild *build, const char *key, const char *certificate)
{
	build_exclude(build, certificate);
	for (size_t i = 0; i < build->facts->n_key_certificates; i++) {
		const FactLine *other = &build->facts->key_certificates[i];

		if (strcmp(other->file, key) != 0 || strcmp(other->text, certificate) == 0)
			continue;
		build_exclude(build, other->text);
		build_link(build, other->text, certificate, "the certificate of a fresh key");
	}
}

static void fresh_key(PlanBuild *build, const char *path)
{
	_cleanup_free_ char *certificate = certificate_of(build, path), *secret = NULL;
	const KnownPath *known = build_known(build, path);
	const FactUnowned *u = known ? known->unowned : NULL;
	const FactReference *r = known ? known->reference : NULL;
	uint32_t uid = u ? u->uid : r ? r->uid : 0, gid = u ? u->gid : r ? r->gid : 0;
	bool beside = certificate && strcmp(certificate, path) != 0;
	PlanEntry *entry;

	if (asprintf(&secret, certificate ? "tls-certificate %s" : "private-key", certificate) <
		0) {
		build->failed = true;
		return;
	}
	entry = build_secret(
		build, path, gid != 0 ? 0640 : 0600, secret, "a private key of the host");
	build_owner(build, entry, build_account_name(build, uid, false),
		build_account_name(build, gid, true));
	if (entry && !entry->source) {
		entry->source = strdup(path); /* of the same algorithm */
		build->failed = build->failed || !entry->source;
	}
	if (certificate)
		fresh_certificates(build, path, certificate);
	build_warn(build,
		"%s is a private key and stays on the host: a fresh one is made%s%s; --with %s "
		"copies the real one",
		path,
		beside ? ", with the self-signed certificate "
		: certificate
			? ""
			: ", which fits no certificate or record that was made with the real one",
		beside ? certificate : "", path);
}

static void private_key(PlanBuild *build, const char *path, bool wanted)
{
	const KnownPath *known = build_known(build, path);

	if (known && known->unowned && known->unowned->link &&
		fresh_at(build->facts, known->unowned->link, NULL, NULL))
		return; /* the link may stay: what it leads to is made */
	STRV_FOREACH (with, build->desc->with)
		if (path_is_below(path, *with))
			return;
	build_exclude(build, path);
	if (wanted && !fresh_at(build->facts, path, NULL, NULL))
		fresh_key(build, path);
}

/* What a link leads to is asked for by the name of the link, where the fresh key is made. */
static bool is_led_to(const Facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->n_references; i++)
		if (facts->references[i].target && strcmp(facts->references[i].target, path) == 0)
			return true;
	return false;
}

void rule_private_key(PlanBuild *build)
{
	STRV_FOREACH (path, build->facts->private_keys)
		private_key(build, *path, rules_own_place(build, *path));
	for (size_t i = 0; i < build->facts->n_references; i++) {
		const FactReference *r = &build->facts->references[i];

		if (r->private_key)
			private_key(build, r->path, !is_led_to(build->facts, r->path));
	}
	for (size_t i = 0; i < build->facts->n_unowned; i++) {
		const FactUnowned *u = &build->facts->unowned[i];

		if (u->link && strstr(u->link, "/private/"))
			private_key(build, u->path, rules_own_place(build, u->path));
	}
}
