/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which domains there are: documents that are kept (LAYOUT_DOMAINS/NAME.xml), and those of what runs (LAYOUT_RUN/.domains/KEY/document). The key is what a
 * domain is called where a name becomes part of paths: its name, or its uuid where libvirt allows names that no container can have.
 */
#pragma once

#include <stdbool.h>

#include "domain/domain.h"
#include "engine/keep/state.h"
#include "sandbox/name-lock.h"

#define DOMAIN_KEY_PREFIX "domain-" /* of a uuid */

struct vsb_domain {
	char *name, *uuid, *key;
	bool container; /* of ours, not a document */
};

typedef struct DomainPlaces {
	char *definition; /* LAYOUT_DOMAINS/NAME.xml */
	char *live; /* the directory of one that runs; in it: */
	char *document; /* what it was started with, */
	char *spec; /* that compiled, */
	char *identity; /* and what was reserved for it */
	char *reason; /* why it is in its state */
} DomainPlaces;

void domain_places_done(DomainPlaces *places);
#define _cleanup_domain_places_ _cleanup_(domain_places_done)
int domain_places_of(const struct vsb_domain *handle, DomainPlaces *ret, Error **ret_error);
int domain_places_of_key(
	const char *key, DomainPlaces *ret, Error **ret_error); /* definition is NULL */

int domain_handle_new(const char *name, const char *uuid, bool container, struct vsb_domain **ret,
	Error **ret_error);
struct vsb_domain *domain_handle_free(struct vsb_domain *handle);
DEFINE_CLEANUP(struct vsb_domain *, domain_handle_free)
#define _cleanup_domain_handle_ _cleanup_(domain_handle_freep)

bool domain_is_kept(const struct vsb_domain *handle);

/* What is kept; what runs; what there is, the running one first. -ENOENT. */
int domain_load_kept(const struct vsb_domain *handle, Domain **ret, Error **ret_error);
int domain_load_live(const struct vsb_domain *handle, Domain **ret, Error **ret_error);
int domain_load(const struct vsb_domain *handle, Domain **ret, Error **ret_error);
/* Mode 0600, atomic. */
int domain_save(const Domain *domain, unsigned int flags, const char *path, Error **ret_error);

/* Every one, in no order. */
typedef struct DomainHandles {
	struct vsb_domain **items;
	size_t n;
} DomainHandles;
void domain_handles_done(DomainHandles *handles);
#define _cleanup_domain_handles_ _cleanup_(domain_handles_done)
int domain_handles(DomainHandles *ret, Error **ret_error);

/* "domain is not running", "domain is already running" as libvirt says it: -ENOTCONN, -EALREADY. */
int domain_not_running(Error **ret_error);
int domain_must_run(const struct vsb_domain *handle, RunState *ret, Error **ret_error);

/* The reason of its state, one of libvirt's words; NULL: unknown. Best effort: only who looks wants it. */
void domain_note_reason(const DomainPlaces *places, const char *reason);
char *domain_reason(const DomainPlaces *places);
