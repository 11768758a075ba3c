/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which containers are started before which.
 */
#include "sandbox/order.h"

#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "engine/keep/state.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"

typedef struct Walk {
	char **path; /* who waits for whom, up to the present one */
	char **done; /* those before whom all others come */
} Walk;

static void walk_done(Walk *walk)
{
	strv_free(walk->path);
	strv_free(walk->done);
}

static int refuse_circle(const Walk *walk, const char *name, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	bool in = false;
	int r;

	STRV_FOREACH (one, walk->path) {
		in = in || strcmp(*one, name) == 0;
		if (in)
			buf_printf(&buf, "%s, which waits for ", *one);
	}
	buf_puts(&buf, name);
	r = buf_take(&buf, &text, ret_error);
	return r < 0 ? r
		     : error_set(ret_error, ELOOP,
			       "containers wait for each other: %s; change requires= or after= of "
			       "[order] in one of their descriptions",
			       text);
}

static int visit(Walk *walk, const char *name, Error **ret_error);

static int visit_all(Walk *walk, const Desc *desc, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (other, desc->requires)
		if (r == 0)
			r = visit(walk, *other, ret_error);
	STRV_FOREACH (other, desc->after)
		if (r == 0)
			r = visit(walk, *other, ret_error);
	return r;
}

/* One that is not there, or cannot be read, waits for nobody. */
static int visit(Walk *walk, const char *name, Error **ret_error)
{
	_cleanup_container_ Container container = {};
	int r = 0;

	if (strv_contains(walk->done, name))
		return 0;
	if (strv_contains(walk->path, name))
		return refuse_circle(walk, name, ret_error);
	if (strv_append(&walk->path, name) < 0)
		return error_oom(ret_error);
	if (registry_describe(name, &container, NULL) == 0)
		r = visit_all(walk, container.desc, ret_error);
	if (r < 0)
		return r;
	(void)strv_remove(walk->path, name); /* was appended */
	return strv_append(&walk->done, name) < 0 ? error_oom(ret_error) : 0;
}

int order_check(const Desc *desc, Error **ret_error)
{
	_cleanup_(walk_done) Walk walk = { 0 };
	int r;

	STRV_FOREACH (other, desc->requires)
		if (!registry_exists(*other))
			return error_set(ret_error, ENOENT,
				"it requires container %s, which does not exist; create that first",
				*other);
	if (strv_append(&walk.path, desc->name) < 0)
		return error_oom(ret_error);
	r = visit_all(&walk, desc, ret_error);
	return r;
}

static int start_one(const char *name, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = run_state_load(name, &state, ret_error);

	if (r < 0)
		return r;
	if (state.phase == RUN_RUNNING)
		return 0;
	if (state.phase != RUN_STOPPED)
		return error_set(
			ret_error, EBUSY, "container %s is %s", name, run_phase_name(state.phase));
	return vsb_start(name, ret_error);
}

int order_start_required(const Desc *desc, Error **ret_error)
{
	_cleanup_(walk_done) Walk walk = { 0 };
	int r;

	if (!desc->requires)
		return 0;
	r = visit(&walk, desc->name, ret_error);
	STRV_FOREACH (other, desc->requires)
		if (r == 0) {
			r = start_one(*other, ret_error);
			if (r < 0)
				(void)error_wrap(ret_error, "container %s requires container %s",
					desc->name, *other);
		}
	return r;
}

PUBLIC int vsb_start_order(char **names, char ***ret, vsb_error **error)
{
	_cleanup_(walk_done) Walk walk = { 0 };
	_cleanup_strv_ char **order = NULL;
	int r = 0;

	STRV_FOREACH (name, names)
		if (r == 0)
			r = visit(&walk, *name, error);
	STRV_FOREACH (name, walk.done)
		if (r == 0 && strv_contains(names, *name) && strv_append(&order, *name) < 0)
			r = error_oom(error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(order);
	return 0;
}
