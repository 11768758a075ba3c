/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * delete: everything that create made, backwards. Once begun it is carried through, by the next command if need be.
 */
#include "engine/keep/state.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"
#include "sandbox/name-lock.h"

/* What there is to delete is in the description: the tree may be anywhere. Guessing could delete what is not the container's. */
static int delete_load(const char *name, Container *ret, Error **ret_error)
{
	int r = registry_load(name, ret, ret_error);

	if (r != -EINVAL && r != -EBADMSG)
		return r;
	return error_set(ret_error, -r,
		"%s; correct that file and delete the container again: only its description says "
		"what belongs to it",
		error_message(ret_error ? *ret_error : NULL));
}

PUBLIC int vsb_delete(const char *name, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container container = {};
	int r;

	r = sandbox_begin_work(error);
	if (r < 0)
		return r;
	r = name_lock_take(name, &lock, error);
	if (r < 0)
		return r;
	r = delete_load(name, &container, error);
	if (r < 0)
		return r;
	r = run_state_load(name, &state, error);
	if (r < 0)
		return r;
	if (state.phase != RUN_STOPPED)
		return error_set(
			error, EBUSY, "Cannot delete running container %s; stop it first", name);
	/* The state was for the sentence; this is what a supervisor that is just being started meets. */
	r = name_lock_hold_stopped(lock, error);
	if (r >= 0)
		r = name_lock_mark_for_deletion(lock, error);
	if (r < 0)
		return r;
	supervisor_forget(name);
	return name_lock_undo(lock, error);
}
