/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Specifiers of unit files (systemd.unit(5), "Specifiers"), as the system manager expands them.
 */
#include "host/unit-name.h"

#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/text.h"
#include "host/unit-words.h"

typedef struct Specifier {
	const UnitName *name;
	const char *full, *fragment;
} Specifier;

/* What does not depend on the unit: directories and identity of the system manager. */
static const struct {
	char letter;
	const char *value;
} constants[] = {
	{ 't', "/run" },
	{ 'S', "/var/lib" },
	{ 'C', "/var/cache" },
	{ 'L', "/var/log" },
	{ 'E', "/etc" },
	{ 'T', "/tmp" },
	{ 'V', "/var/tmp" },
	{ 'u', "root" },
	{ 'U', "0" },
	{ 'g', "root" },
	{ 'G', "0" },
	{ 'h', "/root" },
	{ '%', "%" },
};

/* systemd-escape(1) backwards: "-" is "/", "\xHH" is that byte. */
static void append_unescaped(Buf *buf, const char *s)
{
	for (; *s; s++) {
		if (*s == '-') {
			buf_puts(buf, "/");
		} else if (s[0] == '\\' && s[1] == 'x' && text_hex_digit(s[2]) >= 0 &&
			   text_hex_digit(s[3]) >= 0) {
			char byte = (char)(text_hex_digit(s[2]) * 16 + text_hex_digit(s[3]));

			if (byte != '\0')
				buf_append(buf, &byte, 1);
			s += 3;
		} else {
			buf_append(buf, s, 1);
		}
	}
}

static const char *last_part(const char *prefix)
{
	const char *dash = strrchr(prefix, '-');

	return dash ? dash + 1 : prefix;
}

static void append_directory(Buf *buf, const char *path)
{
	const char *base = path_base(path);

	buf_append(buf, path, base > path + 1 ? (size_t)(base - 1 - path) : (size_t)(base - path));
}

/* False: not a specifier that we expand. */
static bool append_of_unit(Buf *buf, const Specifier *s, char letter)
{
	const char *instance = s->name->instance;

	switch (letter) {
	case 'n':
		buf_puts(buf, s->full);
		return true;
	case 'N':
		buf_append(buf, s->full, strlen(s->full) - strlen(s->name->type) - 1);
		return true;
	case 'p':
		buf_puts(buf, s->name->prefix);
		return true;
	case 'P':
		append_unescaped(buf, s->name->prefix);
		return true;
	case 'i':
		buf_puts(buf, instance ? instance : "");
		return true;
	case 'I':
		append_unescaped(buf, instance ? instance : "");
		return true;
	case 'j':
		buf_puts(buf, last_part(s->name->prefix));
		return true;
	case 'J':
		append_unescaped(buf, last_part(s->name->prefix));
		return true;
	case 'f':
		buf_puts(buf, "/");
		append_unescaped(buf, instance && *instance ? instance : s->name->prefix);
		return true;
	case 'y':
		buf_puts(buf, s->fragment ? s->fragment : "");
		return true;
	case 'Y':
		append_directory(buf, s->fragment ? s->fragment : "");
		return true;
	default:
		return false;
	}
}

static void append_specifier(Buf *buf, const Specifier *s, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
		if (constants[i].letter == text[1]) {
			buf_puts(buf, constants[i].value);
			return;
		}
	if (!append_of_unit(buf, s, text[1]))
		buf_append(buf, text, 2);
}

/* Words are split before specifiers are expanded: an instance may be a path with blanks. */
static int append_as_word(Buf *buf, const Specifier *s, const char *text, DirectiveWords words)
{
	_cleanup_buf_ Buf expanded = { 0 };
	_cleanup_free_ char *plain = NULL, *escaped = NULL;

	append_specifier(&expanded, s, text);
	if (buf_take(&expanded, &plain, NULL) < 0)
		return -ENOMEM;
	escaped = unit_words_escape(plain, words);
	if (!escaped)
		return -ENOMEM;
	buf_puts(buf, escaped);
	return 0;
}

char *unit_name_expand(
	const char *name, const char *fragment, const char *text, DirectiveWords words)
{
	_cleanup_unit_name_ UnitName split = { 0 };
	Specifier specifier = { .name = &split, .full = name, .fragment = fragment };
	_cleanup_buf_ Buf buf = { 0 };
	char *expanded;

	if (!strchr(text, '%'))
		return strdup(text);
	if (unit_name_split(name, &split) < 0)
		return NULL;
	while (*text) {
		size_t n = strcspn(text, "%");

		buf_append(&buf, text, n);
		text += n;
		if (text[0] == '%' && text[1] != '\0') {
			if (append_as_word(&buf, &specifier, text, words) < 0)
				return NULL;
			text += 2;
		} else if (text[0] == '%') {
			buf_append(&buf, text++, 1);
		}
	}
	return buf_take(&buf, &expanded, NULL) < 0 ? NULL : expanded;
}
