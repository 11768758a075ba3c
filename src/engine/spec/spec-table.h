/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of a Spec's members: everything that is done with a Spec as a whole walks it.
 */
#pragma once

#include "engine/spec/spec.h"

typedef enum SpecType {
	SPEC_TEXT, /* char * */
	SPEC_LIST, /* char ** */
	SPEC_BOOL,
	SPEC_NUMBER, /* uint32_t */
	SPEC_SIGNED, /* int32_t */
	SPEC_LARGE, /* uint64_t; the largest is written "max" */
	SPEC_MODE, /* uint32_t, in octal */
	SPEC_ENUM, /* int, by `names` */
	SPEC_FLAGS, /* uint32_t: bit n is names[n] */
	SPEC_BITS, /* uint64_t: likewise */
	SPEC_NAMESPACE, /* SpecNamespace */
	SPEC_MAP, /* SpecIdMap */
	SPEC_NUMBERS, /* uint32_t * and its size_t behind it */
	SPEC_ARGUMENTS, /* SpecArgument * and its size_t behind it */
	_SPEC_TYPE_MAX,
} SpecType;

typedef struct SpecMember {
	const char *key;
	SpecType type;
	size_t offset; /* in its section's struct */
	const char *const *names; /* NULL-terminated */
} SpecMember;

typedef struct SpecSection {
	const char *name;
	const SpecMember *members;
	size_t n_members;
	size_t offset; /* in Spec: of the struct, or of the pointer to the first */
	size_t count; /* in Spec: of their number */
	size_t size; /* of one; 0: there is exactly one */
	bool process; /* what a process of the container has from birth */
} SpecSection;

extern const SpecSection spec_sections[];
extern const size_t spec_sections_count;

extern const char *const spec_comparison_names[];

/* The first item of an array section and their number; of another the struct and 1. */
void *spec_section_items(const Spec *spec, const SpecSection *section, size_t *ret_count);
/* Appends a zeroed item; NULL without memory or above the limit. */
void *spec_section_add(Spec *spec, const SpecSection *section);

/* Is it as in a Spec that is all zero? Then it is not written. */
bool spec_member_is_unset(const SpecMember *member, const void *item);
void spec_member_free(const SpecMember *member, void *item);
