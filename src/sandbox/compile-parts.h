/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of the compiler share. Nobody else includes this.
 */
#pragma once

#include "desc/identity.h"
#include "desc/places.h"
#include "engine/spec/kernel-facts.h"
#include "engine/spec/spec.h"
#include "sandbox/compile-terminal.h"

typedef struct Compile {
	const Desc *desc;
	const Identity *identity;
	const Places *places;
	const KernelFacts *facts;
	CompileTerminal terminal;
	Spec *spec;
	bool private_network;
	bool failed; /* without memory: asked once, at the end */
	SpecMount nowhere; /* what is filled in then */
} Compile;

/* A copy; NULL stays NULL. */
char *compile_text(Compile *c, const char *text);
void compile_list(Compile *c, char ***list, const char *text);

/* Each mount, directory, link and file of the root, in order. -EPERM for a mount where there must be none. */
int compile_root(Compile *c, Error **ret_error);
/* Program, arguments, environment, capabilities, limits. */
int compile_process(Compile *c, Error **ret_error);

/* Bit n is capability n. private_net: the container has a network namespace of its own; net_admin: and its root administers it. */
uint64_t compile_capabilities(DescKind kind, bool private_net, bool net_admin);

/* Paths of the kernel's file systems that must not be read, or not changed. */
void compile_paths(Compile *c);
