/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a domain: start, its end, suspend and resume, signals, console, commands in it. Containers of ours take the same verbs.
 */
#include "sandbox/domain-life.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "base/text.h"
#include "engine/keep/event-log.h"
#include "engine/keep/freezer.h"
#include "engine/keep/saved-spec.h"
#include "host/host.h"
#include "sandbox/domain-run.h"
#include "sandbox/execute.h"
#include "sandbox/handle.h"
#include "sandbox/signal.h"

/* -- Start -- */

/* What the supervisor says begins with our words for the name, which virsh's users do not expect. */
static int without_prefix(const char *key, int r, Error **ret_error)
{
	_cleanup_free_ char *prefix = NULL, *sentence = NULL;
	const char *message = error_message(ret_error ? *ret_error : NULL);

	if (r >= 0 || !ret_error || !*ret_error || asprintf(&prefix, "container %s: ", key) < 0)
		return r;
	while (strncmp(message, prefix, strlen(prefix)) == 0)
		message += strlen(prefix);
	sentence = strdup(message);
	if (!sentence)
		return r;
	*ret_error = error_free(*ret_error);
	return error_set(ret_error, -r, "%s", sentence);
}

/* Where the host starts it by a unit, the unit shall tell the truth. */
static int launch(const char *key, Error **ret_error)
{
	_cleanup_free_ char *name = NULL,
			    *path = layout_pathf(LAYOUT_UNITS, "%s_sandbox.service", key);

	if (!path || asprintf(&name, "%s_sandbox.service", key) < 0)
		return error_oom(ret_error);
	return host_has_systemd() && file_exists(path) ? host_systemctl("start", name, ret_error)
						       : supervisor_launch(key, -1, ret_error);
}

int domain_launch(const struct vsb_domain *handle, const Domain *domain, unsigned int flags,
	char ***ret_notes, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	int r = domain_places_of(handle, &places, ret_error);
	if (r == 0)
		r = domain_run_prepare(
			handle, domain, flags & VSB_DOMAIN_PAUSED, ret_notes, ret_error);
	if (r < 0)
		return r;
	/* Before it could have ended. */
	domain_note_reason(&places, flags & VSB_DOMAIN_PAUSED ? "user" : "booted");
	r = launch(handle->key, ret_error);
	if (r < 0) {
		(void)domain_run_end(handle->key, NULL); /* the failure to tell is the first */
		domain_note_reason(&places, domain_is_kept(handle) ? "failed" : NULL);
		return without_prefix(handle->key, r, ret_error);
	}
	return 0;
}

static int start_document(
	const vsb_domain *handle, unsigned int flags, char ***ret_notes, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_domain_ Domain *domain = NULL;
	int r = sandbox_begin_work(ret_error);

	if (r == 0)
		r = name_lock_domain(handle->key, &lock, ret_error);
	if (r == 0)
		r = run_state_load(handle->key, &state, ret_error);
	if (r == 0 && state.phase != RUN_STOPPED)
		r = error_set(ret_error, EALREADY,
			"Requested operation is not valid: domain is already active");
	if (r == 0)
		r = domain_load_kept(handle, &domain, ret_error);
	return r < 0 ? r : domain_launch(handle, domain, flags, ret_notes, ret_error);
}

PUBLIC int vsb_domain_start(
	const vsb_domain *domain, unsigned int flags, char ***ret_notes, vsb_error **error)
{
	return domain->container ? vsb_start(domain->name, error)
				 : start_document(domain, flags, ret_notes, error);
}

/* -- Signals to its first process -- */

static int send(const struct vsb_domain *handle, int number, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = domain_must_run(handle, &state, ret_error);

	return r < 0 ? r : signal_send_first(&state, number, ret_error);
}

/* systemd(1) ends by SIGRTMIN+4 and starts anew by SIGRTMIN+5; another init is asked as libvirt asks it. */
static bool runs_systemd(const struct vsb_domain *handle)
{
	_cleanup_spec_ Spec *spec = NULL;
	const char *program, *name;

	if (saved_spec_read(handle->key, &spec, NULL) < 0 || !spec->process.argv)
		return false;
	program = spec->process.argv[0];
	name = strrchr(program, '/');
	return strcmp(name ? name + 1 : program, "systemd") == 0 ||
	       (spec->n_stops > 0 && strncmp(spec->stops[0].signal, "RTMIN", 5) == 0);
}

PUBLIC int vsb_domain_signal(const vsb_domain *domain, int number, vsb_error **error)
{
	return send(domain, number, error);
}

PUBLIC int vsb_domain_shutdown(const vsb_domain *domain, vsb_error **error)
{
	return send(domain, runs_systemd(domain) ? SIGRTMIN + 4 : SIGTERM, error);
}

PUBLIC int vsb_domain_reboot(const vsb_domain *domain, vsb_error **error)
{
	return send(domain, runs_systemd(domain) ? SIGRTMIN + 5 : SIGHUP, error);
}

PUBLIC int vsb_domain_destroy(const vsb_domain *domain, vsb_error **error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	_cleanup_run_state_ RunState state = { 0 };
	int r = domain_must_run(domain, &state, error);
	if (r < 0)
		return r;
	if (domain->container)
		return vsb_stop(domain->name, 0, error);
	r = domain_places_of(domain, &places, error);
	if (r < 0)
		return r;
	domain_note_reason(&places, "destroyed");
	r = supervisor_stop(domain->key, 0, error);
	if (r == -ENOTCONN) {
		if (error)
			*error = error_free(*error);
		return domain_not_running(error);
	}
	if (r < 0)
		return without_prefix(domain->key, r, error);
	/* What a supervisor that was killed could not give back. */
	r = domain_run_end(domain->key, error);
	if (r == -EBUSY && error) /* somebody has started it again: it was destroyed */
		*error = error_free(*error);
	return r == -EBUSY ? 0 : r;
}

/* -- In its tracks -- */

/* One that was started so: its first process has not begun. */
static int release(const char *key, const DomainPlaces *places, Error **ret_error)
{
	int r = supervisor_release(key, ret_error);

	if (r < 0)
		return without_prefix(key, r, ret_error);
	domain_note_reason(places, "unpaused");
	event_log(key, EVENT_RESUMED, NULL);
	return 0;
}

static int freeze(const struct vsb_domain *handle, bool on, Error **ret_error)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	_cleanup_run_state_ RunState state = { 0 };
	int r = domain_must_run(handle, &state, ret_error);

	if (r == 0)
		r = domain_places_of(handle, &places, ret_error);
	if (r < 0)
		return r;
	if (state.phase == RUN_CREATED)
		return on ? 0 : release(handle->key, &places, ret_error);
	if (!on && !freezer_is_on(state.cgroup))
		return error_set(ret_error, EALREADY,
			"Requested operation is not valid: domain is already running");
	r = freezer_set(state.cgroup, on, ret_error);
	if (r < 0)
		return r;
	domain_note_reason(&places, on ? "user" : "unpaused");
	event_log(handle->key, on ? EVENT_SUSPENDED : EVENT_RESUMED, NULL);
	return 0;
}

PUBLIC int vsb_domain_suspend(const vsb_domain *domain, vsb_error **error)
{
	return freeze(domain, true, error);
}

PUBLIC int vsb_domain_resume(const vsb_domain *domain, vsb_error **error)
{
	return freeze(domain, false, error);
}

/* -- Inside -- */

/* libvirt's names for them are console0, console1, ... */
static int console_number(
	const struct vsb_domain *domain, const char *device, uint32_t *ret, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = NULL;
	uint64_t number;

	if (saved_spec_read(domain->key, &spec, NULL) < 0 || strncmp(device, "console", 7) != 0 ||
		text_number(device + 7, spec->process.terminals, &number) < 0)
		return error_set(ret_error, ENOENT,
			"invalid argument: cannot find console device '%s'", device);
	*ret = (uint32_t)number;
	return 0;
}

PUBLIC int vsb_domain_console(
	const vsb_domain *domain, const char *device, char escape, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	uint32_t number = 0;
	int r = domain_must_run(domain, &state, error);

	if (r == 0 && device)
		r = console_number(domain, device, &number, error);
	return r < 0 ? r : supervisor_console_attach(domain->key, number, escape, error);
}

PUBLIC int vsb_domain_execute(const vsb_domain *domain, char **argv,
	const vsb_execute_options *options, int *ret_status, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = domain_must_run(domain, &state, error);

	if (r == 0 && state.phase == RUN_CREATED)
		r = error_set(error, EBUSY, "Requested operation is not valid: domain is paused");
	return r < 0 ? r : execute_in(domain->key, argv, options, ret_status, error);
}

/* -- With the host -- */

/* As a description, which host/ writes units from. */
static int describe(
	const struct vsb_domain *handle, Desc **ret, Places *ret_places, Error **ret_error)
{
	_cleanup_domain_ Domain *domain = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r = domain_load_kept(handle, &domain, ret_error);

	if (r == 0)
		r = domain_wishes(domain, &desc, ret_error);
	if (r == 0)
		r = places_of_name(handle->key, ret_places, ret_error);
	if (r < 0)
		return r;
	free(desc->name);
	desc->name = strdup(handle->key);
	ret_places->tree = strdup(domain->root_filesystem && domain->root_filesystem->source
					  ? domain->root_filesystem->source
					  : "/");
	if (!desc->name || !ret_places->tree) {
		places_done(ret_places);
		return error_oom(ret_error);
	}
	desc->kind = DESC_COMMAND;
	*ret = TAKE_PTR(desc);
	return 0;
}

static char *wants_link(const char *key)
{
	return layout_pathf(LAYOUT_UNITS, "multi-user.target.wants/%s_sandbox.service", key);
}

bool domain_is_autostarted(const struct vsb_domain *handle)
{
	_cleanup_free_ char *link = wants_link(handle->key);

	return link && faccessat(AT_FDCWD, link, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int set_autostart(const struct vsb_domain *handle, bool on, Error **ret_error)
{
	_cleanup_places_ Places places = {};
	_cleanup_strv_ char **paths = NULL;
	_cleanup_free_ char *link = wants_link(handle->key), *target = NULL,
			    *directory = layout_pathf(LAYOUT_UNITS, "multi-user.target.wants");
	_cleanup_desc_ Desc *desc = NULL;
	int r;

	if (on == domain_is_autostarted(handle))
		return 0;
	r = describe(handle, &desc, &places, ret_error);
	if (r < 0)
		return r;
	if (!on)
		return host_units_remove(desc, &places, ret_error);
	if (!link || !directory || asprintf(&target, "../%s_sandbox.service", handle->key) < 0)
		return error_oom(ret_error);
	r = host_units_write(desc, &places, &paths, ret_error);
	if (r == 0)
		r = file_mkdir_p(directory, 0755, ret_error);
	if (r < 0)
		return r;
	return symlink(target, link) < 0 && errno != EEXIST
		       ? error_errno(ret_error, errno, "cannot make %s", link)
		       : 0;
}

PUBLIC int vsb_domain_autostart(const vsb_domain *domain, bool on, vsb_error **error)
{
	int r = sandbox_begin(error);

	if (r < 0)
		return r;
	if (domain->container)
		return error_set(error, EOPNOTSUPP,
			"%s is a container of virt-sandbox-service, not a domain; use `systemctl "
			"%s "
			"%s_sandbox.service`",
			domain->name, on ? "enable" : "disable", domain->name);
	if (!domain_is_kept(domain))
		return error_set(error, EINVAL,
			"Requested operation is not valid: cannot set autostart for transient "
			"domain");
	return set_autostart(domain, on, error);
}
