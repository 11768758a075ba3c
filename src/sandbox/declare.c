/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * apply: containers as descriptions say. What is not there is created, what differs is changed, what create alone decides is refused by name.
 */
#include <string.h>

#include "base/strv.h"
#include "desc/keys.h"
#include "sandbox/change.h"
#include "sandbox/create.h"
#include "sandbox/declare.h"
#include "sandbox/handle.h"

#define RESULT_SAME 0
#define RESULT_CHANGED 1
#define RESULT_CREATED 2

typedef struct Difference {
	char **changes; /* in threes: key, before, wanted */
	char **fixed; /* keys that create alone decides */
	char **later; /* keys that a running container has from its next start */
} Difference;

static void difference_done(Difference *d)
{
	strv_free(d->changes);
	strv_free(d->fixed);
	strv_free(d->later);
}

/* Who copies a description of another container copies what is that one's alone. */
static int check_identity(const Identity *given, const Identity *own, Error **ret_error)
{
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		_cleanup_strv_ char **values = NULL, **before = NULL;

		if (!(key->flags & KEY_IDENTITY))
			continue;
		if (key_get(key, given, &values) < 0 || (own && key_get(key, own, &before) < 0))
			return error_oom(ret_error);
		if (values && !strv_equal(values, before))
			return error_set(ret_error, EINVAL,
				"%s.%s is chosen for each container, and cannot be given; leave out section [identity]",
				key->section, key->name);
	}
	return 0;
}

/* What create wrote beside what it was asked for. */
static int take_outputs(const Desc *from, Desc *desc, Error **ret_error)
{
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		_cleanup_strv_ char **values = NULL;
		int r = 0;

		if ((key->flags & (KEY_IDENTITY | KEY_OUTPUT)) != KEY_OUTPUT)
			continue;
		key->type->unset((char *)desc + key->offset);
		if (key_get(key, from, &values) < 0)
			return error_oom(ret_error);
		STRV_FOREACH (value, values)
			if (r == 0)
				r = key_set(key, desc, *value, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The description as create would complete it: full names of units, capabilities that they need. */
static int complete(const Container *c, const Desc *asked, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *own = NULL, *desc = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	int r = create_with_site(asked, &own, ret_error);

	if (r == 0)
		r = take_outputs(c->desc, own, ret_error);
	if (r == 0 && desc_has_own_root(c->desc))
		r = create_resolve(own, &desc, ret_error);
	else if (r == 0)
		r = create_make_plan(own, c->identity, &desc, &plan, ret_error);
	if (r == 0)
		r = take_outputs(c->desc, desc, ret_error); /* what packages changed is upgrade's */
	if (r == 0)
		*ret = TAKE_PTR(desc);
	return r;
}

static int note(
	Difference *d, const Key *key, char *const *before, char *const *wanted, Error **ret_error)
{
	_cleanup_free_ char *a = strv_join(before, ", "), *b = strv_join(wanted, ", ");
	char ***list = key->flags & KEY_CREATE ? &d->fixed
		       : key->flags & KEY_LIVE ? NULL
					       : &d->later;

	if (!a || !b || strv_appendf(&d->changes, "%s.%s", key->section, key->name) < 0 ||
		strv_append(&d->changes, a) < 0 || strv_append(&d->changes, b) < 0 ||
		(list && strv_appendf(list, "%s.%s", key->section, key->name) < 0))
		return error_oom(ret_error);
	return 0;
}

static int compare(const Desc *before, const Desc *wanted, Difference *d, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < keys_count(); i++) {
		const Key *key = keys_at(i);
		_cleanup_strv_ char **a = NULL, **b = NULL;

		if (key->flags & (KEY_IDENTITY | KEY_OUTPUT))
			continue;
		if (key_get(key, before, &a) < 0 || key_get(key, wanted, &b) < 0)
			return error_oom(ret_error);
		if (!strv_equal(a, b))
			r = note(d, key, a, b, ret_error);
	}
	return r;
}

static int refuse_fixed(const Difference *d, const char *name, Error **ret_error)
{
	_cleanup_free_ char *keys = strv_join(d->fixed, ", ");

	return !keys ? error_oom(ret_error)
		     : error_set(ret_error, EOPNOTSUPP,
			       "cannot change %s of container %s: only create can set it; create another container, or delete this one first",
			       keys, name);
}

static int change(const Container *c, const Desc *wanted, const Difference *d, NameLock *lock,
	char ***notes, Error **ret_error)
{
	_cleanup_free_ char *later = strv_join(d->later, ", ");
	bool running;
	int r = d->fixed ? refuse_fixed(d, c->desc->name, ret_error) : 0;

	if (r == 0)
		r = change_commit(c, wanted, lock, &running, ret_error);
	if (r < 0 || !running || !d->later)
		return r;
	return !later || strv_appendf(notes, "%s: it runs; this takes effect at its next start",
				 later) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int apply_existing(
	const vsb_desc *handle, bool check, Difference *d, char ***notes, Error **ret_error)
{
	const char *name = handle->desc->name;
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container c = {};
	_cleanup_desc_ Desc *wanted = NULL;
	int r = check ? sandbox_begin_look(name, &c, NULL, ret_error)
		      : sandbox_begin_change(name, &lock, &c, ret_error);

	if (r == 0)
		r = check_identity(handle->identity, c.identity, ret_error);
	if (r == 0)
		r = complete(&c, handle->desc, &wanted, ret_error);
	if (r == 0)
		r = compare(c.desc, wanted, d, ret_error);
	if (r == 0 && d->changes && !check)
		r = change(&c, wanted, d, lock, notes, ret_error);
	return r < 0 ? r : d->changes ? RESULT_CHANGED : RESULT_SAME;
}

/* What it requires may be described as well, and come first: that is create's to say. */
static int check_new(const vsb_desc *handle, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_free_ char *plan = NULL;
	int r = desc_copy(handle->desc, &desc, ret_error);

	for (size_t i = r == 0 ? strv_length(desc->requires) : 0; i-- > 0;)
		if (!registry_exists(desc->requires[i]))
			(void)strv_remove(desc->requires, desc->requires[i]);
	return r < 0 ? r
		     : vsb_create_plan(&(vsb_desc){ .desc = desc, .identity = handle->identity },
			       false, &plan, ret_error);
}

static int apply_new(vsb_desc *handle, bool check, vsb_progress progress, void *data, char ***notes,
	Error **ret_error)
{
	int r = check_identity(handle->identity, NULL, ret_error);

	if (r == 0)
		r = check ? check_new(handle, ret_error)
			  : vsb_create(handle, progress, data, notes, ret_error);
	return r < 0 ? r : RESULT_CREATED;
}

int declare(vsb_desc *handle, bool check, vsb_progress progress, void *data, char ***ret_changes,
	char ***ret_notes, vsb_error **error)
{
	_cleanup_(difference_done) Difference d = { 0 };
	const char *name = handle->desc->name ? handle->desc->name : "";
	_cleanup_strv_ char **notes = NULL;
	int r = sandbox_begin(error);

	if (r == 0)
		r = desc_check_name(name, error);
	if (r == 0)
		r = registry_exists(name) ? apply_existing(handle, check, &d, &notes, error)
					  : apply_new(handle, check, progress, data, &notes, error);
	if (r < 0)
		return r;
	if (ret_changes)
		*ret_changes = TAKE_PTR(d.changes);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return r;
}

PUBLIC int vsb_apply(vsb_desc *handle, bool check, vsb_progress progress, void *data,
	char ***ret_changes, char ***ret_notes, vsb_error **error)
{
	int r = declare(handle, check, progress, data, ret_changes, ret_notes, error);

	return r < 0 ? error_wrap(error, "cannot apply the description of container %s",
			       handle->desc->name ? handle->desc->name : "")
		     : r;
}
