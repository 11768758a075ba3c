/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * set: live keys of a container, in its description, in its unit and, when it runs, in its cgroup. The running container is changed first: what the
 * kernel refuses does not end up in the file.
 */
#include "sandbox/change.h"

#include <string.h>

#include "base/strv.h"
#include "desc/keyfile.h"
#include "desc/keys.h"
#include "desc/option-value.h"
#include "engine/keep/saved-spec.h"
#include "engine/keep/state.h"
#include "host/host.h"
#include "sandbox/compile.h"
#include "sandbox/handle.h"
#include "sandbox/image-grow.h"
#include "sandbox/registry.h"
#include "sandbox/name-lock.h"
#include "sandbox/order.h"
#include "sandbox/resource-limits.h"

static int change_check_live(const char *text, Error **ret_error)
{
	_cleanup_free_ char *section = strdup(text);
	const Key *key;
	char *dot;

	if (!section)
		return error_oom(ret_error);
	dot = strchr(section, '.');
	if (!dot)
		return error_set(ret_error, EINVAL, "unknown key %s", text);
	*dot = '\0';
	key = keys_find(section, dot + 1);
	if (!key)
		return error_set(ret_error, EINVAL, "unknown key %s", text);
	if (!(key->flags & (KEY_LIVE | KEY_PARTLY_LIVE)))
		return error_set(ret_error, EOPNOTSUPP,
			"%s cannot be changed with set; edit the description and restart the "
			"container",
			text);
	return 0;
}

/* A list is given whole: its first value takes the place of all that were. */
static int change_begin_list(Desc *desc, char **pairs, size_t i, Error **ret_error)
{
	for (size_t j = 0; j < i; j += 2)
		if (strcmp(pairs[j], pairs[i]) == 0)
			return 0;
	return desc_unset(desc, pairs[i], ret_error);
}

static int change_apply(Desc *desc, char **pairs, Error **ret_error)
{
	for (size_t i = 0; pairs[i]; i += 2) {
		int r = change_check_live(pairs[i], ret_error);

		if (r < 0)
			return r;
		if (!pairs[i + 1])
			return error_set(ret_error, EINVAL, "no value for %s", pairs[i]);
		r = change_begin_list(desc, pairs, i, ret_error);
		if (r >= 0)
			r = desc_set(desc, pairs[i], pairs[i + 1], ret_error);
		if (r < 0)
			return r;
	}
	return desc_resolve(desc, ret_error);
}

static int change_resolver(const Desc *before, const Desc *desc, Error **ret_error)
{
	_cleanup_strv_ char **lines = NULL;

	if (strv_equal(before->dns, desc->dns) && strv_equal(before->dns_search, desc->dns_search))
		return 0;
	if (strv_contains(before->dns, DESC_DNS_OWN) || strv_contains(desc->dns, DESC_DNS_OWN))
		return error_set(ret_error, EBUSY,
			"--dns none can be set, or taken back, only while the container does not run");
	return compile_resolver_lines(desc, &lines) < 0
		       ? error_oom(ret_error)
		       : supervisor_resolver(desc->name, lines, ret_error);
}

/* -- Networks: of them, the bandwidth -- */

static bool is_limited_otherwise(const DescNetwork *a, const DescNetwork *b)
{
	return a->rate_in != b->rate_in || a->rate_out != b->rate_out;
}

/* All but the bandwidth, as text. */
static char *format_rest(DescNetwork network)
{
	network.rate_in = network.rate_out = 0;
	return option_format_network(&network);
}

/* 1: nothing of them but the bandwidth differs. */
static int are_alike(const Desc *before, const Desc *desc, Error **ret_error)
{
	bool same = before->n_networks == desc->n_networks;

	for (size_t i = 0; same && i < desc->n_networks; i++) {
		_cleanup_free_ char *a = format_rest(before->networks[i]),
				    *b = format_rest(desc->networks[i]);

		if (!a || !b)
			return error_oom(ret_error);
		same = strcmp(a, b) == 0;
	}
	return same;
}

static int check_networks(const Desc *before, const Desc *desc, Error **ret_error)
{
	int r = are_alike(before, desc, ret_error);

	if (r != 0)
		return r < 0 ? r : 0;
	return error_set(ret_error, EOPNOTSUPP,
		"network.interface: set can only change bandwidth= of a network; repeat the others "
		"unchanged, or edit the description and restart the container");
}

/* The links that it runs with have the order of its networks. */
static int change_bandwidth(const Desc *before, const Desc *desc, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = NULL;
	bool changed = false;
	int r = are_alike(before, desc, ret_error);

	if (r <= 0) /* other networks: it has them from its next start on */
		return r;
	for (size_t i = 0; i < desc->n_networks; i++)
		changed = changed || is_limited_otherwise(&before->networks[i], &desc->networks[i]);
	if (!changed)
		return 0;
	r = saved_spec_read(desc->name, &spec, ret_error);
	if (r < 0)
		return r;
	if (spec->n_networks != desc->n_networks)
		return error_set(ret_error, EBUSY,
			"network.interface: the running container has other networks than its description; restart it");
	for (size_t i = 0; i < desc->n_networks; i++) {
		spec->networks[i].rate_in = desc->networks[i].rate_in;
		spec->networks[i].rate_out = desc->networks[i].rate_out;
	}
	return supervisor_change(desc->name, spec, ret_error);
}

static int change_running(const Desc *before, const Desc *desc, Error **ret_error)
{
	DescResources resources = desc->resources;
	SpecResources limits;
	int r;

	if (before->image_size != desc->image_size)
		return error_set(ret_error, EBUSY,
			"the size of the image can only be changed while the container is stopped");
	if (before->resources.files != desc->resources.files)
		return error_set(ret_error, EBUSY,
			"the limit of open files can only be changed while the container does not "
			"run");
	r = limits_fill(&resources, ret_error);
	if (r < 0)
		return r;
	limits = compile_resources(&resources);
	r = supervisor_set_resources(desc->name, &limits, ret_error);
	if (r == 0 && !strv_equal(before->published, desc->published))
		r = supervisor_publish(desc->name, desc->published, ret_error);
	if (r == 0)
		r = change_bandwidth(before, desc, ret_error);
	if (r == 0 && (!strv_equal(before->allowed, desc->allowed) ||
			      !strv_equal(before->egress, desc->egress)))
		r = supervisor_reach(desc->name, desc->allowed, desc->egress, ret_error);
	return r < 0 ? r : change_resolver(before, desc, ret_error);
}

static int change_stopped(const Container *c, const Desc *desc, Error **ret_error)
{
	DescResources resources = desc->resources;
	int r = limits_fill(&resources, ret_error);

	if (r < 0)
		return r;
	if (c->desc->image_size == desc->image_size)
		return 0;
	if (c->desc->image_size == 0 || desc->image_size == 0)
		return error_set(ret_error, EINVAL,
			"whether the content is in an image is decided by create");
	return image_grow(desc, &c->places, ret_error);
}

int change_commit(const Container *before, const Desc *desc, NameLock *lock, bool *ret_running,
	Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	bool ordered = strv_equal(before->desc->requires, desc->requires) &&
		       strv_equal(before->desc->after, desc->after);
	int r = ordered ? 0 : order_check(desc, ret_error);

	if (r == 0)
		r = run_state_load(desc->name, &state, ret_error);
	if (r == 0 && state.phase == RUN_STOPPED) /* a supervisor reads the file before or after */
		r = name_lock_hold_stopped(lock, ret_error);
	if (r == 0)
		r = state.phase != RUN_STOPPED ? change_running(before->desc, desc, ret_error)
					       : change_stopped(before, desc, ret_error);
	if (r < 0)
		return r;
	*ret_running = state.phase != RUN_STOPPED;
	r = keyfile_save(desc, before->identity, before->places.keyfile, ret_error);
	/* Of a container that runs they decide as soon as the host's systemd has read them. */
	return r < 0 ? r : host_units_refresh(desc, &before->places, ret_error);
}

PUBLIC int vsb_change(const char *name, char **pairs, vsb_error **error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container before = {};
	_cleanup_desc_ Desc *desc = NULL;
	bool running;
	int r = sandbox_begin_change(name, &lock, &before, error);
	if (r >= 0)
		r = desc_copy(before.desc, &desc, error);
	if (r < 0)
		return r;
	r = change_apply(desc, pairs, error);
	if (r >= 0)
		r = check_networks(before.desc, desc, error);
	if (r >= 0)
		r = change_commit(&before, desc, lock, &running, error);
	return r < 0 ? error_wrap(error, "container %s", name) : 0;
}
