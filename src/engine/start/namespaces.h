/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The namespaces of a Spec: which are made, and joining those that others made.
 */
#pragma once

#include "engine/spec/spec.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define NAMESPACES_JOINED_MAX 8

/* CLONE_NEW* of those that are new; of all that are not the host's. */
int namespaces_new(const SpecNamespaces *namespaces);
int namespaces_own(const SpecNamespaces *namespaces);

/* Refuses, by name, what cannot be done. */
int namespaces_check(const SpecNamespaces *namespaces, Error **ret_error);

/* What the calling thread was in before it joined others. */
typedef struct SavedNamespaces {
	int fds[NAMESPACES_JOINED_MAX], flags[NAMESPACES_JOINED_MAX];
	size_t n;
} SavedNamespaces;

/* Joins them, so that a process that is cloned now is born there; namespaces_restore() goes back. In the initial user namespace: from one of
 * its own the container could join none of them. */
int namespaces_join(const SpecNamespaces *namespaces, SavedNamespaces *saved, Error **ret_error);
int namespaces_restore(SavedNamespaces *saved, Error **ret_error);
