/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what somebody wants to what the kernel is told: pure, so that a start can be printed before it is done.
 */
#pragma once

#include "desc/identity.h"
#include "desc/places.h"
#include "engine/spec/kernel-facts.h"
#include "engine/spec/spec.h"
#include "sandbox/compile-terminal.h"

/* desc is resolved; identity has its reservations: ids, addresses, label. places: tree NULL: the content is fresh, in memory; notify NULL: nobody listens. */
int spec_from_desc(const Desc *desc, const Identity *identity, const Places *places,
	const KernelFacts *facts, CompileTerminal terminal, Spec **ret, Error **ret_error);

/* What the description says of name servers, as SpecCopy's lines. 0 or -ENOMEM. */
int compile_resolver_lines(const Desc *desc, char ***ret);
/* -EOPNOTSUPP: its units ask for addresses in a way that the model's policy forbids. */
int compile_check_dhcp(const Desc *desc, DescModel model, Error **ret_error);

/* Whether facts.resolver is needed. */
bool compile_wants_resolver(const Desc *desc, const Places *places);

/* What a container has that says nothing, as the engine knows this host. */
DescResources compile_default_resources(void);
SpecResources compile_resources(const DescResources *resources);

/* Only the links, for who takes them down. */
int compile_links(const Desc *desc, const Identity *identity, Spec *spec, Error **ret_error);
