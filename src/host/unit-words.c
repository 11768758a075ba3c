/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Words of directives.
 */
#include "host/unit-words.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/strv.h"
#include "base/text.h"

#define BLANKS " \t\n\r"

typedef struct Scan {
	const char *at;
	const char *separators;
	DirectiveWords words;
	bool quoted; /* the last word had quotes or escapes: it stands for itself */
} Scan;

static int octal(const char *s)
{
	int value = 0;

	for (int i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '7')
			return -EINVAL;
		value = value * 8 + s[i] - '0';
	}
	return value > 0 && value < 256 ? value : -EINVAL;
}

static int hexadecimal(const char *s, int digits)
{
	int value = 0;

	for (int i = 0; i < digits; i++) {
		int digit = text_hex_digit(s[i]);

		if (digit < 0)
			return -EINVAL;
		value = value * 16 + digit;
	}
	return value > 0 ? value : -EINVAL;
}

static void append_utf8(Buf *buf, unsigned int rune)
{
	const char bytes[] = { (char)(0xc0 | rune >> 6), (char)(0x80 | (rune & 0x3f)),
		(char)(0xe0 | rune >> 12), (char)(0x80 | (rune >> 6 & 0x3f)) };
	char low = (char)rune;

	if (rune < 0x80)
		buf_append(buf, &low, 1);
	else if (rune < 0x800)
		buf_append(buf, bytes, 2);
	else {
		buf_append(buf, bytes + 2, 2);
		buf_append(buf, bytes + 1, 1);
	}
}

/* s: behind the backslash. How many bytes of it the escape has, or -EINVAL. */
static int append_c_escape(Buf *buf, const char *s)
{
	static const char letters[] = "abfnrtvs\\\"'", bytes[] = "\a\b\f\n\r\t\v \\\"'";
	const char *letter = *s ? strchr(letters, *s) : NULL;
	int value;
	char byte;

	if (letter) {
		buf_append(buf, &bytes[letter - letters], 1);
		return 1;
	}
	if (*s == 'u') {
		value = hexadecimal(s + 1, 4);
		if (value > 0)
			append_utf8(buf, (unsigned int)value);
		return value > 0 ? 5 : -EINVAL;
	}
	value = *s == 'x' ? hexadecimal(s + 1, 2) : octal(s);
	if (value < 0)
		return -EINVAL;
	byte = (char)value;
	buf_append(buf, &byte, 1);
	return 3;
}

/* scan->at is at a backslash. */
static int append_escape(Buf *buf, Scan *scan)
{
	int n;

	switch (scan->words) {
	case WORDS_RAW:
		buf_append(buf, scan->at++, 1);
		return 0;
	case WORDS_C_ESCAPES:
	case WORDS_COMMAND:
		if (scan->words == WORDS_COMMAND &&
			scan->at[1] == ';') { /* no end of the command */
			buf_puts(buf, ";");
			n = 1;
		} else {
			n = append_c_escape(buf, scan->at + 1);
		}
		if (n < 0)
			return n;
		scan->at += 1 + n;
		break;
	default:
		if (scan->at[1] == '\0')
			return -EINVAL;
		buf_append(buf, scan->at + 1, 1);
		scan->at += 2;
	}
	scan->quoted = true;
	return 0;
}

/* The next word: 1, or 0 at the end. */
static int next_word(Scan *scan, char **ret)
{
	_cleanup_buf_ Buf buf = { 0 };
	char quote = '\0';

	scan->at += strspn(scan->at, BLANKS);
	scan->quoted = false;
	if (*scan->at == '\0')
		return 0;
	while (*scan->at && (quote || !strchr(scan->separators, *scan->at))) {
		if (*scan->at == '\\') {
			int r = append_escape(&buf, scan);

			if (r < 0)
				return r;
		} else if (quote ? *scan->at == quote : *scan->at == '"' || *scan->at == '\'') {
			quote = quote ? '\0' : *scan->at;
			scan->quoted = true;
			scan->at++;
		} else {
			buf_append(&buf, scan->at++, 1);
		}
	}
	if (quote)
		return -EINVAL;
	return buf_take(&buf, ret, NULL) < 0 ? -ENOMEM : 1;
}

static int read_list(Scan *scan, char ***list)
{
	for (;;) {
		_cleanup_free_ char *word = NULL;
		int r = next_word(scan, &word);

		if (r <= 0)
			return r;
		if (scan->words == WORDS_COMMAND && strcmp(word, ";") == 0 && !scan->quoted)
			return 0; /* the others are directives of their own: unit-text.c */
		if (strv_append(list, word) < 0)
			return -ENOMEM;
	}
}

size_t unit_words_command_length(const char *value)
{
	Scan scan = { .at = value, .words = WORDS_COMMAND, .separators = BLANKS };

	for (;;) {
		_cleanup_free_ char *word = NULL;

		if (next_word(&scan, &word) <= 0)
			return strlen(value);
		if (strcmp(word, ";") == 0 && !scan.quoted)
			return (size_t)(scan.at - value) - 1;
	}
}

/* What is behind a colon; a blank behind it ends the whole word. */
static int next_part(Scan *scan, char **ret)
{
	scan->at++;
	return *scan->at && strchr(BLANKS, *scan->at) ? 0 : next_word(scan, ret);
}

/* SOURCE[:DESTINATION[:OPTIONS]] as two words. */
static int read_binds(Scan *scan, char ***list)
{
	for (;;) {
		_cleanup_free_ char *source = NULL, *target = NULL, *options = NULL;
		int r = next_word(scan, &source);

		if (r <= 0)
			return r;
		if (*scan->at == ':')
			r = next_part(scan, &target);
		if (r >= 0 && *scan->at == ':')
			r = next_part(scan, &options);
		if (r < 0)
			return r;
		if (strv_append(list, source) < 0 ||
			strv_append(list, target && *target ? target : source) < 0)
			return -ENOMEM;
	}
}

int unit_words(const char *value, DirectiveWords words, char ***ret)
{
	Scan scan = { .at = value,
		.words = words,
		.separators = words == WORDS_BINDS ? BLANKS ":" : BLANKS };
	_cleanup_strv_ char **list = NULL;
	int r;

	switch (words) {
	case WORDS_ONE:
	case WORDS_PATTERN:
		r = *value ? strv_append(&list, value) : 0;
		break;
	case WORDS_COLONS:
		r = strv_split(&list, value, ":");
		break;
	case WORDS_BINDS:
		r = read_binds(&scan, &list);
		break;
	default:
		r = read_list(&scan, &list);
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(list);
	return 0;
}

int unit_directive_words(const char *key, const char *value, char ***ret)
{
	const Directive *row = directive_find(key);

	return unit_words(value, row ? row->words : WORDS_ONE, ret);
}

const char *unit_word_bare(const char *key, const char *word)
{
	const Directive *row = directive_find(key);

	return row && row->prefixes ? word + strspn(word, row->prefixes) : word;
}

int unit_boolean(const char *text, bool *ret)
{
	static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" }, *const no[] = {
		"0", "no", "n", "false", "f", "off"
	};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*ret = strcasecmp(text, yes[i]) == 0;
			return 0;
		}
	return -EINVAL;
}

bool unit_is_true(const char *text)
{
	bool on = false;

	return text && unit_boolean(text, &on) == 0 && on;
}

char *unit_words_escape(const char *text, DirectiveWords words)
{
	bool c = words == WORDS_C_ESCAPES || words == WORDS_COMMAND;
	_cleanup_buf_ Buf buf = { 0 };
	char *escaped;

	for (; *text; text++) {
		bool special =
			strchr(BLANKS "\\\"'", *text) || (words == WORDS_BINDS && *text == ':');

		if (!special || words == WORDS_ONE || words == WORDS_PATTERN ||
			words == WORDS_COLONS || words == WORDS_RAW)
			buf_append(&buf, text, 1);
		else if (c)
			buf_printf(&buf, "\\x%02x", (unsigned int)(unsigned char)*text);
		else
			buf_printf(&buf, "\\%c", *text);
	}
	return buf_take(&buf, &escaped, NULL) < 0 ? NULL : escaped;
}
