/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Spec as a whole: made, compared, freed. By the table alone.
 */
#include "engine/spec/spec.h"

#include <string.h>

#include "base/strv.h"
#include "engine/spec/spec-table.h"

#define IDMAP_RANGES_MAX 340u /* the kernel's UID_GID_MAP_MAX_EXTENTS */

static const size_t sizes[_SPEC_TYPE_MAX] = {
	[SPEC_BOOL] = sizeof(bool),
	[SPEC_NUMBER] = sizeof(uint32_t),
	[SPEC_SIGNED] = sizeof(int32_t),
	[SPEC_LARGE] = sizeof(uint64_t),
	[SPEC_MODE] = sizeof(uint32_t),
	[SPEC_ENUM] = sizeof(int),
	[SPEC_FLAGS] = sizeof(uint32_t),
	[SPEC_BITS] = sizeof(uint64_t),
};

/* A pointer to items and their number behind it, as each array in an item has it. */
typedef struct Array {
	void *items;
	size_t count;
} Array;

static size_t array_item_size(SpecType type)
{
	switch (type) {
	case SPEC_MAP:
		return sizeof(SpecIdRange);
	case SPEC_ARGUMENTS:
		return sizeof(SpecArgument);
	default:
		return sizeof(uint32_t);
	}
}

void *spec_section_items(const Spec *spec, const SpecSection *section, size_t *ret_count)
{
	char *place = (char *)spec + section->offset;
	void *items;

	if (section->size == 0) {
		*ret_count = 1;
		return place;
	}
	memcpy(&items, place, sizeof(items));
	memcpy(ret_count, (const char *)spec + section->count, sizeof(*ret_count));
	return items;
}

/* Room is made in powers of two. */
void *spec_section_add(Spec *spec, const SpecSection *section)
{
	size_t count;
	char *items = spec_section_items(spec, section, &count);

	if (count >= SPEC_ITEMS_MAX)
		return NULL;
	if ((count & (count - 1)) == 0) {
		items = reallocarray(items, count ? count * 2 : 1, section->size);
		if (!items)
			return NULL;
		memcpy((char *)spec + section->offset, &items, sizeof(items));
	}
	memset(items + count * section->size, 0, section->size);
	count++;
	memcpy((char *)spec + section->count, &count, sizeof(count));
	return items + (count - 1) * section->size;
}

static void *add(Spec *spec, size_t offset)
{
	for (size_t i = 0; i < spec_sections_count; i++)
		if (spec_sections[i].size && spec_sections[i].offset == offset)
			return spec_section_add(spec, &spec_sections[i]);
	return NULL;
}

SpecLayer *spec_add_layer(Spec *spec)
{
	return add(spec, offsetof(Spec, layers));
}

static SpecDeviceRule *spec_add_device_rule(Spec *spec)
{
	return add(spec, offsetof(Spec, device_rules));
}

SpecSetting *spec_add_cgroup_value(Spec *spec)
{
	return add(spec, offsetof(Spec, cgroup_values));
}

SpecMount *spec_add_mount(Spec *spec)
{
	return add(spec, offsetof(Spec, mounts));
}

SpecDevice *spec_add_device(Spec *spec)
{
	return add(spec, offsetof(Spec, devices));
}

static bool add_rule(Spec *spec, SpecDeviceRule rule, const char *access)
{
	SpecDeviceRule *added = spec_add_device_rule(spec);

	if (!added)
		return false;
	*added = rule;
	added->access = strdup(access);
	return added->access != NULL;
}

bool spec_forbid_writing(Spec *spec, const SpecDevice *device)
{
	const SpecDeviceRule all = {
		.allow = true, .type = SPEC_DEVICE_ALL, .major = -1, .minor = -1
	};
	const SpecDeviceRule rule = { .type = device->type,
		.major = (int32_t)device->major,
		.minor = (int32_t)device->minor };

	return (spec->n_device_rules > 0 || add_rule(spec, all, "rwm")) &&
	       add_rule(spec, rule, "w");
}

SpecLimit *spec_add_limit(Spec *spec)
{
	return add(spec, offsetof(Spec, limits));
}

SpecSetting *spec_add_sysctl(Spec *spec)
{
	return add(spec, offsetof(Spec, sysctls));
}

SpecCopy *spec_add_copy(Spec *spec)
{
	return add(spec, offsetof(Spec, copies));
}

bool spec_id_outside(const SpecIdMap *map, uint32_t inside, uint32_t *ret)
{
	for (size_t i = 0; i < map->n_ranges; i++) {
		const SpecIdRange *range = &map->ranges[i];

		if (inside >= range->inside && inside - range->inside < range->count) {
			*ret = range->outside + (inside - range->inside);
			return true;
		}
	}
	return false;
}

SpecFilterRule *spec_add_filter_rule(Spec *spec)
{
	return add(spec, offsetof(Spec, filter_rules));
}

SpecStop *spec_add_stop(Spec *spec)
{
	return add(spec, offsetof(Spec, stops));
}

Attachment *spec_add_network(Spec *spec)
{
	return add(spec, offsetof(Spec, networks));
}

int spec_add_range(SpecIdMap *map, SpecIdRange range)
{
	SpecIdRange *grown;

	if (map->n_ranges >= IDMAP_RANGES_MAX)
		return -ENOMEM;
	grown = reallocarray(map->ranges, map->n_ranges + 1, sizeof(range));
	if (!grown)
		return -ENOMEM;
	map->ranges = grown;
	map->ranges[map->n_ranges++] = range;
	return 0;
}

static bool texts_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool arrays_equal(SpecType type, const Array *a, const Array *b)
{
	return a->count == b->count &&
	       (a->count == 0 || memcmp(a->items, b->items, a->count * array_item_size(type)) == 0);
}

static bool member_equal(const SpecMember *member, const void *a, const void *b)
{
	const void *x = (const char *)a + member->offset, *y = (const char *)b + member->offset;
	const SpecNamespace *m = x, *n = y;

	switch (member->type) {
	case SPEC_TEXT:
		return texts_equal(*(char *const *)x, *(char *const *)y);
	case SPEC_LIST:
		return strv_equal(*(char **const *)x, *(char **const *)y);
	case SPEC_NAMESPACE:
		return m->kind == n->kind && texts_equal(m->path, n->path);
	case SPEC_MAP:
	case SPEC_NUMBERS:
	case SPEC_ARGUMENTS:
		return arrays_equal(member->type, x, y);
	default:
		return memcmp(x, y, sizes[member->type]) == 0;
	}
}

bool spec_member_is_unset(const SpecMember *member, const void *item)
{
	static const union {
		SpecNamespace space;
		Array array;
		uint64_t number;
	} nothing;

	return member_equal(&(SpecMember){ .type = member->type },
		(const char *)item + member->offset, &nothing);
}

void spec_member_free(const SpecMember *member, void *item)
{
	void *place = (char *)item + member->offset;

	switch (member->type) {
	case SPEC_TEXT:
		free(*(char **)place);
		break;
	case SPEC_LIST:
		strv_free(*(char ***)place);
		break;
	case SPEC_NAMESPACE:
		free(((SpecNamespace *)place)->path);
		break;
	case SPEC_MAP:
	case SPEC_NUMBERS:
	case SPEC_ARGUMENTS:
		free(((Array *)place)->items);
		break;
	default:
		break;
	}
}

Spec *spec_new(void)
{
	return calloc(1, sizeof(Spec));
}

Spec *spec_free(Spec *spec)
{
	for (size_t i = 0; spec && i < spec_sections_count; i++) {
		const SpecSection *section = &spec_sections[i];
		size_t count;
		char *items = spec_section_items(spec, section, &count);

		for (size_t k = 0; k < count; k++)
			for (size_t m = 0; m < section->n_members; m++)
				spec_member_free(&section->members[m], items + k * section->size);
		if (section->size)
			free(items);
	}
	free(spec);
	return NULL;
}

static bool section_equal(const SpecSection *section, const Spec *a, const Spec *b)
{
	size_t n, count;
	const char *x = spec_section_items(a, section, &n),
		   *y = spec_section_items(b, section, &count);

	if (n != count)
		return false;
	for (size_t k = 0; k < count; k++)
		for (size_t m = 0; m < section->n_members; m++)
			if (!member_equal(&section->members[m], x + k * section->size,
				    y + k * section->size))
				return false;
	return true;
}

bool spec_equal(const Spec *a, const Spec *b)
{
	for (size_t i = 0; i < spec_sections_count; i++)
		if (!section_equal(&spec_sections[i], a, b))
			return false;
	return true;
}

Attachment *spec_shared_link(const Spec *spec)
{
	for (size_t i = 0; i < spec->n_networks; i++)
		if (spec->networks[i].kind == ATTACHMENT_SHARED)
			return &spec->networks[i];
	return NULL;
}
