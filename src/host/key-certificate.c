/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which certificates belong to the private keys that stay on the host: those with the same public key, whatever they are called.
 */
#include "host/host-read.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "host/config-reference.h"

#define KEYS_MAX 32 /* of one container that are compared */
#define CERTIFICATES_MAX 128

/* The public key of a private key or of a certificate as text, newly allocated. -ENODATA: it is none, or nobody can say without its passphrase. */
static int public_key(const HostRoot *root, const char *path, bool certificate, char **ret)
{
	_cleanup_free_ char *place = NULL, *text = NULL;
	char *const of_key[] = { (char *)"openssl", (char *)"pkey", (char *)"-passin",
		(char *)"pass:", (char *)"-pubout", (char *)"-in", NULL, NULL };
	char *const of_certificate[] = { (char *)"openssl", (char *)"x509", (char *)"-noout",
		(char *)"-pubkey", (char *)"-in", NULL, NULL };
	char *argv[ARRAY_SIZE(of_key)];
	int status = 0, r;

	if (asprintf(&place, "%s%s", root->path, path) < 0) {
		place = NULL;
		return -ENOMEM;
	}
	memcpy(argv, certificate ? of_certificate : of_key,
		certificate ? sizeof(of_certificate) : sizeof(of_key));
	argv[certificate ? 5 : 6] = place;
	r = spawn_run(argv, NULL, &text, &status, NULL);
	if (r < 0 || status != 0)
		return r == -ENOMEM ? r : -ENODATA;
	*ret = TAKE_PTR(text);
	return 0;
}

/* What rules.d makes fresh has its certificate by name. */
static bool is_made_by_rule(const Facts *facts, const char *key)
{
	KNOWLEDGE_FOREACH (fresh, facts->knowledge, STANZA_FRESH_SECRET, "path")
		if (fnmatch(fresh.value, key, FNM_PATHNAME) == 0)
			return true;
	return false;
}

static int find_keys(const Reader *reader, char ***ret)
{
	const Facts *facts = reader->facts;
	int r = 0;

	STRV_FOREACH (key, facts->private_keys)
		if (r == 0 && !is_made_by_rule(facts, *key))
			r = strv_append_unique(ret, *key);
	for (size_t i = 0; i < facts->n_references && r == 0; i++)
		if (facts->references[i].private_key &&
			!is_made_by_rule(facts, facts->references[i].path))
			r = strv_append_unique(ret, facts->references[i].path);
	return r;
}

static int add_certificate(const Reader *reader, const char *path, char ***certificates)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = config_reference_read_text(&reader->root, path, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return memmem(text, size, begin, strlen(begin)) ? strv_append_unique(certificates, path)
							: 0;
}

static int find_certificates(const Reader *reader, char ***ret)
{
	const Facts *facts = reader->facts;
	int r = 0;

	for (size_t i = 0; i < facts->n_references && r == 0; i++)
		if (facts->references[i].type != FACT_FILE_DIRECTORY &&
			facts->references[i].type != FACT_FILE_OTHER)
			r = add_certificate(reader, facts->references[i].path, ret);
	for (size_t i = 0; i < facts->n_unowned && r == 0; i++)
		if (facts->unowned[i].type == FACT_FILE_REGULAR &&
			path_is_below(facts->unowned[i].path, "/etc"))
			r = add_certificate(reader, facts->unowned[i].path, ret);
	return r;
}

static int compare(Reader *reader, char *const *keys, char *const *certificates)
{
	Facts *facts = reader->facts;
	char *of_certificates[CERTIFICATES_MAX] = { 0 };
	size_t n = 0;
	int r = 0;

	for (; certificates[n] && n < CERTIFICATES_MAX && r != -ENOMEM; n++)
		r = public_key(&reader->root, certificates[n], true, &of_certificates[n]);
	for (size_t k = 0; keys[k] && k < KEYS_MAX && r != -ENOMEM; k++) {
		_cleanup_free_ char *of_key = NULL;

		r = public_key(&reader->root, keys[k], false, &of_key);
		for (size_t i = 0; i < n && of_key && r == 0; i++)
			if (of_certificates[i] && strcmp(of_certificates[i], of_key) == 0)
				r = config_reference_add_line(keys[k], certificates[i], NULL,
					&facts->key_certificates, &facts->n_key_certificates);
	}
	for (size_t i = 0; i < n; i++)
		free(of_certificates[i]);
	return r == -ENOMEM ? r : 0;
}

int key_certificates_read(Reader *reader, Error **ret_error)
{
	_cleanup_strv_ char **keys = NULL, **certificates = NULL;
	int r = find_keys(reader, &keys);

	if (r == 0 && keys)
		r = find_certificates(reader, &certificates);
	if (r == 0 && certificates)
		r = compare(reader, keys, certificates);
	return r < 0 ? error_oom(ret_error) : 0;
}
