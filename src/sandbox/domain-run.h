/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A run of a domain, around the engine: what is reserved and written down before a supervisor starts it, and what is given back after.
 */
#pragma once

#include "engine/spec/spec.h"
#include "sandbox/domain-store.h"

/* Refuses what a start would refuse, reserves, compiles, and writes all of it below the live directory. The caller has the name's lock. Failing leaves nothing. ret_notes,
 * if not NULL: what this host cannot give. held: see SpecKeep. */
int domain_run_prepare(const struct vsb_domain *handle, const Domain *domain, bool held,
	char ***ret_notes, Error **ret_error);
/* For the supervisor of that name: what was prepared, or is prepared now from what is kept, as for a unit of the host. -ESRCH: there is no such domain. */
int domain_run_compile(const char *key, Spec **ret, Error **ret_error);
/* Of one that runs: what it would be started with by this document, and with what it has; and that it is so from now on. */
int domain_run_recompile(
	const struct vsb_domain *handle, const Domain *domain, Spec **ret, Error **ret_error);
int domain_run_note(
	const struct vsb_domain *handle, const Domain *domain, const Spec *spec, Error **ret_error);
/* Gives back what was reserved, unless it runs. Nothing to do is success. */
int domain_run_end(const char *key, Error **ret_error);
/* The same by its supervisor, which has its lock. clean: of the run itself nothing is left. */
int domain_run_put_away(const char *key, bool clean, Error **ret_error);
/* The same for all whose supervisor was killed. */
int domain_run_sweep(Error **ret_error);
