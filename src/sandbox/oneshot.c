/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One command in a sandbox of its own: this process is its supervisor, and all of it goes with this process.
 *
 * This is the path whose speed the product is measured by. What costs is done only if the description asks for it: a name is claimed on disk
 * only when there is something (a label, an address) that must be given back even if we are killed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "engine/start/cgroup.h"
#include "engine/engine.h"
#include "engine/io/relay.h"
#include "engine/keep/engines.h"
#include "engine/keep/publisher.h"
#include "host/package-lock.h"
#include "base/strv.h"
#include "label/choose.h"
#include "net/net.h"
#include "sandbox/compile-run.h"
#include "content/host-content.h"
#include "desc/identity.h"
#include "sandbox/create.h"
#include "sandbox/execute.h"
#include "sandbox/handle.h"
#include "identity/confirm.h"
#include "identity/ids.h"
#include "sandbox/registry.h"
#include "sandbox/name-lock.h"
#include "sandbox/resource-limits.h"

/* What a sandbox of one command has unless it is said otherwise: a name by its process, and loopback alone. */
static int oneshot_defaults(Desc *desc, Error **ret_error)
{
	int r = limits_fill(&desc->resources, ret_error);

	if (r < 0)
		return r;
	if (!desc->name && asprintf(&desc->name, CGROUP_OF_PROCESS, getpid()) < 0) {
		desc->name = NULL;
		return error_oom(ret_error);
	}
	if (desc->n_networks == 0) {
		DescNetwork *network = desc_add_network(desc);

		if (!network)
			return error_oom(ret_error);
		network->type = DESC_NETWORK_NONE;
	}
	return 0;
}

typedef enum OneshotAudience {
	ONESHOT_USED, /* the caller has its input and output */
	ONESHOT_SHOWN, /* to the caller, not used by him: on pipes, and as text */
	ONESHOT_QUIET, /* pipes that nobody reads or writes */
} OneshotAudience;

#define LOOK_MSEC 500 /* between two looks of who waits for a command that says nothing */

/* Everything that has to be given back at the end. */
typedef struct Oneshot {
	Container c;
	OneshotAudience audience;
	unsigned int
		limit; /* seconds: of ONESHOT_QUIET, or that ONESHOT_SHOWN may say nothing; 0: none */
	const OneshotWatch *watch; /* of ONESHOT_QUIET; may be NULL */
	void (*told)(void *data, char *const *addresses);
	void *told_data;
	NameLock *lock; /* NULL: nothing but ids is reserved on disk */
	Label *label;
	Publisher publisher;
	char owner[IDS_OWNER_MAX];
} Oneshot;

static void oneshot_done(Oneshot *o)
{
	/* Failures are not reported: the command's result is what the caller wants, and what is left behind is in the pending
	 * description that the next command works off. */
	if (*o->owner)
		(void)ids_release(o->c.identity->id_base, o->owner, NULL);
	if (o->lock)
		(void)name_lock_undo(o->lock, NULL);
	publisher_end(&o->publisher);
	name_lock_free(o->lock);
	label_free(o->label);
	container_done(&o->c);
}

static void choose_model(const Desc *desc, Identity *identity)
{
	identity->model = desc->security.model != DESC_MODEL_AUTO
				  ? desc->security.model
				  : desc_model_from_name(label_model_of_host());
}

/* What must be given back even if we are killed. */
static int oneshot_reserve_on_disk(Oneshot *o, Error **ret_error)
{
	const Desc *desc = o->c.desc;
	int r = name_lock_new(desc->name, &o->lock, ret_error);

	if (r == 0)
		r = name_lock_begin(o->lock, &o->c, ret_error);
	if (r == 0)
		r = identity_reserve_links(desc, o->c.identity, ret_error);
	if (r == 0)
		r = identity_reserve_label(desc, o->c.identity, &o->label, ret_error);
	if (r == 0)
		r = label_load(o->label, ret_error);
	if (r < 0 || !content_is_host(desc))
		return r;
	/* Who works this off after a death must know with which label. */
	r = name_lock_begin(o->lock, &o->c, ret_error);
	return r < 0 ? r : content_relabel(desc, o->label, ret_error);
}

/* On a host without a model that is refused where labels are made. */
static bool asks_for_label(const DescSecurity *security)
{
	return security->label || security->baselabel || security->level || security->custom_type;
}

static int oneshot_reserve(Oneshot *o, Error **ret_error)
{
	Identity *identity = o->c.identity;
	int r;

	choose_model(o->c.desc, identity);
	ids_owner_process(o->owner);
	r = ids_reserve(&identity->id_base, o->owner, NULL, ret_error);
	if (r < 0)
		return r;
	return desc_has_links(o->c.desc) || identity->model != DESC_MODEL_NONE ||
			       asks_for_label(&o->c.desc->security)
		       ? oneshot_reserve_on_disk(o, ret_error)
		       : identity_open_label(o->c.desc, identity, &o->label, ret_error);
}

static int wait_quietly(const Oneshot *o, Run *run, int *ret_status, Error **ret_error)
{
	const OneshotWatch *watch = o->watch;
	struct pollfd fds[] = { { .fd = run->pidfd, .events = POLLIN },
		{ .fd = watch ? watch->stop_fd : -EBADF, .events = POLLIN } };
	Deadline end = deadline_in(o->limit);
	int r;

	for (;;) {
		r = deadline_poll(fds, ARRAY_SIZE(fds),
			watch && watch->look ? deadline_first(end, deadline_in_msec(LOOK_MSEC))
					     : end);
		if (r != -ETIMEDOUT || deadline_left(end) == 0)
			break;
		if (watch && watch->look)
			watch->look(watch->data);
	}
	if (r == -ETIMEDOUT)
		return error_set(
			ret_error, ETIMEDOUT, "it has not ended within %u seconds", o->limit);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot wait for the command");
	if (fds[1].revents)
		return error_set(ret_error, EINTR, "interrupted");
	return run_wait(run, ret_status, ret_error);
}

/* It runs; what cannot be told any more does not end it. */
static void tell_addresses(const Oneshot *o, const Spec *spec)
{
	_cleanup_strv_ char **addresses = NULL;

	if (o->told && net_addresses(spec->networks, spec->n_networks, &addresses, NULL) == 0 &&
		addresses)
		o->told(o->told_data, addresses);
}

/* The terminal of the command is a pty from its own devpts, which exists only once it was started; pipes are made before. */
static int oneshot_relay(
	Oneshot *o, Relay *pipes, const int stdio[3], int *ret_status, Error **ret_error)
{
	_cleanup_relay_ Relay *terminal = NULL;
	_cleanup_spec_ Spec *spec = NULL; /* outlives the run */
	_cleanup_run_ Run *run = NULL;
	Channels channels = CHANNELS_NONE;
	RelayResult result;
	int r;

	memcpy(channels.stdio, stdio, sizeof(channels.stdio));
	r = compile_oneshot(&o->c, !pipes, &spec, ret_error);
	if (r == 0)
		r = publisher_add(&o->publisher, spec, ret_error);
	if (r == 0)
		r = engine_of(spec)->create(spec, o->label, &channels, &run, ret_error);
	if (r < 0)
		return r;
	tell_addresses(o, spec);
	spec = spec_free(spec); /* now, while the command starts on another processor */
	if (pipes) {
		relay_child_started(pipes);
	} else {
		r = relay_new_terminal(TAKE_FD(run->console_fd), &terminal, ret_error);
		if (r < 0)
			return r;
	}
	if (o->audience == ONESHOT_QUIET)
		return wait_quietly(o, run, ret_status, ret_error);
	r = relay_run(pipes ? pipes : terminal, run->pidfd, false, &result, ret_error);
	if (r < 0)
		return r;
	return run_wait(run, ret_status, ret_error);
}

static int oneshot_run(Oneshot *o, int *ret_status, Error **ret_error)
{
	int stdio[3] = { -EBADF, -EBADF, -EBADF };
	_cleanup_relay_ Relay *pipes = NULL;
	int r = oneshot_reserve(o, ret_error);
	if (r < 0)
		return r;
	if (o->audience != ONESHOT_USED || !relay_wants_terminal()) {
		r = relay_new_pipes(o->label, NULL, &pipes, stdio, ret_error);
		if (r < 0)
			return r;
	}
	if (o->audience == ONESHOT_SHOWN) {
		relay_sanitize(pipes);
		relay_limit_silence(pipes, o->limit);
	}
	return oneshot_relay(o, pipes, stdio, ret_status, ret_error);
}

/* A description of its own, and what of its identity costs nothing. */
static int oneshot_describe(const Desc *desc, Container *ret, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = identity_new();
	_cleanup_desc_ Desc *own = NULL;
	int r;

	if (geteuid() != 0)
		return error_set(ret_error, EPERM, "only root can run sandboxes");
	r = layout_check(ret_error);
	if (r >= 0)
		r = desc_copy(desc, &own, ret_error);
	if (r >= 0)
		r = oneshot_defaults(own, ret_error);
	if (r >= 0)
		r = desc_resolve(own, ret_error);
	if (r >= 0)
		r = identity ? identity_make_uuid(&identity->uuid, ret_error)
			     : error_oom(ret_error);
	if (r < 0)
		return r;
	if (own->kind != DESC_COMMAND)
		return error_set(ret_error, EINVAL, "virt-sandbox runs a command, not units");
	*ret = (Container){ .desc = TAKE_PTR(own),
		.identity = TAKE_PTR(identity) }; /* and no places: nothing of it is on disk */
	return 0;
}

PUBLIC int vsb_run_plan(const vsb_desc *handle, char **ret, vsb_error **error)
{
	_cleanup_container_ Container c = {};
	_cleanup_spec_ Spec *spec = NULL;
	int r = oneshot_describe(handle->desc, &c, error);

	if (r < 0)
		return r;
	choose_model(c.desc, c.identity);
	r = compile_oneshot(&c, relay_wants_terminal(), &spec, error);
	return r < 0 ? r : spec_format(spec, ret, error);
}

static int oneshot(const Desc *desc, Oneshot *o, int *ret_status, Error **error)
{
	int status, r;

	o->publisher = PUBLISHER_NONE;
	r = oneshot_describe(desc, &o->c, error);
	if (r >= 0 && !desc_has_own_root(o->c.desc))
		r = package_wait("", NULL, NULL, error);
	if (r >= 0)
		r = oneshot_run(o, &status, error);
	oneshot_done(o);
	if (r < 0)
		return r;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

PUBLIC int vsb_run(vsb_desc *handle, int *ret_status, vsb_error **error)
{
	return vsb_run_told(handle, NULL, NULL, ret_status, error);
}

PUBLIC int vsb_run_told(vsb_desc *handle, void (*told)(void *data, char *const *addresses),
	void *data, int *ret_status, vsb_error **error)
{
	Oneshot o = { .audience = ONESHOT_USED, .told = told, .told_data = data };

	return oneshot(handle->desc, &o, ret_status, error);
}

int oneshot_show(const Desc *desc, unsigned int silence, int *ret_status, Error **ret_error)
{
	Oneshot o = { .audience = ONESHOT_SHOWN, .limit = silence };

	return oneshot(desc, &o, ret_status, ret_error);
}

int oneshot_quiet(const Desc *desc, unsigned int limit, const OneshotWatch *watch, int *ret_status,
	Error **ret_error)
{
	Oneshot o = { .audience = ONESHOT_QUIET, .limit = limit, .watch = watch };

	return oneshot(desc, &o, ret_status, ret_error);
}
