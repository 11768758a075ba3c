/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading a Spec. Strict: what is not exactly as spec-format.c says is refused, with its line. Only blank lines, lines with a # in
 * front and leading zeros are taken besides.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "base/text.h"
#include "engine/spec/spec-table.h"

typedef struct Reader {
	const char *name;
	const char *p, *end; /* of the line */
	unsigned int line;
	Spec *spec;
	const SpecSection *section;
	void *item;
	uint32_t seen; /* members of this item, by index */
	uint32_t sections; /* that there may be only one of, by index */
	Error **ret_error;
} Reader;

static int _printf_(2, 3) refuse(Reader *reader, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_formatv(fmt, ap);
	va_end(ap);
	if (!text)
		return error_oom(reader->ret_error);
	return error_set(reader->ret_error, EINVAL, "%s:%u: %s", reader->name, reader->line, text);
}

static bool at_end(const Reader *reader)
{
	return reader->p == reader->end;
}

static bool take(Reader *reader, char c)
{
	if (at_end(reader) || *reader->p != c)
		return false;
	reader->p++;
	return true;
}

/* What stands behind a backslash; negative: nothing that is one. */
static int read_escape(Reader *reader)
{
	static const char letters[] = "n\nt\tr\r\\\\\"\"";
	int byte = 0;

	for (size_t i = 0; !at_end(reader) && i + 1 < sizeof(letters) - 1; i += 2)
		if (*reader->p == letters[i]) {
			reader->p++;
			return letters[i + 1];
		}
	for (int i = 0; i < 3; i++) {
		if (at_end(reader) || *reader->p < '0' || *reader->p > '7')
			return -EINVAL;
		byte = byte * 8 + (*reader->p++ - '0');
	}
	return byte > 0 && byte <= 255 ? byte : -EINVAL;
}

static int read_text(Reader *reader, char **ret)
{
	_cleanup_free_ char *text = NULL;
	char *out;

	if (!take(reader, '"'))
		return refuse(reader, "a text stands in quotes");
	text = out = malloc((size_t)(reader->end - reader->p) + 1);
	if (!text)
		return error_oom(reader->ret_error);
	while (!take(reader, '"')) {
		int byte;

		if (at_end(reader))
			return refuse(reader, "the quote is not closed");
		byte = (unsigned char)*reader->p++;
		if (byte == '\\')
			byte = read_escape(reader);
		if (byte < 0)
			return refuse(reader, "unknown escape after a backslash");
		*out++ = (char)byte;
	}
	*out = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

static int read_list(Reader *reader, char ***ret)
{
	_cleanup_strv_ char **list = NULL;
	size_t n = 0;

	do {
		_cleanup_free_ char *text = NULL;
		int r = read_text(reader, &text);

		if (r < 0)
			return r;
		if (++n > SPEC_LIST_MAX)
			return refuse(reader, "more than %u values", SPEC_LIST_MAX);
		/* Room in powers of two: a list is read in linear time. */
		if ((n & (n - 1)) == 0) {
			char **grown = reallocarray(list, n * 2 + 1, sizeof(*list));
			if (!grown)
				return error_oom(reader->ret_error);
			list = grown;
		}
		list[n - 1] = TAKE_PTR(text);
		list[n] = NULL;
	} while (take(reader, ' '));
	*ret = TAKE_PTR(list);
	return 0;
}

static int read_digits(Reader *reader, unsigned int base, uint64_t max, uint64_t *ret)
{
	const char *begin = reader->p;
	uint64_t value = 0;

	while (!at_end(reader) && *reader->p >= '0' && *reader->p < (char)('0' + base)) {
		unsigned int digit = (unsigned int)(*reader->p++ - '0');

		if (value > (max - digit) / base)
			return refuse(reader, "the number is too large");
		value = value * base + digit;
	}
	if (reader->p == begin)
		return refuse(reader, "a number is missing");
	*ret = value;
	return 0;
}

static int read_number(Reader *reader, unsigned int base, uint32_t *ret)
{
	uint64_t value = 0;
	int r = read_digits(reader, base, UINT32_MAX, &value);

	if (r == 0)
		*ret = (uint32_t)value;
	return r;
}

static int read_signed(Reader *reader, int32_t *ret)
{
	bool minus = take(reader, '-');
	uint64_t value = 0;
	int r = read_digits(reader, 10, (uint64_t)INT32_MAX + minus, &value);

	if (r == 0)
		*ret = (int32_t)(minus ? -(int64_t)value : (int64_t)value);
	return r;
}

/* The word up to a space, a colon or the end. */
static size_t word_length(const Reader *reader)
{
	size_t n = 0;

	while (reader->p + n < reader->end && reader->p[n] != ' ' && reader->p[n] != ':')
		n++;
	return n;
}

static bool take_word(Reader *reader, const char *word)
{
	size_t n = word_length(reader);

	if (strlen(word) != n || memcmp(reader->p, word, n) != 0)
		return false;
	reader->p += n;
	return true;
}

static int read_large(Reader *reader, uint64_t *ret)
{
	if (take_word(reader, "max")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return read_digits(reader, 10, UINT64_MAX, ret);
}

static int read_name(Reader *reader, const char *const *names, unsigned int *ret)
{
	for (unsigned int i = 0; names[i]; i++)
		if (take_word(reader, names[i])) {
			*ret = i;
			return 0;
		}
	return refuse(reader, "\"%.*s\" is none of the values that this key has",
		(int)word_length(reader), reader->p);
}

static int read_bool(Reader *reader, bool *ret)
{
	*ret = take_word(reader, "yes");
	return *ret || take_word(reader, "no") ? 0 : refuse(reader, "neither yes nor no");
}

static int read_bits(Reader *reader, const char *const *names, uint64_t *ret)
{
	uint64_t bits = 0;

	do {
		unsigned int bit = 0;
		int r = read_name(reader, names, &bit);

		if (r < 0)
			return r;
		if (bits >> bit & 1)
			return refuse(reader, "%s is there twice", names[bit]);
		bits |= UINT64_C(1) << bit;
	} while (take(reader, ' '));
	*ret = bits;
	return 0;
}

static int read_flags(Reader *reader, const char *const *names, uint32_t *ret)
{
	uint64_t bits;
	int r = read_bits(reader, names, &bits);

	if (r == 0)
		*ret = (uint32_t)bits;
	return r;
}

static int read_namespace(Reader *reader, SpecNamespace *ret)
{
	if (take_word(reader, "new"))
		ret->kind = SPEC_NAMESPACE_NEW;
	else if (take_word(reader, "host"))
		ret->kind = SPEC_NAMESPACE_HOST;
	else {
		ret->kind = SPEC_NAMESPACE_JOIN;
		return read_text(reader, &ret->path);
	}
	return 0;
}

static int read_map(Reader *reader, SpecIdMap *map)
{
	do {
		SpecIdRange range;
		uint32_t *const numbers[] = { &range.inside, &range.outside, &range.count };

		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			int r = 0;

			if (i > 0 && !take(reader, ':'))
				return refuse(reader, "a range is INSIDE:OUTSIDE:COUNT");
			r = read_number(reader, 10, numbers[i]);
			if (r < 0)
				return r;
		}
		if (spec_add_range(map, range) < 0)
			return refuse(reader, "more ranges than the kernel takes");
	} while (take(reader, ' '));
	return 0;
}

/* Room for one more of an array whose number stands behind it. */
static void *grow(Reader *reader, void **items, size_t *n, size_t size)
{
	char *grown = *n < SPEC_LIST_MAX ? *items : NULL;

	if (*n >= SPEC_LIST_MAX) {
		(void)refuse(reader, "more than %u values", SPEC_LIST_MAX);
		return NULL;
	}
	if ((*n & (*n - 1)) == 0)
		grown = reallocarray(*items, *n ? *n * 2 : 1, size);
	if (!grown) {
		(void)error_oom(reader->ret_error);
		return NULL;
	}
	*items = grown;
	memset(grown + *n * size, 0, size);
	return grown + (*n)++ * size;
}

static int read_numbers(Reader *reader, uint32_t **items, size_t *n)
{
	do {
		uint32_t *number = grow(reader, (void **)items, n, sizeof(*number));
		int r = number ? read_number(reader, 10, number) : -EINVAL;

		if (r < 0)
			return r;
	} while (take(reader, ' '));
	return 0;
}

static int read_argument(Reader *reader, SpecArgument *argument)
{
	unsigned int comparison;
	int r = read_number(reader, 10, &argument->index);

	if (r < 0)
		return r;
	if (!take(reader, ':'))
		return refuse(reader, "an argument is INDEX:COMPARISON:VALUE:MASK");
	r = read_name(reader, spec_comparison_names, &comparison);
	if (r < 0)
		return r;
	argument->comparison = comparison;
	if (!take(reader, ':'))
		return refuse(reader, "an argument is INDEX:COMPARISON:VALUE:MASK");
	r = read_digits(reader, 10, UINT64_MAX, &argument->value);
	if (r < 0)
		return r;
	if (!take(reader, ':'))
		return refuse(reader, "an argument is INDEX:COMPARISON:VALUE:MASK");
	return read_digits(reader, 10, UINT64_MAX, &argument->mask);
}

static int read_arguments(Reader *reader, SpecArgument **items, size_t *n)
{
	do {
		SpecArgument *argument = grow(reader, (void **)items, n, sizeof(*argument));
		int r = argument ? read_argument(reader, argument) : -EINVAL;

		if (r < 0)
			return r;
	} while (take(reader, ' '));
	return 0;
}

static int read_enum(Reader *reader, const char *const *names, int *ret)
{
	unsigned int value = 0;
	int r = read_name(reader, names, &value);

	if (r == 0)
		*ret = (int)value;
	return r;
}

static int read_value(Reader *reader, const SpecMember *member, void *place)
{
	size_t *n = (size_t *)place + 1; /* of the types that have it */

	switch (member->type) {
	case SPEC_TEXT:
		return read_text(reader, place);
	case SPEC_LIST:
		return read_list(reader, place);
	case SPEC_BOOL:
		return read_bool(reader, place);
	case SPEC_NUMBER:
		return read_number(reader, 10, place);
	case SPEC_SIGNED:
		return read_signed(reader, place);
	case SPEC_LARGE:
		return read_large(reader, place);
	case SPEC_MODE:
		return read_number(reader, 8, place);
	case SPEC_ENUM:
		return read_enum(reader, member->names, place);
	case SPEC_FLAGS:
		return read_flags(reader, member->names, place);
	case SPEC_BITS:
		return read_bits(reader, member->names, place);
	case SPEC_NAMESPACE:
		return read_namespace(reader, place);
	case SPEC_MAP:
		return read_map(reader, place);
	case SPEC_NUMBERS:
		return read_numbers(reader, place, n);
	case SPEC_ARGUMENTS:
		return read_arguments(reader, place, n);
	case _SPEC_TYPE_MAX:
		break;
	}
	return -EINVAL;
}

static int read_section(Reader *reader)
{
	size_t n = (size_t)(reader->end - reader->p);

	for (size_t i = 0; i < spec_sections_count; i++) {
		const SpecSection *section = &spec_sections[i];
		size_t count;

		if (strlen(section->name) + 2 != n || reader->p[n - 1] != ']' ||
			memcmp(reader->p + 1, section->name, n - 2) != 0)
			continue;
		if (section->size == 0 && (reader->sections >> i & 1))
			return refuse(reader, "the section [%s] is there twice", section->name);
		reader->sections |= UINT32_C(1) << i;
		reader->section = section;
		reader->seen = 0;
		reader->item = section->size ? spec_section_add(reader->spec, section)
					     : spec_section_items(reader->spec, section, &count);
		return reader->item ? 0
				    : refuse(reader, "there are more than %u of [%s]",
					      SPEC_ITEMS_MAX, section->name);
	}
	return refuse(reader, "unknown section %.*s", (int)n, reader->p);
}

static int read_key(Reader *reader)
{
	const char *equals = memchr(reader->p, '=', (size_t)(reader->end - reader->p));
	size_t n = equals ? (size_t)(equals - reader->p) : 0;

	if (!equals)
		return refuse(reader, "neither [section] nor key=value");
	for (size_t i = 0; reader->section && i < reader->section->n_members; i++) {
		const SpecMember *member = &reader->section->members[i];
		int r;

		if (strlen(member->key) != n || memcmp(reader->p, member->key, n) != 0)
			continue;
		if (reader->seen >> i & 1)
			return refuse(reader, "%s is there twice", member->key);
		reader->seen |= UINT32_C(1) << i;
		reader->p = equals + 1;
		r = read_value(reader, member, (char *)reader->item + member->offset);
		if (r == 0 && !at_end(reader))
			return refuse(
				reader, "there is something behind the value of %s", member->key);
		return r;
	}
	return refuse(reader, "unknown key %.*s", (int)n, reader->p);
}

static int read_line(Reader *reader)
{
	if (memchr(reader->p, '\0', (size_t)(reader->end - reader->p)))
		return refuse(reader, "a NUL byte");
	if (at_end(reader) || *reader->p == '#')
		return 0;
	return *reader->p == '[' ? read_section(reader) : read_key(reader);
}

int spec_parse(const char *text, size_t size, const char *name, Spec **ret, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = spec_new();
	Reader reader = { .name = name, .spec = spec, .ret_error = ret_error };

	if (!spec)
		return error_oom(ret_error);
	if (size > SPEC_TEXT_MAX)
		return error_set(ret_error, EFBIG, "%s: longer than %u bytes", name, SPEC_TEXT_MAX);
	for (const char *p = text, *end = text + size; p < end; p = reader.end + 1) {
		const char *feed = memchr(p, '\n', (size_t)(end - p));
		int r;

		reader.line++;
		reader.p = p;
		reader.end = feed ? feed : end;
		r = read_line(&reader);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(spec);
	return 0;
}
