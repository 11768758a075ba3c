/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of spec_from_domain() share. Nobody else includes this.
 */
#pragma once

#include "domain/domain.h"

typedef struct DomainCompile {
	const Domain *domain;
	const Identity *identity;
	const DomainFacts *facts;
	const Desc *wishes;
	Spec *spec;
	bool private_network;
	bool failed; /* without memory: asked once, at the end */
} DomainCompile;

char *domain_compile_text(DomainCompile *c, const char *text);
void domain_compile_setting(
	DomainCompile *c, SpecSetting **list, size_t *n, const char *key, const char *value);

/* The root, what is mounted, what of the kernel's is hidden, devices. */
int domain_compile_root(DomainCompile *c, Error **ret_error);
/* The first program and what it may do. */
void domain_compile_process(DomainCompile *c);
/* Limits of the cgroup. */
void domain_compile_resources(DomainCompile *c);
/* Programs of i386 on amd64. */
bool domain_is_i386(const Domain *domain);
/* The capabilities that a container can have. */
uint64_t domain_possible_capabilities(bool user_namespace, bool private_network);
