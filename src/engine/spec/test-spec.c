/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Spec: what is written is read back as it was, whatever it holds; what is not exactly right is refused with its line.
 */
#include <dirent.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "engine/spec/spec-table.h"

#define ROUNDS 300

static uint32_t state_of_random = 1;

/* The same numbers each time: a failure can be repeated. */
static uint32_t number(uint32_t below)
{
	state_of_random = state_of_random * 1664525u + 1013904223u;
	return (state_of_random >> 8) % below;
}

static char *random_text(void)
{
	size_t n = number(12);
	char *text = malloc(n + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)(1 + number(255));
	text[n] = '\0';
	return text;
}

static size_t count(const char *const *names)
{
	size_t n = 0;

	while (names[n])
		n++;
	return n;
}

static void fill_arrays(const SpecMember *member, void *place)
{
	SpecFilterRule *rule = (SpecFilterRule *)((char *)place - member->offset);
	size_t n = number(4);

	if (member->type == SPEC_MAP)
		for (size_t i = 0; i < n; i++)
			assert_int_equal(spec_add_range(place, (SpecIdRange){ number(~0u),
								       number(~0u), number(9) }),
				0);
	if (n == 0 || member->type == SPEC_MAP)
		return;
	if (member->type == SPEC_NUMBERS) {
		uint32_t *numbers = calloc(n, sizeof(*numbers));
		for (size_t i = 0; i < n; i++)
			numbers[i] = number(~0u);
		*(uint32_t **)place = numbers;
		((size_t *)place)[1] = n;
	} else {
		rule->arguments = calloc(n, sizeof(*rule->arguments));
		rule->n_arguments = n;
		for (size_t i = 0; i < n; i++)
			rule->arguments[i] = (SpecArgument){ number(6),
				number(_SPEC_COMPARISON_MAX), number(~0u), number(~0u) };
	}
}

static void fill_pointers(const SpecMember *member, void *place)
{
	SpecNamespace *space = place;

	switch (member->type) {
	case SPEC_TEXT:
		*(char **)place = number(3) ? random_text() : NULL;
		break;
	case SPEC_LIST:
		for (uint32_t n = number(4); n > 0; n--) {
			_cleanup_free_ char *text = random_text();
			assert_int_equal(strv_append(place, text), 0);
		}
		break;
	case SPEC_NAMESPACE:
		space->kind = number(_SPEC_NAMESPACE_KIND_MAX);
		space->path = space->kind == SPEC_NAMESPACE_JOIN ? random_text() : NULL;
		break;
	default:
		fill_arrays(member, place);
	}
}

static void fill(const SpecMember *member, void *item)
{
	void *place = (char *)item + member->offset;

	switch (member->type) {
	case SPEC_BOOL:
		*(bool *)place = number(2);
		break;
	case SPEC_NUMBER:
	case SPEC_MODE:
		*(uint32_t *)place = number(4) ? number(~0u) : ~0u;
		break;
	case SPEC_SIGNED:
		*(int32_t *)place = number(4) ? (int32_t)number(~0u) : INT32_MIN;
		break;
	case SPEC_LARGE:
		*(uint64_t *)place = number(4) ? (uint64_t)number(~0u) << 32 : UINT64_MAX;
		break;
	case SPEC_ENUM:
		*(int *)place = (int)number((uint32_t)count(member->names));
		break;
	case SPEC_FLAGS:
		*(uint32_t *)place = number(1u << count(member->names));
		break;
	case SPEC_BITS:
		*(uint64_t *)place = ((uint64_t)number(1u << 31) << 24 | number(1u << 24)) &
				     ((UINT64_C(1) << count(member->names)) - 1);
		break;
	default:
		fill_pointers(member, place);
	}
}

static Spec *random_spec(void)
{
	Spec *spec = spec_new();

	assert_non_null(spec);
	for (size_t i = 0; i < spec_sections_count; i++) {
		const SpecSection *section = &spec_sections[i];
		size_t n = 1;
		char *items;

		for (uint32_t k = section->size ? number(4) : 0; k > 0; k--)
			assert_non_null(spec_section_add(spec, section));
		items = spec_section_items(spec, section, &n);
		for (size_t k = 0; k < n; k++)
			for (size_t m = 0; m < section->n_members; m++)
				fill(&section->members[m], items + k * section->size);
	}
	return spec;
}

static void assert_round_trip(const Spec *spec)
{
	_cleanup_free_ char *text = NULL, *again = NULL;
	_cleanup_error_ Error *error = NULL;
	_cleanup_spec_ Spec *back = NULL;

	assert_int_equal(spec_format(spec, &text, &error), 0);
	if (spec_parse(text, strlen(text), "test", &back, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_true(spec_equal(spec, back));
	assert_int_equal(spec_format(back, &again, &error), 0);
	assert_string_equal(text, again);
}

TEST(random_round_trip)
{
	for (int i = 0; i < ROUNDS; i++) {
		_cleanup_spec_ Spec *spec = random_spec();
		assert_round_trip(spec);
	}
}

/* Changing any one member makes another Spec: none is forgotten in the comparison or in the text. */
TEST(each_member_counts)
{
	for (size_t i = 0; i < spec_sections_count; i++)
		for (size_t m = 0; m < spec_sections[i].n_members; m++) {
			_cleanup_spec_ Spec *empty = spec_new(), *spec = spec_new();
			const SpecMember *member = &spec_sections[i].members[m];
			size_t n;
			char *item;

			assert_true(spec_equal(empty, spec));
			item = spec_sections[i].size
				       ? spec_section_add(spec, &spec_sections[i])
				       : spec_section_items(spec, &spec_sections[i], &n);
			while (spec_member_is_unset(member, item)) {
				spec_member_free(member, item);
				fill(member, item);
			}
			assert_false(spec_equal(empty, spec));
			assert_round_trip(spec);
		}
}

/* The sections cover the whole struct: a member that the table does not know would be neither written nor freed. */
TEST(table_has_every_byte)
{
	static const struct {
		SpecType type;
		size_t size;
	} sizes[] = { { SPEC_TEXT, 8 }, { SPEC_LIST, 8 }, { SPEC_BOOL, 1 }, { SPEC_NUMBER, 4 },
		{ SPEC_SIGNED, 4 }, { SPEC_LARGE, 8 }, { SPEC_MODE, 4 }, { SPEC_ENUM, 4 },
		{ SPEC_FLAGS, 4 }, { SPEC_BITS, 8 }, { SPEC_NAMESPACE, sizeof(SpecNamespace) },
		{ SPEC_MAP, sizeof(SpecIdMap) }, { SPEC_NUMBERS, 16 }, { SPEC_ARGUMENTS, 16 } };
	char covered[sizeof(Spec)] = { 0 };
	size_t missing = 0;

	for (size_t i = 0; i < spec_sections_count; i++) {
		const SpecSection *section = &spec_sections[i];

		if (section->size) {
			memset(covered + section->offset, 1, sizeof(void *));
			memset(covered + section->count, 1, sizeof(size_t));
		}
		for (size_t m = 0; !section->size && m < section->n_members; m++)
			for (size_t k = 0; k < ARRAY_SIZE(sizes); k++)
				if (sizes[k].type == section->members[m].type)
					memset(covered + section->offset +
							section->members[m].offset,
						1, sizes[k].size);
	}
	/* Padding is at most 7 bytes between two members and never 8 in a row at a pointer's place. */
	for (size_t i = 0; i + 8 <= sizeof(covered); i += 8)
		missing += memchr(covered + i, 1, 8) == NULL;
	assert_int_equal(missing, 0);
}

TEST(what_is_wrong_is_refused)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "[nothing]\n", "test:1: unknown section [nothing]" },
		{ "\n# word\n[container]\nnames=\"x\"\n", "test:4: unknown key names" },
		{ "name=\"x\"\n", "test:1: unknown key name" },
		{ "[container]\nname=\"x\"\nname=\"y\"\n", "test:3: name is there twice" },
		{ "[root]\n[container]\n[root]\n", "test:3: the section [root] is there twice" },
		{ "[container]\nname=x\n", "test:2: a text stands in quotes" },
		{ "[container]\nname=\"x\n", "test:2: the quote is not closed" },
		{ "[container]\nname=\"\\x41\"\n", "test:2: unknown escape after a backslash" },
		{ "[container]\nname=\"\\000\"\n", "test:2: unknown escape after a backslash" },
		{ "[container]\nname=\"x\" \n",
			"test:2: there is something behind the value of name" },
		{ "[container]\nname\n", "test:2: neither [section] nor key=value" },
		{ "[container]\nusers=0:1\n", "test:2: a range is INSIDE:OUTSIDE:COUNT" },
		{ "[container]\nusers=0:4294967296:1\n", "test:2: the number is too large" },
		{ "[filter]\nno-new-privileges=1\n", "test:2: neither yes nor no" },
		{ "[root]\nkind=floppy\n",
			"test:2: \"floppy\" is none of the values that this key has" },
		{ "[mount]\nflags=nodev nodev\n", "test:2: nodev is there twice" },
		{ "[scheduling]\noom-score=2147483648\n", "test:2: the number is too large" },
		{ "[cgroup]\ndepth=\n", "test:2: a number is missing" },
		{ "[filter-rule]\narguments=0:equal:1\n",
			"test:2: an argument is INDEX:COMPARISON:VALUE:MASK" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_error_ Error *error = NULL;
		_cleanup_spec_ Spec *spec = NULL;

		assert_int_equal(
			spec_parse(cases[i].text, strlen(cases[i].text), "test", &spec, &error),
			-EINVAL);
		assert_string_equal(error_message(error), cases[i].sentence);
	}
}

TEST(value_without_name_is_not_written)
{
	_cleanup_spec_ Spec *spec = spec_new();
	_cleanup_error_ Error *error = NULL;
	char *text = NULL;

	spec->capabilities.bounding = UINT64_C(1) << 63;
	assert_int_equal(spec_format(spec, &text, &error), -EINVAL);
	spec->capabilities.bounding = 0;
	spec->namespaces.network.kind = SPEC_NAMESPACE_JOIN;
	assert_int_equal(spec_format(spec, &text, &error), -EINVAL);
}

/* Bit n: some golden text has the n-th word of these names. */
typedef struct Vocabulary {
	const char *const *names;
	uint64_t seen;
} Vocabulary;

static Vocabulary vocabularies[32];

static Vocabulary *vocabulary_of(const SpecMember *m)
{
	Vocabulary *v = vocabularies;

	while (v->names && v->names != m->names)
		v++;
	assert_true(v < vocabularies + ARRAY_SIZE(vocabularies) - 1);
	v->names = m->names;
	return v;
}

/* Is it set in this item? Then what it says is seen. */
static bool note(const SpecMember *m, const char *item)
{
	if (spec_member_is_unset(m, item))
		return false;
	if (m->type == SPEC_ENUM)
		vocabulary_of(m)->seen |= UINT64_C(1)
					  << *(const int *)(const void *)(item + m->offset);
	if (m->type == SPEC_FLAGS)
		vocabulary_of(m)->seen |= *(const uint32_t *)(const void *)(item + m->offset);
	return true;
}

/* Returns the number of words that no golden text has. What is zero is not written. */
static unsigned int missing_words(const SpecMember *m)
{
	const Vocabulary *v = vocabulary_of(m);
	unsigned int n = 0;

	for (unsigned int i = m->type == SPEC_ENUM ? 1 : 0; m->names[i]; i++)
		if (!(v->seen & UINT64_C(1) << i)) {
			print_error(
				"no golden text has the word %s for %s=\n", m->names[i], m->key);
			n++;
		}
	return n;
}

/* Golden texts are in the form in which we write, each is its own format; and they are examples of all that can be said. */
TEST(golden_texts)
{
	_cleanup_free_ char *folder = path_join(getenv("SOURCE_ROOT"), "tests/golden/spec");
	static bool seen[32][32];
	DIR *dir = opendir(folder);
	unsigned int missing = 0;

	assert_non_null(dir);
	assert_true(spec_sections_count <= ARRAY_SIZE(seen));
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		_cleanup_free_ char *path = path_join(folder, e->d_name), *text = NULL,
				    *made = NULL;
		_cleanup_error_ Error *error = NULL;
		_cleanup_spec_ Spec *spec = NULL;
		size_t size, n;

		if (!strstr(e->d_name, ".spec"))
			continue;
		assert_int_equal(file_read(path, &text, &size, &error), 0);
		if (spec_parse(text, size, path, &spec, &error) < 0)
			fail_msg("%s", error_message(error));
		assert_int_equal(spec_format(spec, &made, &error), 0);
		assert_string_equal(made, text);
		for (const SpecSection *s = spec_sections; s < spec_sections + spec_sections_count;
			s++) {
			const char *item = spec_section_items(spec, s, &n);

			for (size_t i = 0; i < n; i++)
				for (size_t k = 0; k < s->n_members; k++)
					if (note(&s->members[k], item + i * s->size))
						seen[s - spec_sections][k] = true;
		}
	}
	closedir(dir);
	for (const SpecSection *s = spec_sections; s < spec_sections + spec_sections_count; s++)
		for (size_t k = 0; k < s->n_members; k++) {
			const SpecMember *m = &s->members[k];

			if (!seen[s - spec_sections][k]) {
				print_error("no golden text has %s= in [%s]\n", m->key, s->name);
				missing++;
			}
			if (m->type == SPEC_ENUM || m->type == SPEC_FLAGS)
				missing += missing_words(m);
		}
	assert_int_equal(missing, 0);
}
