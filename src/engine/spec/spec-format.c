/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Spec as text: sections, lines key=value. A text stands in quotes; in it, \n, \t, \r, \\, \" and \ooo for other control
 * characters. The values of a list are separated by one space.
 */
#include <inttypes.h>

#include "base/buf.h"
#include "base/strv.h"
#include "engine/spec/spec-table.h"

static void put_byte(Buf *buf, char c)
{
	static const char letters[] = "n\nt\tr\r\\\\\"\"";

	for (size_t i = 0; i + 1 < sizeof(letters) - 1; i += 2)
		if (c == letters[i + 1]) {
			buf_printf(buf, "\\%c", letters[i]);
			return;
		}
	if ((unsigned char)c < ' ' || c == 0x7f)
		buf_printf(buf, "\\%03o", (unsigned char)c);
	else
		buf_append(buf, &c, 1);
}

static void put_text(Buf *buf, const char *text)
{
	buf_append(buf, "\"", 1);
	for (; *text; text++)
		put_byte(buf, *text);
	buf_append(buf, "\"", 1);
}

static void put_list(Buf *buf, char *const *list)
{
	STRV_FOREACH (s, list) {
		if (s != list)
			buf_puts(buf, " ");
		put_text(buf, *s);
	}
}

static void put_large(Buf *buf, uint64_t value)
{
	if (value == UINT64_MAX)
		buf_puts(buf, "max");
	else
		buf_printf(buf, "%" PRIu64, value);
}

static void put_map(Buf *buf, const SpecIdMap *map)
{
	for (size_t i = 0; i < map->n_ranges; i++)
		buf_printf(buf, "%s%" PRIu32 ":%" PRIu32 ":%" PRIu32, i ? " " : "",
			map->ranges[i].inside, map->ranges[i].outside, map->ranges[i].count);
}

static void put_numbers(Buf *buf, const uint32_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(buf, "%s%" PRIu32, i ? " " : "", numbers[i]);
}

static size_t count_names(const char *const *names)
{
	size_t n = 0;

	while (names[n])
		n++;
	return n;
}

static int put_arguments(Buf *buf, const SpecArgument *arguments, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const SpecArgument *a = &arguments[i];

		if (a->comparison >= _SPEC_COMPARISON_MAX)
			return -EINVAL;
		buf_printf(buf, "%s%" PRIu32 ":%s:%" PRIu64 ":%" PRIu64, i ? " " : "", a->index,
			spec_comparison_names[a->comparison], a->value, a->mask);
	}
	return 0;
}

/* -EINVAL for a bit without a name. */
static int put_bits(Buf *buf, const char *const *names, uint64_t bits)
{
	size_t n = count_names(names);
	bool first = true;

	if (bits >> n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (!(bits >> i & 1))
			continue;
		buf_printf(buf, "%s%s", first ? "" : " ", names[i]);
		first = false;
	}
	return 0;
}

static int put_enum(Buf *buf, const char *const *names, int value)
{
	if (value < 0 || (size_t)value >= count_names(names))
		return -EINVAL;
	buf_puts(buf, names[value]);
	return 0;
}

/* -EINVAL for what is new or the host's and has a path all the same, or is to be joined without one. */
static int put_namespace(Buf *buf, const SpecNamespace *space)
{
	if ((space->kind == SPEC_NAMESPACE_JOIN) != (space->path != NULL))
		return -EINVAL;
	if (space->kind == SPEC_NAMESPACE_JOIN)
		put_text(buf, space->path);
	else
		buf_puts(buf, space->kind == SPEC_NAMESPACE_HOST ? "host" : "new");
	return 0;
}

static int put_value(Buf *buf, const SpecMember *member, const void *place)
{
	const SpecFilterRule *rule;

	switch (member->type) {
	case SPEC_TEXT:
		put_text(buf, *(char *const *)place);
		return 0;
	case SPEC_LIST:
		put_list(buf, *(char **const *)place);
		return 0;
	case SPEC_BOOL:
		buf_puts(buf, "yes"); /* no is left out */
		return 0;
	case SPEC_NUMBER:
		put_numbers(buf, place, 1);
		return 0;
	case SPEC_SIGNED:
		buf_printf(buf, "%" PRIi32, *(const int32_t *)place);
		return 0;
	case SPEC_LARGE:
		put_large(buf, *(const uint64_t *)place);
		return 0;
	case SPEC_MODE:
		buf_printf(buf, "%04" PRIo32, *(const uint32_t *)place);
		return 0;
	case SPEC_ENUM:
		return put_enum(buf, member->names, *(const int *)place);
	case SPEC_FLAGS:
		return put_bits(buf, member->names, *(const uint32_t *)place);
	case SPEC_BITS:
		return put_bits(buf, member->names, *(const uint64_t *)place);
	case SPEC_NAMESPACE:
		return put_namespace(buf, place);
	case SPEC_MAP:
		put_map(buf, place);
		return 0;
	case SPEC_NUMBERS:
		put_numbers(buf, *(uint32_t *const *)place, ((const size_t *)place)[1]);
		return 0;
	case SPEC_ARGUMENTS:
		rule = (const SpecFilterRule *)((const char *)place - member->offset);
		return put_arguments(buf, rule->arguments, rule->n_arguments);
	case _SPEC_TYPE_MAX:
		break;
	}
	return -EINVAL;
}

static int put_item(Buf *buf, const SpecSection *section, const void *item, Error **ret_error)
{
	bool begun = section->size != 0;

	if (begun)
		buf_printf(buf, "%s[%s]\n", buf->size ? "\n" : "", section->name);
	for (size_t i = 0; i < section->n_members; i++) {
		const SpecMember *member = &section->members[i];

		if (spec_member_is_unset(member, item))
			continue;
		if (!begun)
			buf_printf(buf, "%s[%s]\n", buf->size ? "\n" : "", section->name);
		begun = true;
		buf_printf(buf, "%s=", member->key);
		if (put_value(buf, member, (const char *)item + member->offset) < 0)
			return error_set(ret_error, EINVAL,
				"cannot write the specification: %s.%s has a value without a name",
				section->name, member->key);
		buf_puts(buf, "\n");
	}
	return 0;
}

static int format(const Spec *spec, bool process, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	for (size_t i = 0; i < spec_sections_count; i++) {
		size_t count;
		const char *items = spec_section_items(spec, &spec_sections[i], &count);

		if (process && !spec_sections[i].process)
			continue;
		for (size_t k = 0; k < count; k++) {
			int r = put_item(&buf, &spec_sections[i], items + k * spec_sections[i].size,
				ret_error);
			if (r < 0)
				return r;
		}
	}
	return buf_take(&buf, ret, ret_error);
}

int spec_format(const Spec *spec, char **ret, Error **ret_error)
{
	return format(spec, false, ret, ret_error);
}

int spec_format_process(const Spec *spec, char **ret, Error **ret_error)
{
	return format(spec, true, ret, ret_error);
}
