/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upgrade: after the host's packages changed, brings a container's /etc to what create would make today, and its host units to what this version writes.
 */
#include "base/strv.h"
#include "content/etc-merge.h"
#include "desc/keyfile.h"
#include "engine/keep/state.h"
#include "host/host.h"
#include "host/package-lock.h"
#include "identity/confirm.h"
#include "sandbox/create.h"
#include "sandbox/handle.h"
#include "sandbox/host-record.h"
#include "sandbox/name-lock.h"
#include "sandbox/renew.h"
#include "sandbox/task.h"

int upgrade_foresee(const Container *c, const Desc *desc, const Plan *plan, char ***ret_notes,
	Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r = identity_open_label(desc, c->identity, &label, ret_error);

	return r < 0 ? r : etc_merge(&c->places, plan, label, true, NULL, ret_notes, ret_error);
}

static int upgrade_files(
	const Container *c, bool dry_run, EtcBefore *before, char ***ret_notes, Error **ret_error)
{
	_cleanup_strv_ char **units = NULL;
	_cleanup_label_ Label *label = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	int r = create_make_plan(c->desc, c->identity, &desc, &plan, ret_error);
	if (r >= 0)
		r = identity_open_label(desc, c->identity, &label, ret_error);
	if (r < 0)
		return r;
	r = etc_merge(&c->places, plan, label, dry_run, before, ret_notes, ret_error);
	if (r < 0 || dry_run)
		return r;
	r = label_describe(label, plan->ports, ret_error);
	if (r < 0)
		return r;
	/* Versions before 0.1.1 made the link unasked. */
	r = desc->host_journal ? 0 : host_journal_unlink(c->identity->uuid, ret_error);
	if (r >= 0)
		r = host_units_write(desc, &c->places, &units, ret_error);
	if (r >= 0)
		r = host_record_save(desc->name, plan, ret_error);
	if (r < 0)
		return r;
	r = create_sync(&c->places, ret_error);
	return r < 0 ? r : keyfile_save(desc, c->identity, c->places.keyfile, ret_error);
}

static int upgrade(
	const char *name, bool dry_run, EtcBefore *before, char ***ret_notes, Error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container container = {};
	_cleanup_strv_ char **notes = NULL;
	int r = sandbox_begin_change(name, &lock, &container, error);
	if (r >= 0)
		r = run_state_load(name, &state, error);
	if (r < 0)
		return r;
	if (desc_has_own_root(container.desc))
		return error_set(error, EOPNOTSUPP,
			"cannot upgrade container %s: its programs and its /etc are its own, and "
			"not the host's; its own package manager upgrades it, as in "
			"`virt-sandbox-service execute %s -- apt-get upgrade`",
			name, name);
	if (state.phase != RUN_STOPPED && (!dry_run || container.desc->image_size != 0))
		return error_set(error, EBUSY,
			"container %s is running; stop it first, so that its files do not change "
			"meanwhile",
			name);
	task_step("upgrading", name);
	r = dry_run ? 0 : package_wait("", NULL, NULL, error);
	if (r >= 0 && state.phase == RUN_STOPPED)
		r = name_lock_hold_stopped(lock, error);
	if (r >= 0)
		r = identity_make_uuid(&container.identity->uuid, error);
	if (r >= 0)
		r = upgrade_files(&container, dry_run, before, &notes, error);
	if (r < 0)
		return error_wrap(error, "cannot upgrade container %s", name);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return 0;
}

PUBLIC int vsb_upgrade(const char *name, bool dry_run, char ***ret_notes, vsb_error **error)
{
	return upgrade(name, dry_run, NULL, ret_notes, error);
}

int upgrade_stopped(const char *name, EtcBefore *before, char ***ret_notes, Error **ret_error)
{
	return upgrade(name, false, before, ret_notes, ret_error);
}
