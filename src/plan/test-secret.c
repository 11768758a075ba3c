/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets by content: every format, and what looks like one and is public.
 */
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/unit-test.h"
#include "plan/secret.h"

#define BODY "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg"
#define HEX32 "0123456789abcdef0123456789ABCDEF"
#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

typedef struct Sample {
	const char *data;
	size_t size;
} Sample;

static const Sample secret[] = {
	BYTES("-----BEGIN EC PRIVATE KEY-----\n" BODY "\n"),
	BYTES("x\n-----BEGIN OPENSSH PRIVATE KEY-----"),
	BYTES("-----BEGIN PGP PRIVATE KEY BLOCK-----"),
	BYTES("  \t-----BEGIN PRIVATE KEY-----\n  " BODY "\n"),
	BYTES("\xef\xbb\xbf-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n" BODY "\r\n"),
	BYTES("# old\r-----BEGIN RSA PRIVATE KEY-----\r" BODY "\r"),
	BYTES("{ \"private_key\": \"-----BEGIN PRIVATE KEY-----\\n" BODY "\\n\" }\n"),
	BYTES("key: '-----BEGIN RSA PRIVATE KEY-----\n  " BODY "'\n"),
	BYTES("#\n# 2048 bit OpenVPN static key\n#\n-----BEGIN OpenVPN Static key V1-----\n" HEX32
	      "\n"),
	BYTES("PuTTY-User-Key-File-3: ssh-ed25519\n"),
	BYTES("== ed25519v1-secret: type0 ==\0\0\0"),
	BYTES("[Interface]\nPrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n"),
	BYTES("[default]\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"),
	BYTES("admin:$apr1$saltsalt$0123456789abcdefghijkl\n"),
	BYTES("admin:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\n"),
	BYTES("root:$y$j9T$saltsalt$0123456789abcdefghijkl:19000:0:99999:7:::\n"),
	BYTES("admin:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"),
	BYTES("mail@example.org:{PLAIN}pass\n"),
	BYTES("\"user\" \"md5" HEX32 "\"\n"),
	BYTES("\"user\" \"SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy\"\n"),
	BYTES("u:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" HEX32 ":[U          ]:LCT-5F000000:\n"),
	BYTES("# keys\nclient1:" HEX32 HEX32 "\n"),
	BYTES("admin:realm:0123456789abcdef0123456789abcdef\n"),
	BYTES("# users\nadmin:rqXexS6ZhobKA\r\nbob:aZ3xyz/.1kPQ2:of sales\n"),
	BYTES("usmUser 1 3 0x80001f88 0x61646d696e 0x61646d696e NULL\n"),
	BYTES("createUser admin SHA \"password\" AES\n"),
	BYTES("\x30\x0e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x02\x04\x00"), /* PKCS#8 */
	BYTES("\x30\x0b\x02\x01\x00\x02\x01\x03\x02\x01\x03\x02\x00"), /* PKCS#1 */
	BYTES("\x30\x0b\x02\x01\x01\x04\x06"
	      "abcdef"), /* SEC1 */
	BYTES("\x30\x13\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d\x30\x00\x04\x02xx"),
	BYTES("\x30\x14\x02\x01\x03\x30\x0f\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02\x05"
	      "\x00"),
	BYTES("\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\1\0\5alias\0\0\0\0\0\0\0\0\0\0\0\1x"),
	BYTES("\5\2\0\0\0\x3c\0\2\0\7EXAMPLE\0\4host\0\3web"),
	BYTES("TDB file\n\0\0\0key SECRETS/SID/WORKGROUP"),
	BYTES("> -----BEGIN PRIVATE KEY-----\n> " BODY "\n"),
	BYTES("He wrote:\n> > -----BEGIN OPENSSH PRIVATE KEY-----\n> > " BODY "\n"),
	BYTES("> admin:$apr1$saltsalt$0123456789abcdefghijkl\n"),
	BYTES("\v\f -----BEGIN PRIVATE KEY-----\n"),
	BYTES("# -----BEGIN PRIVATE KEY-----\n# " BODY "\n"),
	BYTES("+-----BEGIN PRIVATE KEY-----\r\n+" BODY "\r\n"),
	BYTES("static const char key[] = \"-----BEGIN EC PRIVATE KEY-----\\n\"\n\t\"" BODY
	      "\\n\";\n"),
	BYTES("[ \"-----BEGIN PRIVATE KEY-----\",\n  \"" BODY "\" ]\n"),
};

static const Sample public[] = {
	BYTES(""),
	BYTES("-----BEGIN CERTIFICATE-----\n" BODY "\n-----END CERTIFICATE-----\n"),
	BYTES("-----BEGIN PUBLIC KEY-----\n" BODY "\n"),
	BYTES("-----BEGIN DH PARAMETERS-----\n" BODY "\n"),
	BYTES("# -----BEGIN RSA PRIVATE KEY-----"),
	BYTES("# -----BEGIN RSA PRIVATE KEY-----\n# ...\n# -----END RSA PRIVATE KEY-----\n"),
	BYTES("> -----BEGIN CERTIFICATE-----\n> " BODY "\n"),
	BYTES("grep -q 'BEGIN RSA PRIVATE KEY' \"$1\" || grep -- '-----BEGIN PRIVATE KEY-----' \"$1\"\n"),
	BYTES("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDEhJ0YfUpGQTFJf7cYmyOEfCHXLWHTpZm root@web1\n"),
	BYTES("root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/bin/false\n"),
	BYTES("root:*:19000:0:99999:7:::\nmail:!:19000::::::\n"),
	BYTES("# admin:$apr1$saltsalt$0123456789abcdefghijkl\n"),
	BYTES("path:$1$2\nroute:$1$domain\n"),
	BYTES("PublicKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n"),
	BYTES("#createUser admin SHA \"password\"\nrouser admin\n"),
	BYTES(HEX32 "  file\n"),
	BYTES("postmaster:Administrator\nroot:administrator\n"),
	BYTES("admin:rqXexS6ZhobKA\ncolour:blue\n"),
	BYTES("db:db1.acme.corp\nid:1234567890123\nNAME:ABCDEFGHIJKLM\n"),
	BYTES("postmaster: root\nroot: admin\n"),
	BYTES("\x30\x0e\x30\x0c\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x05\x00"), /* a request */
	BYTES("\x30\x0a\x02\x02\x00\xff\x02\x01\x02\x05\x00\x05"), /* parameters, a public key */
	BYTES("\x30\x14\x02\x01\x03\x30\x0f\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03\x05"
	      "\x00"),
	BYTES("\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2\0\1a\0\0\0\0\0\0\0\0\0\5X.509\0\0\0\1x"),
	BYTES("TDB file\n\0\0\0key printers"),
	BYTES("\x7f"
	      "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e\0"),
};

static SecretWords *words; /* of our own rules */

static int load_words(_unused_ void **state)
{
	_cleanup_free_ char *directory = path_join(getenv("SOURCE_ROOT"), "rules.d");
	_cleanup_knowledge_ Knowledge *knowledge = NULL;

	return knowledge_load_from(directory, NULL, &knowledge, NULL) < 0 ||
	       secret_words(knowledge, &words) < 0;
}

static int free_words(_unused_ void **state)
{
	words = secret_words_free(words);
	return 0;
}

/* Private keys are secrets whatever the rules say; what they name is one only because they do. */
TEST(without_words)
{
	_cleanup_secret_words_ SecretWords *none = NULL;
	size_t found = 0;

	assert_int_equal(secret_words(NULL, &none), 0);
	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		found += secret_content(none, secret[i].data, secret[i].size, true);
	assert_true(secret_content(none, secret[0].data, secret[0].size, true));
	assert_int_equal(found, 28);
	assert_false(secret_name(none, "/srv/app/.aws/credentials"));
}

TEST(secrets)
{
	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		if (!secret_content(words, secret[i].data, secret[i].size, true))
			fail_msg("not recognized: %zu: %s", i, secret[i].data);
}

/* The same sample as UTF-16 and UTF-32 of both orders, with the mark and without. */
static bool is_secret_when_wide(const Sample *sample, size_t width, bool big, bool mark)
{
	size_t size = (sample->size + mark) * width, last = big ? width - 1 : 0;
	_cleanup_free_ char *wide = calloc(size + 1, 1);

	assert_non_null(wide);
	if (mark) {
		wide[last] = '\xff';
		wide[big ? last - 1 : 1] = '\xfe';
	}
	for (size_t i = 0; i < sample->size; i++)
		wide[(i + mark) * width + last] = sample->data[i];
	return secret_content(words, wide, size, true);
}

TEST(wide)
{
	static const Sample key = BYTES(
				    "# my key\r\n-----BEGIN RSA PRIVATE KEY-----\r\n" BODY "\r\n"),
			    certificate = BYTES("-----BEGIN CERTIFICATE-----\r\n" BODY "\r\n");

	for (unsigned int i = 0; i < 8; i++) {
		size_t width = i & 1 ? 2 : 4;

		assert_true(is_secret_when_wide(&key, width, i & 2, i & 4));
		assert_false(is_secret_when_wide(&certificate, width, i & 2, i & 4));
	}
}

TEST(public)
{
	for (size_t i = 0; i < ARRAY_SIZE(public); i++)
		if (secret_content(words, public[i].data, public[i].size, true))
			fail_msg("taken for a secret: %zu: %s", i, public[i].data);
}

/* Every beginning of every sample is read within its bounds: each lies at the end of memory of its own. */
TEST(torn)
{
	for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
		for (size_t n = 0; n < secret[i].size; n++) {
			char *copy = malloc(n + 1);

			assert_non_null(copy);
			memcpy(copy + 1, secret[i].data, n);
			(void)secret_content(words, copy + 1, n, true);
			(void)secret_content(words, copy + 1, n, false);
			free(copy);
		}
}

TEST(names)
{
	assert_true(secret_name(words, "/var/lib/postgresql/.psql_history"));
	assert_true(secret_name(words, "/srv/app/.aws/credentials"));
	assert_true(secret_name(words, "/var/lib/samba/private/secrets.tdb"));
	assert_false(secret_name(words, "/etc/credentials"));
	assert_false(secret_name(words, "/etc/not.netrc"));
	assert_false(secret_name(words, "/etc/bash.bashrc"));
}

TEST_GROUP(load_words, free_words)
