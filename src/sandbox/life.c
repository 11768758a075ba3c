/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * start, stop, restart, reload: through the host's systemd where there is one, so that `systemctl status` tells the truth, and by
 * our own supervisor elsewhere.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/strv.h"
#include "engine/keep/freezer.h"
#include "engine/keep/state.h"
#include "host/host.h"
#include "host/package-lock.h"
#include "sandbox/compile-run.h"
#include "sandbox/create.h"
#include "sandbox/execute.h"
#include "sandbox/handle.h"
#include "sandbox/life.h"
#include "sandbox/order.h"
#include "sandbox/registry.h"
#include "sandbox/name-lock.h"
#include "sandbox/task.h"

#define INTERRUPT_LOOKS 20 /* for a container whose start was interrupted */
#define INTERRUPT_MSEC 50 /* between them */

static int life_unit(const char *name, char **ret, Error **ret_error)
{
	return asprintf(ret, "%s_sandbox.service", name) < 0 ? error_oom(ret_error) : 0;
}

/* What the supervisor could not tell us directly because the service manager stood between. */
static int life_supervisor_error(const char *name, Error **ret_error)
{
	_cleanup_free_ char *reason = NULL;

	if (supervisor_reason(name, &reason, NULL) < 0 || !reason)
		return error_wrap(ret_error, "container %s", name);
	return error_set(ret_error, EIO, "%s", reason);
}

/* The name is held while it is looked at, and cleaned up after a killed supervisor. From there on the container's lock protects it, which the new supervisor
 * takes before it reads anything: whoever was faster, a delete perhaps, is what it finds. */
static int start_begin(const char *name, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container container = {};
	int r = sandbox_begin(ret_error);
	if (r == 0)
		r = name_lock_take(name, &lock, ret_error);
	if (r == 0)
		r = registry_load(name, &container, ret_error);
	if (r == 0)
		r = run_state_load(name, &state, ret_error);
	if (r < 0)
		return r;
	if (state.phase != RUN_STOPPED)
		return error_set(ret_error, EALREADY, "container %s is %s already", name,
			run_phase_name(state.phase));
	r = host_units_refresh(container.desc, &container.places, ret_error);
	return r < 0 ? r : compile_cleanup(&container, false, ret_error);
}

/* Before it is stopped, too: a service that waits for a package manager goes on meanwhile. */
static int life_wait_for_packages(const char *name, Container *ret, Error **ret_error)
{
	int r = sandbox_begin_look(name, ret, NULL, ret_error);

	if (r < 0 || desc_has_own_root(ret->desc))
		return r;
	r = package_wait("", NULL, NULL, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", name) : 0;
}

PUBLIC void vsb_tell_package_wait(void (*tell)(const char *sentence, void *data), void *data)
{
	package_tell(tell, data);
}

PUBLIC int vsb_wait_for_packages(
	void (*tell)(const char *sentence, void *data), void *data, vsb_error **error)
{
	return package_wait("", tell, data, error);
}

static int start_by_systemd(const char *name, int interrupt_fd, Error **ret_error)
{
	_cleanup_free_ char *unit = NULL;
	int r = life_unit(name, &unit, ret_error);

	if (r == 0)
		r = supervisor_pass_debug(name, ret_error);
	if (r < 0)
		return r;
	log_step("start", "%s by the host's systemd; its steps: journalctl -u %s", name, unit);
	r = host_systemctl_start(unit, interrupt_fd, ret_error);
	return r < 0 && r != -EINTR ? life_supervisor_error(name, ret_error) : r;
}

/* Who interrupts a start wants no container. */
static int start_now(const char *name, Error **ret_error)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	_cleanup_(signals_give_back) Signals signals = SIGNALS_NONE;
	int asked[ARRAY_SIZE(ends) + 1] = { 0 }, n = 0, r;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) { /* nohup(1) means us, too */
		struct sigaction action;

		if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			asked[n++] = ends[i];
	}
	r = signals_take(&signals, asked, ret_error);
	if (r == 0)
		r = host_has_systemd() ? start_by_systemd(name, signals.fd, ret_error)
				       : supervisor_launch(name, signals.fd, ret_error);
	if (r != -EINTR)
		return r;
	/* It may be that it has not even begun. */
	for (int i = 0; i < INTERRUPT_LOOKS && (r = vsb_stop(name, 0, NULL)) == -ENOTCONN; i++)
		(void)deadline_poll(NULL, 0, deadline_in_msec(INTERRUPT_MSEC));
	return error_set(ret_error, EINTR, "container %s: its start was interrupted; %s", name,
		r < 0 && r != -ENOTCONN ? "it could not be stopped" : "it does not run");
}

PUBLIC int vsb_start(const char *name, vsb_error **error)
{
	_cleanup_container_ Container container = {};
	int r = life_wait_for_packages(name, &container, error);

	if (r == 0)
		r = order_start_required(container.desc, error);
	task_step("starting", name);
	if (r == 0)
		r = start_begin(name, error);
	return r < 0 ? r : start_now(name, error);
}

/* Takes no lock of the name: to end a container must always be possible, whatever another command is busy with. */
PUBLIC int vsb_start_plan(const char *name, char **ret, vsb_error **error)
{
	_cleanup_spec_ Spec *spec = NULL;
	_cleanup_container_ Container container = {};
	int r = registry_load(name, &container, error);

	if (r == 0)
		r = compile_described(name, &spec, error);
	return r < 0 ? r : spec_format(spec, ret, error);
}

PUBLIC int vsb_stop(const char *name, unsigned int timeout, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	int r = sandbox_begin_running(name, &container, &state, error);

	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED)
		return error_set(error, ENOTCONN, "container %s is not running", name);
	task_step("stopping", name);
	/* Its processes cannot shut down while it is paused; to be killed they need not run. */
	if (timeout > 0 && freezer_is_on(state.cgroup))
		(void)freezer_set(
			state.cgroup, false, NULL); /* else it is killed when the time is over */
	/* Not `systemctl stop`: its time limit is the unit's, not the caller's. The unit ends with its supervisor. */
	r = supervisor_stop(name, timeout, error);
	if (r < 0)
		return error_wrap(error, "cannot stop container %s", name);
	if (!container.places.tree)
		return 0; /* its description cannot be read: what a killed supervisor left, the next command finds */
	r = compile_cleanup(&container, false, error);
	if (r != -EBUSY)
		return r;
	if (error)
		*error = error_free(*error);
	return 0; /* somebody has started it again meanwhile: it was stopped */
}

int life_stop_held(const char *name, unsigned int drain, unsigned int timeout, HeldPorts *ret,
	Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	int r = held_ports_take(name, ret, &error);

	if (r < 0) /* who comes meanwhile is refused, as without it; the restart is what was asked for */
		log_step("hold", "no ports of %s: %s", name, error_message(error));
	else
		held_ports_drain(name, ret, drain);
	r = vsb_stop(name, timeout, ret_error);
	if (r < 0)
		held_ports_done(ret);
	return r;
}

int life_start_held(const char *name, HeldPorts *held, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	int r = vsb_start(name, &error);

	if (r == -EADDRINUSE &&
		held->n > 0) { /* a security module does not let it take them over */
		held_ports_done(held);
		return vsb_start(name, ret_error);
	}
	if (r < 0 && ret_error)
		*ret_error = TAKE_PTR(error);
	return r;
}

/* What start would refuse is said while the container still runs. */
static int life_check_start(const Container *c, Error **ret_error)
{
	_cleanup_desc_ Desc *resolved = NULL;
	_cleanup_spec_ Spec *spec = NULL;
	int r = create_resolve(c->desc, &resolved, ret_error);

	if (r == 0)
		r = create_check_paths(c->desc, ret_error);
	if (r == 0)
		r = compile_described(c->desc->name, &spec, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s would not start, and was left as it is",
			       c->desc->name)
		     : 0;
}

PUBLIC int vsb_restart_draining(
	const char *name, unsigned int drain, unsigned int timeout, vsb_error **error)
{
	_cleanup_held_ports_ HeldPorts held = HELD_PORTS_NONE;
	_cleanup_error_ Error *stop_error = NULL;
	_cleanup_container_ Container container = {};
	int r = life_wait_for_packages(name, &container, error);

	if (r == 0)
		r = life_check_start(&container, error);
	if (r < 0)
		return r;
	r = life_stop_held(name, drain, timeout, &held, &stop_error);
	if (r < 0 && r != -ENOTCONN) {
		if (error)
			*error = TAKE_PTR(stop_error);
		return r;
	}
	return life_start_held(name, &held, error);
}

PUBLIC int vsb_restart(const char *name, unsigned int timeout, vsb_error **error)
{
	return vsb_restart_draining(name, 0, timeout, error);
}

PUBLIC int vsb_reload(const char *name, char **units, vsb_error **error)
{
	_cleanup_strv_ char **argv = NULL;
	_cleanup_free_ char *output = NULL;
	_cleanup_container_ Container container = {};
	int status, r;

	r = sandbox_begin_look(name, &container, NULL, error);
	if (r < 0)
		return r;
	if (!desc_has_manager(container.desc))
		return error_set(error, EOPNOTSUPP, "Generic Containers do not support reload");
	if (desc_is_direct(container.desc) && units)
		return error_set(error, EINVAL,
			"container %s has one unit, and no systemd that would reload another; leave out -u",
			name);
	if (desc_is_direct(container.desc))
		return supervisor_reload(name, error);
	if (!container.desc->units && !units)
		return error_set(error, EINVAL,
			"cannot reload container %s: a full system has units of its own; name "
			"them (-u)",
			name);
	if (strv_append(&argv, "systemctl") < 0 || strv_append(&argv, "reload-or-restart") < 0 ||
		strv_append(&argv, "--") < 0)
		return error_oom(error);
	STRV_FOREACH (unit, units ? units : container.desc->units)
		if (strv_append(&argv, *unit) < 0)
			return error_oom(error);
	r = execute_capture(&container, argv, &output, &status, error);
	if (r < 0)
		return r;
	if (status != 0)
		return error_set(error, EIO,
			"container %s: systemctl reload ended with status %d; see "
			"`virt-sandbox-service logs %s`",
			name, status, name);
	return 0;
}
