/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The grammar: one row for each element and attribute that libvirt knows in a domain of type lxc, with its place, its values, and what we do with it. One table for
 * reading, order, refusals and the page that documents them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum RuleValue {
	VALUE_NONE, /* elements below it, or nothing */
	VALUE_TEXT,
	VALUE_NAME, /* of a domain */
	VALUE_PATH, /* absolute, normal */
	VALUE_UUID,
	VALUE_UNSIGNED, /* detail: the largest */
	VALUE_SIGNED,
	VALUE_SIZE, /* detail: attribute that holds the unit, and the unit it has in our form */
	VALUE_ENUM, /* detail: values that are honoured, then, behind "|", those that only libvirt honours */
	VALUE_SET, /* "0-3,7" */
	VALUE_MAC,
	VALUE_ADDRESS,
	VALUE_RAW, /* whatever is below it is kept as it is */
	_VALUE_MAX,
} RuleValue;

typedef enum RuleStatus {
	RULE_HONOURED,
	RULE_KEPT, /* says nothing about what a container is */
	RULE_OUTPUT, /* only of a running domain: dropped when it is read */
	RULE_REFUSED, /* kept, and refused at start */
	_RULE_STATUS_MAX,
} RuleStatus;

#define RULE_MANY 1u /* may be given more than once */
#define RULE_REQUIRED 2u /* with a sentence of libvirt's, or ours, when it is missing */
#define RULE_ANY_NAME 4u /* a capability */

typedef struct Rule {
	uint8_t depth;
	const char *name; /* "@name": an attribute of the element above */
	RuleValue value;
	RuleStatus status;
	uint8_t flags;
	const char *detail;
	const char
		*why; /* what a refused one asks for, or what to do instead; NULL: nothing to say */
} Rule;

extern const Rule rules[];
extern const size_t rules_count;

/* Of the document's root. */
const Rule *rule_root(void);
/* The row of a child or, with '@', an attribute of what that row is about. NULL: not known. */
const Rule *rule_below(const Rule *rule, const char *name);
/* The next row of the same parent; NULL: none. first: of its first. */
const Rule *rule_first(const Rule *rule);
const Rule *rule_next(const Rule *rule);

/* Index in the order that libvirt prints them in; -1: no capability that it knows. number: the kernel's. */
int capability_index(const char *name, unsigned int *ret_number);
