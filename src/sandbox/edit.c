/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * edit: a description as its administrator wrote it, in the place of the one that is there.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "desc/keys.h"
#include "sandbox/declare.h"
#include "sandbox/handle.h"

PUBLIC int vsb_description(const char *name, char **ret, vsb_error **error)
{
	_cleanup_places_ Places places = {};
	int r = sandbox_begin(error);

	if (r == 0)
		r = desc_check_name(name, error);
	if (r == 0 && !registry_exists(name))
		r = registry_not_there(name, error);
	if (r == 0)
		r = places_of_name(name, &places, error);
	return r < 0 ? r : file_read(places.keyfile, ret, NULL, error);
}

/* What create wrote stays; a change of it would be without effect. */
static int check_outputs(const Desc *before, const Desc *desc, Error **ret_error)
{
	for (size_t i = 0; i < keys_count(); i++) {
		const Key *key = keys_at(i);
		_cleanup_strv_ char **a = NULL, **b = NULL;

		if ((key->flags & (KEY_IDENTITY | KEY_OUTPUT)) != KEY_OUTPUT)
			continue;
		if (key_get(key, before, &a) < 0 || key_get(key, desc, &b) < 0)
			return error_oom(ret_error);
		if (!strv_equal(a, b))
			return error_set(ret_error, EINVAL, "cannot change %s.%s: create writes it",
				key->section, key->name);
	}
	return 0;
}

static int parse(const char *name, const char *text, vsb_desc *ret, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_free_ char *file = NULL;
	int r;

	if (asprintf(&file, "%s" REGISTRY_SUFFIX, name) < 0) {
		file = NULL;
		return error_oom(ret_error);
	}
	r = keyfile_parse(text, strlen(text), file, &desc, &identity, ret_error);
	if (r == 0 && (!desc->name || strcmp(desc->name, name) != 0))
		r = error_set(ret_error, EINVAL,
			"[core] name is not %s; rename gives a container another name", name);
	if (r == 0)
		*ret = (vsb_desc){ .desc = TAKE_PTR(desc), .identity = TAKE_PTR(identity) };
	return r;
}

/* With the words and the order of who edited it. */
static int keep_text(const char *name, const char *text, Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container c = {};
	_cleanup_free_ char *out = NULL;
	int r = sandbox_begin_change(name, &lock, &c, ret_error);

	if (r == 0)
		r = keyfile_format(c.desc, c.identity, text, &out, ret_error);
	return r < 0 ? r : file_write_atomic(c.places.keyfile, out, strlen(out), 0600, ret_error);
}

/* What was there could not be read: there is nothing that it could differ from. */
static int replace_broken(const char *name, const vsb_desc *handle, const char *text, char ***notes,
	Error **ret_error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_places_ Places places = {};
	int r = desc_resolve(handle->desc, ret_error);

	if (r == 0)
		r = name_lock_take(name, &lock, ret_error);
	if (r == 0)
		r = places_of_name(name, &places, ret_error);
	if (r == 0)
		r = file_write_atomic(places.keyfile, text, strlen(text), 0600, ret_error);
	if (r < 0)
		return r;
	return strv_append(notes, "It can be read again; it takes effect at the next start") < 0
		       ? error_oom(ret_error)
		       : 1;
}

static int load_old(const char *name, Container *ret, bool *ret_broken, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	int r = registry_load(name, ret, &error);

	*ret_broken = registry_is_unreadable(r);
	if (r < 0 && !*ret_broken && ret_error)
		*ret_error = TAKE_PTR(error);
	return *ret_broken ? 0 : r;
}

PUBLIC int vsb_edit(const char *name, const char *text, char ***ret_changes, char ***ret_notes,
	vsb_error **error)
{
	_cleanup_strv_ char **changes = NULL, **notes = NULL;
	_cleanup_container_ Container c = {};
	vsb_desc handle = {};
	bool broken = false;
	int r = sandbox_begin(error), kept;

	if (r == 0)
		r = desc_check_name(name, error);
	if (r == 0 && !registry_exists(name))
		r = registry_not_there(name, error);
	if (r == 0)
		r = parse(name, text, &handle, error);
	if (r == 0)
		r = load_old(name, &c, &broken, error);
	if (r == 0 && broken) {
		r = replace_broken(name, &handle, text, &notes, error);
	} else if (r == 0) {
		r = check_outputs(c.desc, handle.desc, error);
		if (r == 0)
			r = declare(&handle, false, NULL, NULL, &changes, &notes, error);
		kept = r < 0 ? r : keep_text(name, text, error);
		r = kept < 0 ? kept : r;
	}
	desc_free(handle.desc);
	identity_free(handle.identity);
	if (r < 0)
		return error_wrap(error, "cannot edit container %s", name);
	if (ret_changes)
		*ret_changes = TAKE_PTR(changes);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return r;
}
