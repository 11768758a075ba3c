/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what somebody wants to what the kernel is told: pure, so that a start can be printed before it is done.
 */
#pragma once

#include "desc/identity.h"
#include "engine/spec/kernel-facts.h"
#include "engine/spec/spec.h"

/* Host paths of one container. Borrowed. */
typedef struct CompilePlaces {
	const char *tree; /* the private content; NULL: fresh in memory */
	const char *image; /* file system that lies over the tree; NULL: none */
	const char *notify; /* socket that hears READY=1; NULL: none */
	const char *init; /* the program that is the first process of a command */
} CompilePlaces;

typedef struct CompileTerminal {
	bool wanted; /* a console of its own */
	const char *type; /* TERM; NULL: "linux" */
} CompileTerminal;

/* desc is resolved; identity has its reservations: ids, addresses, label. */
int spec_from_desc(const Desc *desc, const Identity *identity, const CompilePlaces *places,
	const KernelFacts *facts, CompileTerminal terminal, Spec **ret, Error **ret_error);

/* Whether facts.resolver is needed. */
bool compile_wants_resolver(const Desc *desc, const CompilePlaces *places);

/* What a container has that says nothing, as the engine knows this host. */
DescResources compile_default_resources(void);
SpecResources compile_resources(const DescResources *resources);

/* Only the links, for who takes them down. */
int compile_links(const Desc *desc, const Identity *identity, Spec *spec, Error **ret_error);
