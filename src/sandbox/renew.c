/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * renew: a running container gets what an upgrade of the host brought, as far as its on-upgrade= says, and what does not work then goes back. What goes back is
 * its /etc: /usr is the host's.
 */
#include "sandbox/renew.h"

#include <string.h>

#include "base/file.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "host/host.h"
#include "host/package-lock.h"
#include "sandbox/execute.h"
#include "sandbox/handle.h"
#include "sandbox/life.h"
#include "sandbox/task.h"
#include "sandbox/watch-up.h"

typedef struct Renewal {
	Container c; /* as it was */
	char *keyfile; /* its text */
	EtcBefore before;
	HeldPorts held;
	unsigned int timeout;
} Renewal;

static void renewal_done(Renewal *renewal)
{
	container_done(&renewal->c);
	free(renewal->keyfile);
	etc_before_done(&renewal->before);
	held_ports_done(&renewal->held);
}

static int wait_well(const Container *c, Error **ret_error)
{
	task_step("waiting for", c->desc->name);
	if (c->desc->health_command)
		return vsb_wait_healthy(c->desc->name, ret_error);
	return c->desc->units ? watch_up(c, c->desc->units, ret_error)
			      : vsb_wait(c->desc->name, "ready", 30, ret_error);
}

static int start_well(Renewal *renewal, Error **ret_error)
{
	const Container *c = &renewal->c;
	int r = life_start_held(c->desc->name, &renewal->held, ret_error);

	return r < 0 ? r : wait_well(c, ret_error);
}

/* The keyfile, too: an upgrade writes down what its units need today. */
static int restore(Renewal *renewal, Error **ret_error)
{
	const char *name = renewal->c.desc->name;
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container now = {};
	int r = sandbox_begin_change(name, &lock, &now, ret_error);

	if (r == 0)
		r = name_lock_hold_stopped(lock, ret_error);
	if (r == 0 && renewal->before.tree_fd >= 0)
		r = etc_before_restore(&renewal->before, &renewal->c.places, ret_error);
	if (r == 0)
		r = file_write_atomic(renewal->c.places.keyfile, renewal->keyfile,
			strlen(renewal->keyfile), 0600, ret_error);
	return r < 0 ? r : host_units_refresh(renewal->c.desc, &renewal->c.places, ret_error);
}

/* Which failure it was is said first; then what became of the container. */
static int go_back(Renewal *renewal, Error **ret_error)
{
	_cleanup_error_ Error *why = ret_error ? TAKE_PTR(*ret_error) : NULL, *second = NULL;
	const char *name = renewal->c.desc->name;
	int r;

	(void)vsb_stop(name, renewal->timeout, NULL); /* if it runs */
	r = restore(renewal, &second);
	if (r == 0)
		r = start_well(renewal, &second);
	if (r < 0)
		return error_set(ret_error, EIO,
			"container %s does not work since the host's packages changed: %s; its /etc "
			"of before does not work with them either: %s; /usr is the host's, and is "
			"not put back",
			name, error_message(why), error_message(second));
	return error_set(ret_error, EIO,
		"container %s does not work with the /etc of the host's new packages: %s; it runs "
		"again with its previous /etc; /usr is the host's, and is not put back",
		name, error_message(why));
}

static int restart_whole(Renewal *renewal, char ***notes, Error **ret_error)
{
	const Container *c = &renewal->c;
	int r;

	/* What create would refuse today is told while the old one still runs. */
	if (!c->places.image) {
		_cleanup_strv_ char **foreseen = NULL;

		r = vsb_upgrade(c->desc->name, true, &foreseen, ret_error);
		if (r < 0)
			return r;
	}
	r = life_stop_held(c->desc->name, 0, renewal->timeout, &renewal->held, ret_error);
	if (r == 0 && !c->places.image)
		r = upgrade_stopped(c->desc->name, &renewal->before, notes, ret_error);
	else if (r == 0 && strv_append(notes, "Left /etc unchanged: it is in an image; upgrade the "
					      "container while it is stopped") < 0)
		r = error_oom(ret_error);
	if (r == 0)
		r = start_well(renewal, ret_error);
	return r < 0 ? go_back(renewal, ret_error) : 0;
}

/* The inner systemd goes on; what it runs is in the host's /usr and new already. */
static int restart_units(const Container *c, Error **ret_error)
{
	_cleanup_strv_ char **argv = NULL;
	_cleanup_free_ char *output = NULL;
	int status, r;

	if (!c->desc->units)
		return error_set(ret_error, EOPNOTSUPP,
			"container %s runs a command, not units: on-upgrade=units does not apply",
			c->desc->name);
	if (strv_append(&argv, "systemctl") < 0 || strv_append(&argv, "restart") < 0 ||
		strv_append(&argv, "--") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (unit, c->desc->units)
		if (strv_append(&argv, *unit) < 0)
			return error_oom(ret_error);
	r = execute_capture(c, argv, &output, &status, ret_error);
	if (r == 0 && status != 0)
		r = error_set(ret_error, EIO,
			"its units could not be restarted; see `virt-sandbox-service logs %s`",
			c->desc->name);
	return r < 0 ? r : wait_well(c, ret_error);
}

static bool is_policy(const Container *c, const char *policy)
{
	return c->desc->on_upgrade && strcmp(c->desc->on_upgrade, policy) == 0;
}

PUBLIC int vsb_renew(
	const char *name, bool asked, unsigned int timeout, char ***ret_notes, vsb_error **error)
{
	_cleanup_(renewal_done) Renewal renewal = {
		.before = ETC_BEFORE_NONE, .held = HELD_PORTS_NONE, .timeout = timeout
	};
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_strv_ char **notes = NULL;
	const Container *c = &renewal.c;
	int r = sandbox_begin_look(name, &renewal.c, &state, error);

	if (r < 0)
		return r;
	if (desc_has_own_root(c->desc))
		return error_set(error, EOPNOTSUPP,
			"cannot renew container %s: its programs are its own, and not the host's",
			name);
	if (state.phase != RUN_RUNNING)
		return error_set(error, ENOTCONN, "container %s is not running", name);
	if (!asked && !is_policy(c, "restart") && !is_policy(c, "units"))
		return 0;
	r = package_wait("", NULL, NULL, error);
	if (r == 0)
		r = file_read(c->places.keyfile, &renewal.keyfile, NULL, error);
	if (r == 0)
		r = !asked && is_policy(c, "units") ? restart_units(c, error)
						    : restart_whole(&renewal, &notes, error);
	if (r < 0)
		return error_wrap(error, "container %s", name);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return 1;
}
