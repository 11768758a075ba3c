/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tree of a document.
 */
#pragma once

#include "base/buf.h"
#include "domain/domain.h"

DomainNode *node_new(const char *name, unsigned int line); /* NULL without memory */
DomainNode *node_free(DomainNode *node);
DEFINE_CLEANUP(DomainNode *, node_free)
#define _cleanup_node_ _cleanup_(node_freep)
/* Only the tree of it; NULL without memory. */
DomainNode *node_copy(const DomainNode *node);

/* Takes child over, whatever it answers: 0 or -ENOMEM. at: the index it gets; SIZE_MAX: the last. */
int node_insert(DomainNode *node, DomainNode *child, size_t at);
void node_remove(DomainNode *node, size_t at);
/* All children of that name. */
void node_remove_named(DomainNode *node, const char *name);

/* The first of that name, NULL: none, or no node. */
DomainNode *node_child(const DomainNode *node, const char *name);
/* Of nodes below each other: "os/type". */
DomainNode *node_find(const DomainNode *node, const char *path);
/* By path, "os/type/@arch" and "name" alike. NULL: there is none. */
const char *node_value(const DomainNode *node, const char *path);
const char *node_attribute(const DomainNode *node, const char *name);
/* value NULL: removed. 0 or -ENOMEM. */
int node_set_attribute(DomainNode *node, const char *name, const char *value);
int node_set_text(DomainNode *node, const char *text);
/* A new last child with that text, which may be NULL. NULL without memory. */
DomainNode *node_add(DomainNode *node, const char *name, const char *text);
/* The node at the path, made where it is missing; NULL without memory. The path ends before "@". */
DomainNode *node_make(DomainNode *node, const char *path);

/* Is it characters of XML: UTF-8 without controls? */
bool node_can_hold(const char *text);

/* Appends the node as XML, in libvirt's form: two spaces for each level, single quotes. */
void node_print(const DomainNode *node, unsigned int level, Buf *buf);
