/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets by content. Each format is a row of one of two tables: those that are a line of text, and those that are a whole file; what names single programs
 * give to theirs are the words of rules.d. A format that is not here is not recognized; SECURITY.md lists them.
 */
#include "plan/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/array.h"
#include "base/macro.h"

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define BASE64 UPPER LOWER DIGITS "+/="
#define CRYPT UPPER LOWER DIGITS "./"
#define HEX "0123456789abcdefABCDEF"
#define BODY_MIN 16 /* characters of base64 that make a key of what could be a mention */
#define LINE_MIN 32 /* the same, where marks stand before them */
#define WIDE_HEAD 8 /* bytes in which wide characters show */
#define HASH_MIN 20 /* characters of a hash with its scheme: "$1$2" is an argument of a script */
#define CRYPT_LENGTH 13
#define ENTRIES_MAX 4096 /* of a key store that we walk over */

#define SECRET_FOREACH(word, list, mark)                                                           \
	for (const SecretWord *word = (list)->words + ((mark) > 0 ? (list)->end[(mark)-1] : 0);    \
		word < (list)->words + (list)->end[mark]; word++)

typedef struct Text {
	const char *p, *end;
} Text;

static bool at(Text t, const char *word)
{
	size_t n;

	if (t.p < t.end && *t.p != *word && *word != '\0') /* nearly all */
		return false;
	n = strlen(word);
	return (size_t)(t.end - t.p) >= n && memcmp(t.p, word, n) == 0;
}

static const char *find(Text t, const char *word)
{
	return memmem(t.p, (size_t)(t.end - t.p), word, strlen(word));
}

static size_t span(Text t, const char *set)
{
	const char *p = t.p;

	while (p < t.end && *p && strchr(set, *p))
		p++;
	return (size_t)(p - t.p);
}

static Text skip(Text t, size_t n)
{
	t.p += MIN(n, (size_t)(t.end - t.p));
	return t;
}

static Text trim(Text t)
{
	return skip(t, span(t, " \t\r\v\f"));
}

static bool is_body(Text t, size_t n)
{
	return span(t, BASE64) >= n || at(t, "Proc-Type:") || at(t, "Version:") ||
	       at(t, "Comment:");
}

/* What comes behind the head of a key in the same string: "\n" as JSON writes it, "\\n", or a line of its own, which may begin as one of a comment, a
 * quotation or a list of strings does. */
static bool has_body(Text t)
{
	if (is_body(skip(t, span(t, "\\nr \t\r\n")), BODY_MIN))
		return true;
	t = skip(t, span(t, "\"'\\nr,+ \t"));
	return (at(t, "\n") || at(t, "\r")) &&
	       is_body(skip(t, span(t, "\r\n \t>|#;*/\"'+-")), LINE_MIN);
}

static bool is_secret_head(const SecretWords *words, Text head)
{
	if (find(head, "PRIVATE KEY"))
		return true;
	SECRET_FOREACH(word, words, SECRET_PEM)
	if (find(head, word->text))
		return true;
	return false;
}

/* t: one line; whole: up to the end of the text. */
static bool pem(const SecretWords *words, Text t, Text whole)
{
	static const char begin[] = "-----BEGIN ";

	for (const char *p = find(t, begin); p; p = find((Text){ p + 1, t.end }, begin)) {
		Text head = { p + strlen(begin), t.end };
		const char *close = find(head, "-----");

		if (close)
			head.end = close;
		if (is_secret_head(words, head) &&
			(p == t.p || (close && has_body((Text){ close + 5, whole.end }))))
			return true;
	}
	return false;
}

/* NAME:HASH, as in shadow and the files of mail servers. */
static bool password_hash(const SecretWords *words, Text t, Text whole)
{
	const char *colon = memchr(t.p, ':', (size_t)(t.end - t.p));
	Text hash;

	(void)whole;
	if (!colon || colon == t.p || at(t, "#") || memchr(t.p, ' ', (size_t)(colon - t.p)))
		return false;
	hash = (Text){ colon + 1, t.end };
	SECRET_FOREACH(word, words, SECRET_HASH)
	if (at(hash, word->text))
		return word->text[0] == '{' || span(hash, BASE64 "$.,-_*") >= HASH_MIN;
	return false;
}

/* "USER" "md5...": the list of a connection pool. */
static bool quoted_hash(const SecretWords *words, Text t, Text whole)
{
	const char *md5;

	(void)words;
	(void)whole;
	if (!at(t, "\""))
		return false;
	md5 = find(t, "\"md5");
	return (md5 && span((Text){ md5 + 4, t.end }, HEX) == 32) || find(t, "\"SCRAM-SHA-256$");
}

/* NAME:UID:LM hash:NT hash:[FLAGS]:LCT-TIME: */
static bool nt_hash(const SecretWords *words, Text t, Text whole)
{
	const char *last = find(t, ":LCT-"), *account = last ? find(t, ":[U") : NULL;

	(void)words;
	(void)whole;
	return account && last && account < last && account - t.p > 64;
}

/* A key that is the value of a name: "PrivateKey = ...". */
static bool named_value(const SecretWords *words, Text t, Text whole)
{
	(void)whole;
	SECRET_FOREACH(word, words, SECRET_VALUE)
	{
		Text value;

		if (!at(t, word->text))
			continue;
		value = trim(skip(t, strlen(word->text)));
		if (at(value, "=") && span(trim(skip(value, 1)), BASE64) >= word->length)
			return true;
	}
	return false;
}

static bool first_word(const SecretWords *words, Text t, Text whole)
{
	(void)whole;
	SECRET_FOREACH(word, words, SECRET_LINE)
	if (at(t, word->text))
		return true;
	return false;
}

static bool (*const of_lines[])(const SecretWords *words, Text line, Text whole) = { first_word,
	pem, named_value, password_hash, quoted_hash, nt_hash };

static uint32_t big_endian(Text t, size_t offset, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 |
			(t.p + offset + i < t.end ? (unsigned char)t.p[offset + i] : 0);
	return value;
}

/* The content of a DER sequence that is all of the file; empty if it is none. */
static Text der(Text t, bool whole)
{
	size_t n = (size_t)(t.end - t.p), length, head = 2;

	if (n < 8 || t.p[0] != 0x30)
		return (Text){ t.end, t.end };
	length = (unsigned char)t.p[1];
	if (length > 0x80 && length <= 0x83) {
		head = 2 + (length & 3);
		length = big_endian(t, 2, length & 3);
	}
	if (whole ? head + length != n : head + length < n)
		return (Text){ t.end, t.end };
	return skip(t, head);
}

#define PKCS "\x2a\x86\x48\x86\xf7\x0d\x01" /* 1.2.840.113549.1 */

static bool der_key(const SecretWords *words, Text t, bool whole)
{
	Text inner = der(t, whole);
	const char *oid;

	(void)words;
	if (inner.p == inner.end)
		return false;
	/* Version 0: PKCS#1 and PKCS#8; version 1 and an octet string: an elliptic curve's. */
	if (inner.end - inner.p > 8 && memcmp(inner.p, "\x02\x01\x00", 3) == 0)
		return inner.p[3] == 0x30 || inner.p[3] == 0x02;
	if (inner.end - inner.p > 8 && memcmp(inner.p, "\x02\x01\x01\x04", 4) == 0)
		return true;
	/* PKCS#12 with a bag of keys: a store of certificates alone has none. */
	if (inner.end - inner.p > 8 && memcmp(inner.p, "\x02\x01\x03\x30", 4) == 0)
		return find(inner, PKCS "\x0c\x0a\x01\x01") || find(inner, PKCS "\x0c\x0a\x01\x02");
	/* An encrypted PKCS#8: its algorithm is a scheme for passwords. */
	oid = find(inner, "\x06\x09" PKCS "\x05");
	return oid == inner.p + 2 || oid == inner.p + 3 || oid == inner.p + 4;
}

/* JKS and JCEKS key stores: a private key is entry 1, a certificate entry 2. */
static bool key_store(const SecretWords *words, Text t, bool whole)
{
	uint32_t magic = big_endian(t, 0, 4);

	(void)words;
	(void)whole;
	if (t.end - t.p < 16 || (magic != 0xfeedfeed && magic != 0xcececece))
		return false;
	t = skip(t, 12);
	for (size_t i = 0; i < ENTRIES_MAX && t.end - t.p > 16; i++) {
		if (big_endian(t, 0, 4) != 2)
			return true;
		t = skip(t, 4);
		t = skip(t, 2 + (size_t)big_endian(t, 0, 2) + 8);
		t = skip(t, 2 + (size_t)big_endian(t, 0, 2));
		t = skip(t, 4 + (size_t)big_endian(t, 0, 4));
	}
	return false;
}

static bool keytab(const SecretWords *words, Text t, bool whole)
{
	uint32_t entry = big_endian(t, 2, 4), components = big_endian(t, 6, 2),
		 realm = big_endian(t, 8, 2);

	(void)words;
	(void)whole;
	if (t.end - t.p < 24 || t.p[0] != 5 || (t.p[1] != 1 && t.p[1] != 2))
		return false;
	return entry > 16 && entry < 65536 && components > 0 && components < 16 && realm > 0 &&
	       realm < 256 && isalnum((unsigned char)t.p[10]);
}

static bool store(const SecretWords *words, Text t, bool whole)
{
	(void)whole;
	SECRET_FOREACH(word, words, SECRET_STORE)
	if (at(t, word->begins) && find(t, word->text))
		return true;
	return false;
}

static bool has_one_of(Text t, size_t n, const char *set)
{
	for (size_t i = 0; i < n; i++)
		if (strchr(set, t.p[i]))
			return true;
	return false;
}

/* The first kind of crypt(3), which htpasswd -d and older openssl passwd make, has no mark. Capitals within tell it from words and names of hosts. */
static bool unmarked_hash(Text t)
{
	return span(t, CRYPT) == CRYPT_LENGTH &&
	       (t.p + CRYPT_LENGTH == t.end || t.p[CRYPT_LENGTH] == ':') &&
	       has_one_of(skip(t, 1), CRYPT_LENGTH - 1, UPPER) &&
	       has_one_of(t, CRYPT_LENGTH, LOWER);
}

static bool key_line(Text line)
{
	const char *first = memchr(line.p, ':', (size_t)(line.end - line.p)),
		   *last = memrchr(line.p, ':', (size_t)(line.end - line.p));
	Text key;

	if (!first || first == line.p)
		return false;
	key = (Text){ last + 1, line.end };
	return (key.end - key.p >= 32 && span(key, HEX) == (size_t)(key.end - key.p)) ||
	       unmarked_hash((Text){ first + 1, line.end });
}

/* Nothing but lines of NAME:KEY, KEY in hexadecimal digits (shared keys of TLS, digests of HTTP) or a hash. */
static bool shared_keys(const SecretWords *words, Text t, bool whole)
{
	size_t lines = 0;

	(void)words;
	if (!whole)
		return false;
	while (t.p < t.end) {
		const char *newline = memchr(t.p, '\n', (size_t)(t.end - t.p));
		Text line = { t.p, newline ? newline : t.end };

		t.p = newline ? newline + 1 : t.end;
		if (line.end > line.p && line.end[-1] == '\r')
			line.end--;
		if (line.p == line.end || at(line, "#") || at(line, ";"))
			continue;
		if (!key_line(line))
			return false;
		lines++;
	}
	return lines > 0;
}

static bool (*const of_files[])(const SecretWords *words, Text t, bool whole) = { der_key,
	key_store, keytab, store, shared_keys };

SecretWords *secret_words_free(SecretWords *words)
{
	for (size_t i = 0; words && i < words->n; i++) {
		free(words->words[i].text);
		free(words->words[i].begins);
	}
	if (words)
		free(words->words);
	free(words);
	return NULL;
}

/* Where each kind of word stands in rules.d. */
static const struct {
	StanzaKind kind;
	const char *key;
} sources[SECRET_MARK_MAX] = {
	[SECRET_LINE] = { STANZA_SECRET_TEXT, "line" },
	[SECRET_PEM] = { STANZA_SECRET_TEXT, "pem" },
	[SECRET_HASH] = { STANZA_SECRET_TEXT, "hash" },
	[SECRET_VALUE] = { STANZA_SECRET_VALUE, "value" },
	[SECRET_STORE] = { STANZA_SECRET_STORE, "contains" },
	[SECRET_NAME] = { STANZA_LOGIN_FILE, "name" },
};

static int add_word(SecretWords *words, const KnowledgeEach *each)
{
	const char *begins = stanza_get(each->stanza, "begins"),
		   *length = stanza_get(each->stanza, "length");
	SecretWord *word;

	if (array_room(&words->words, words->n, sizeof(*words->words)) < 0)
		return -ENOMEM;
	word = &words->words[words->n++];
	*word = (SecretWord){ .text = strdup(each->value),
		.begins = begins ? strdup(begins) : NULL,
		.length = length ? strtoul(length, NULL, 10) : 0 };
	return word->text && (word->begins || !begins) ? 0 : -ENOMEM;
}

int secret_words(const Knowledge *knowledge, SecretWords **ret)
{
	_cleanup_secret_words_ SecretWords *words = calloc(1, sizeof(*words));

	if (!words)
		return -ENOMEM;
	for (size_t mark = 0; mark < SECRET_MARK_MAX; mark++) {
		KNOWLEDGE_FOREACH (each, knowledge, sources[mark].kind, sources[mark].key)
			if (add_word(words, &each) < 0)
				return -ENOMEM;
		words->end[mark] = words->n;
	}
	*ret = TAKE_PTR(words);
	return 0;
}

static bool has_secret(const SecretWords *words, Text t, bool whole)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_files); i++)
		if (of_files[i](words, t, whole))
			return true;
	if (at(t, "\xef\xbb\xbf")) /* the mark of UTF-8 */
		t = skip(t, 3);
	while (t.p < t.end) {
		const char *end = t.p;
		Text line;

		while (end < t.end && *end != '\n' && *end != '\r')
			end++;
		line = (Text){ t.p, end };
		line = skip(line, span(line, " \t\r\v\f>")); /* a quotation is the same text */
		for (size_t i = 0; i < ARRAY_SIZE(of_lines); i++)
			if (of_lines[i](words, line, t))
				return true;
		t.p = end + (end < t.end);
	}
	return false;
}

/* UTF-16 and UTF-32, by their mark or, as nearly all is ASCII, by their zeros. */
static bool is_wide(Text t)
{
	size_t n = MIN((size_t)(t.end - t.p), WIDE_HEAD), zeros = 0;

	for (size_t i = 0; i < n; i++)
		zeros += t.p[i] == '\0';
	return at(t, "\xff\xfe") || at(t, "\xfe\xff") || (n > 0 && zeros >= n / 2);
}

bool secret_content(const SecretWords *words, const char *data, size_t size, bool whole)
{
	_cleanup_free_ char *narrow = NULL;
	Text t = { data, data + size };
	size_t n = 0;

	if (has_secret(words, t, whole))
		return true;
	if (!is_wide(t))
		return false;
	narrow = malloc(size);
	if (!narrow)
		return true; /* who cannot look copies nothing */
	for (; t.p < t.end; t.p++)
		if (*t.p != '\0' &&
			(n > 0 || (unsigned char)*t.p < 0xfe)) /* but for zeros and mark */
			narrow[n++] = *t.p;
	return has_secret(words, (Text){ narrow, narrow + n }, whole);
}

bool secret_name(const SecretWords *words, const char *path)
{
	size_t n = strlen(path);

	SECRET_FOREACH(word, words, SECRET_NAME)
	{
		size_t m = strlen(word->text);

		if (n >= m && strcmp(path + n - m, word->text) == 0 &&
			(n == m || path[n - m - 1] == '/'))
			return true;
	}
	return false;
}
