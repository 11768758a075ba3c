/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an upgrade of the host means for a container: create's checks once more, as the host is now, and what a package manager may remove.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "engine/keep/event-log.h"
#include "sandbox/create.h"
#include "sandbox/event-reader.h"
#include "sandbox/handle.h"
#include "sandbox/host-record.h"
#include "sandbox/library-check.h"
#include "sandbox/name-lock.h"
#include "sandbox/renew.h"

static int add(char ***findings, const char *kind, const char *sentence, Error **ret_error)
{
	return strv_append(findings, kind) < 0 || strv_append(findings, sentence) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int add_all(char ***findings, const char *kind, char *const *sentences, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (sentence, sentences)
		if (r == 0)
			r = add(findings, kind, *sentence, ret_error);
	return r;
}

/* Of an image that is in use, or that another command works on, it is not known. What cannot be told here, an upgrade will say. */
static int check_etc(const Container *c, bool runs, const Desc *desc, const Plan *plan,
	char ***findings, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_strv_ char **notes = NULL;

	if (c->places.image && (runs || name_lock_take(c->desc->name, &lock, NULL) < 0 ||
				       name_lock_hold_stopped(lock, NULL) < 0))
		return 0;
	return upgrade_foresee(c, desc, plan, &notes, NULL) < 0
		       ? 0
		       : add_all(findings, "behind", notes, ret_error);
}

/* A refusal of create's is a finding. */
static int check_again(const Container *c, bool runs, char ***findings, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_strv_ char **sentences = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	int r = create_check_paths(c->desc, &error);

	if (r == 0)
		r = create_make_plan(c->desc, c->identity, &desc, &plan, &error);
	if (r == -ENOMEM)
		return error_oom(ret_error);
	if (r < 0)
		return add(findings, "broken", error_message(error), ret_error);
	r = host_record_compare(c->desc->name, plan, &sentences, ret_error);
	if (r == 0 && !c->places.image)
		r = library_check(c->places.tree, &sentences, ret_error);
	if (r == 0)
		r = add_all(findings, "broken", sentences, ret_error);
	return r < 0 ? r : check_etc(c, runs, desc, plan, findings, ret_error);
}

typedef struct Told {
	const char *name;
	int64_t since; /* seconds */
	bool stale;
} Told;

static bool is_told(const char *line, void *data)
{
	_cleanup_free_ char *told = NULL;
	Told *t = data;
	int64_t usec;

	if (asprintf(&told, "\"container\":\"%s\",\"event\":\"%s\"", t->name,
		    event_kind_name(EVENT_STALE)) < 0)
		told = NULL;
	t->stale = told && strstr(line, told) && sscanf(line, "{\"usec\":%" SCNd64, &usec) == 1 &&
		   usec / 1000000 >= t->since;
	return !t->stale;
}

/* An event, once for each start. */
static void tell_stale(const char *name, int64_t since)
{
	Told told = { name, since, false };

	if (events_read(is_told, &told, NULL) == 0)
		event_log_reason(name, EVENT_STALE,
			"it runs programs or libraries that were replaced on the host");
}

PUBLIC int vsb_upgrade_check(const char *name, char ***ret_findings, vsb_error **error)
{
	_cleanup_strv_ char **findings = NULL;
	_cleanup_container_ Container c = {};
	_cleanup_run_state_ RunState state = { 0 };
	vsb_info *info = NULL;
	int r = sandbox_begin_look(name, &c, &state, error);

	if (r == 0 && desc_has_own_root(c.desc))
		return error_set(error, EOPNOTSUPP,
			"container %s has programs of its own, which no upgrade of the host changes",
			name);
	if (r == 0)
		r = vsb_info_of(name, &info, error);
	if (r == 0 && vsb_info_is_stale(info))
		r = add(&findings, "stale",
			"it runs programs or libraries that were replaced; `virt-sandbox-service "
			"restart --stale` gives it the new ones",
			error);
	if (info && vsb_info_is_stale(info))
		tell_stale(name, vsb_info_since(info));
	vsb_info_free(info);
	if (r == 0)
		r = check_again(&c, state.phase != RUN_STOPPED, &findings, error);
	if (r == 0)
		*ret_findings = TAKE_PTR(findings);
	return r;
}

PUBLIC int vsb_packages_needed(char **packages, char ***ret, vsb_error **error)
{
	_cleanup_strv_ char **names = NULL, **found = NULL;
	int r = registry_names(&names, error);

	STRV_FOREACH (name, names) {
		_cleanup_strv_ char **needed = NULL;

		if (r == 0)
			r = host_record_packages(*name, &needed, error);
		STRV_FOREACH (package, packages)
			if (r == 0 && strv_contains(needed, *package) &&
				(strv_append(&found, *package) < 0 ||
					strv_append(&found, *name) < 0))
				r = error_oom(error);
	}
	if (r == 0)
		*ret = TAKE_PTR(found);
	return r;
}
