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

/* Its /etc/resolv.conf where the keeper keeps it, and where nobody does. */
void compile_resolver(Compile *c);
void compile_hosts(Compile *c);
void compile_fresh_resolver(Compile *c);

/* Each mount, directory, link and file of the root, in order. -EPERM for a mount where there must be none. */
int compile_root(Compile *c, Error **ret_error);
/* Devices of the host. */
void compile_devices(Compile *c);
/* What the host has elsewhere and changes: copies, and the mounts of them. */
void compile_copies(Compile *c);
/* An entry of the root that is filled in; never NULL. */
SpecMount *compile_mount_entry(
	Compile *c, SpecMountKind kind, const char *target, const char *source, uint32_t flags);
/* Program, arguments, environment, capabilities, limits. */
int compile_process(Compile *c, Error **ret_error);
