/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A tree in libvirt's form: each value checked and written as libvirt writes it, elements and attributes in its order, defaults filled in.
 */
#pragma once

#include "domain/grammar.h"
#include "domain/node.h"

typedef enum NormalFlags {
	NORMAL_KEEP_OUTPUT = 1 << 0, /* what only a running domain has */
	NORMAL_NO_ARCHITECTURE = 1 << 1, /* none is filled in */
} NormalFlags;

/* -EINVAL with a sentence: what is malformed, with its line. */
int normal_form(DomainNode *root, unsigned int flags, Error **ret_error);
/* Of one element, without defaults. */
int normal_form_node(DomainNode *node, const Rule *rule, unsigned int flags, Error **ret_error);

/* A value as libvirt writes it. node: the element that has it; in sentences. */
int normal_value(
	DomainNode *node, const Rule *rule, const char *value, char **ret, Error **ret_error);

/* "<name>" or "name='' of <element>", for sentences; the node's line is said by who makes them. */
void normal_name(const DomainNode *node, const Rule *rule, char *ret, size_t size);

/* An interface without a MAC address gets one. */
int defaults_mac(DomainNode *interface, Error **ret_error);
int defaults_apply(DomainNode *root, unsigned int flags, Error **ret_error);
