/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rename: the same container by another name. OLD.renaming, a link to NEW beside the descriptions, says that it has begun; from the moment when the new description is
 * there it is carried through, by the next command if need be, and each step finds what was done already. A step that fails puts everything back.
 */
#include "sandbox/rename.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/path.h"
#include "base/reservation.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "engine/keep/event-log.h"
#include "host/host.h"
#include "identity/confirm.h"
#include "identity/wishes.h"
#include "label/label.h"
#include "sandbox/handle.h"
#include "sandbox/host-record.h"

#define SUFFIX ".renaming"

/* Of files with the container's name. */
static const char *const named[] = { "outcomes", "relabelled" };

static char *journal_path(const char *name)
{
	return layout_pathf(LAYOUT_SERVICES, "%s" SUFFIX, name);
}

/* Nothing there, or moved already: success. */
static int move(const char *from, const char *to, Error **ret_error)
{
	if (!from || !to || !file_exists(from) || file_exists(to))
		return 0;
	return rename(from, to) < 0
		       ? error_errno(ret_error, errno, "cannot rename %s to %s", from, to)
		       : 0;
}

static int move_reservations(const char *from, const char *to, Error **ret_error)
{
	for (size_t i = 0; i < RESERVATION_KINDS; i++) {
		_cleanup_free_ char *directory =
			layout_pathf(LAYOUT_RESERVATIONS, "%s", reservation_kinds[i]);
		int r = directory ? reservation_rename_all(directory, from, to, ret_error)
				  : error_oom(ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

static int move_files(const Container *from, const Container *to, Error **ret_error)
{
	const Places *a = &from->places, *b = &to->places;
	int r = move(a->tree, b->tree, ret_error);

	if (r == 0)
		r = move(a->image, b->image, ret_error);
	if (r == 0)
		r = move(a->manifest, b->manifest, ret_error);
	if (r == 0)
		r = move(a->snapshots, b->snapshots, ret_error);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(named); i++) {
		_cleanup_free_ char *old = layout_pathf(LAYOUT_RESERVATIONS, "%s/%s", named[i],
					    from->desc->name),
				    *new = layout_pathf(
					    LAYOUT_RESERVATIONS, "%s/%s", named[i], to->desc->name);

		r = old && new ? move(old, new, ret_error) : error_oom(ret_error);
	}
	return r;
}

/* A profile has the container's name, and each start loads it. */
static int forget_profile(const Container *c, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;

	if (c->identity->model != DESC_MODEL_APPARMOR ||
		identity_open_label(c->desc, c->identity, &label, NULL) < 0)
		return 0;
	return label_unload(label, ret_error);
}

static int carry(const Container *from, const Container *to, Error **ret_error)
{
	int r = move_reservations(from->desc->name, to->desc->name, ret_error);

	if (r == 0)
		r = move_files(from, to, ret_error);
	if (r == 0)
		r = host_record_rename(from->desc->name, to->desc->name, ret_error);
	if (r == 0 && to->desc->host_journal) {
		r = host_journal_unlink(to->identity->uuid, ret_error);
		if (r == 0)
			r = host_journal_link(to->identity->uuid, to->places.tree, ret_error);
	}
	if (r == 0)
		r = host_units_rename(from->desc, &from->places, to->desc, &to->places, ret_error);
	return r < 0 ? r : forget_profile(from, ret_error);
}

static int finish(const Container *from, Error **ret_error)
{
	_cleanup_free_ char *journal = journal_path(from->desc->name);

	if (!journal)
		return error_oom(ret_error);
	if ((unlink(from->places.keyfile) < 0 && errno != ENOENT) ||
		(unlink(journal) < 0 && errno != ENOENT))
		return error_errno(ret_error, errno, "cannot remove what container %s was called",
			from->desc->name);
	return 0;
}

static int go_on(const char *name, Error **ret_error)
{
	_cleanup_free_ char *journal = journal_path(name);
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container from = {}, to = {};
	char other[RESERVATION_OWNER_MAX];
	int r = journal ? 0 : error_oom(ret_error);

	if (r == 0)
		r = name_lock_take(name, &lock, ret_error);
	if (r == -EBUSY)
		return 0; /* its command lives */
	if (r == 0)
		r = registry_load(name, &from, ret_error);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT) /* all was done but this */
		return unlink(journal) < 0 && errno != ENOENT
			       ? error_errno(ret_error, errno, "cannot remove %s", journal)
			       : 0;
	reservation_holder(journal, other);
	r = *other ? registry_load(other, &to, ret_error) : -ENOENT;
	if (r == -ENOENT) /* nothing was changed yet */
		return unlink(journal) < 0 && errno != ENOENT
			       ? error_errno(ret_error, errno, "cannot remove %s", journal)
			       : 0;
	if (r == 0)
		r = name_lock_hold_stopped(lock, ret_error);
	if (r == 0)
		r = carry(&from, &to, ret_error);
	return r < 0 ? r : finish(&from, ret_error);
}

int rename_sweep(Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_SERVICES);
	_cleanup_strv_ char **names = NULL;
	int r = directory ? registry_names_in(directory, SUFFIX, &names, ret_error)
			  : error_oom(ret_error);

	STRV_FOREACH (name, names)
		(void)go_on(*name,
			NULL); /* must not be in the way of the others; the next command tries again */
	return r;
}

/* Those that name it would lose it. */
static int check_others(const Container *c, Error **ret_error)
{
	const char *name = c->desc->name;
	_cleanup_strv_ char **names = NULL;
	int r = registry_names(&names, ret_error);

	STRV_FOREACH (other, names) {
		_cleanup_container_ Container o = {};
		bool uses = false;

		if (r < 0 || strcmp(*other, name) == 0 || registry_describe(*other, &o, NULL) < 0)
			continue;
		uses = strv_contains(o.desc->requires, name) || strv_contains(o.desc->after, name);
		for (size_t i = 0; i < o.desc->n_networks; i++)
			uses = uses || (o.desc->networks[i].type == DESC_NETWORK_CONTAINER &&
					       strcmp(o.desc->networks[i].source, name) == 0);
		for (size_t i = 0; i < o.desc->n_mounts; i++)
			uses = uses ||
			       (o.desc->mounts[i].type == DESC_MOUNT_HOST_BIND &&
				       path_is_below(o.desc->mounts[i].source, c->places.tree));
		if (uses)
			return error_set(ret_error, EBUSY,
				"the description of container %s names it; change that first",
				*other);
	}
	return r;
}

static int check_label(const Container *c, Error **ret_error)
{
	const char *what = c->identity->model == DESC_MODEL_SMACK ? "Smack label"
			   : c->desc->security.custom_type	  ? "SELinux type"
								  : NULL;

	return what ? error_set(ret_error, EOPNOTSUPP,
			      "its %s has its name, and so have all of its files; clone it, and "
			      "delete the old one",
			      what)
		    : 0;
}

/* Inside nothing changes: services keep data under the name of their host. */
static int describe(const Container *from, const char *name, Container *ret, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_label_ Label *label = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r = desc_copy(from->desc, &desc, ret_error);

	if (r == 0)
		r = identity_copy(from->identity, &identity, ret_error);
	if (r < 0)
		return r;
	if (!desc->hostname)
		desc->hostname = TAKE_PTR(desc->name);
	free(desc->name);
	desc->name = strdup(name);
	if (!desc->name || !desc->hostname)
		return error_oom(ret_error);
	if (identity->model == DESC_MODEL_APPARMOR)
		r = identity_reserve_label(desc, identity, &label, ret_error);
	return r < 0 ? r : container_new(&desc, &identity, ret, ret_error);
}

static int begin(
	const char *name, const char *other, NameLock *locks[2], Container *ret, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = sandbox_begin_change(name, &locks[0], ret, ret_error);

	if (r == 0)
		r = run_state_load(name, &state, ret_error);
	if (r < 0)
		return r;
	if (state.phase != RUN_STOPPED)
		return error_set(ret_error, EBUSY, "it is running; stop it first");
	r = name_lock_hold_stopped(locks[0], ret_error);
	if (r == 0)
		r = name_lock_new(other, &locks[1], ret_error);
	if (r == 0)
		r = name_lock_hold_stopped(locks[1], ret_error);
	if (r == 0)
		r = check_others(ret, ret_error);
	return r < 0 ? r : check_label(ret, ret_error);
}

/* Before anything is moved: what is there is not the container's. */
static int check_free(const Places *places, Error **ret_error)
{
	const char *const paths[] = { places->tree, places->image, places->snapshots };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i] && file_exists(paths[i]))
			return error_set(ret_error, EEXIST,
				"%s exists already and does not belong to a container; move it "
				"away or choose another name",
				paths[i]);
	return 0;
}

static int carry_through(const Container *from, const Container *to, Error **ret_error)
{
	_cleanup_free_ char *journal = journal_path(from->desc->name);
	int r;

	if (!journal)
		return error_oom(ret_error);
	log_step("rename", "%s to %s", from->desc->name, to->desc->name);
	if (symlink(to->desc->name, journal) < 0)
		return error_errno(ret_error, errno, "cannot make %s", journal);
	r = keyfile_save(to->desc, to->identity, to->places.keyfile, ret_error);
	if (r == 0)
		r = carry(from, to, ret_error);
	if (r == 0)
		return finish(from, ret_error);
	/* What cannot be put back now, the next command carries through. */
	if (carry(to, from, NULL) == 0 && (unlink(to->places.keyfile) == 0 || errno == ENOENT))
		(void)unlink(journal);
	return r;
}

PUBLIC int vsb_rename(const char *name, const char *other, vsb_error **error)
{
	_cleanup_name_lock_ NameLock *lock = NULL, *other_lock = NULL;
	_cleanup_container_ Container from = {}, to = {};
	NameLock *locks[2] = { NULL, NULL };
	int r = begin(name, other, locks, &from, error);

	lock = locks[0];
	other_lock = locks[1];
	if (r == 0)
		r = describe(&from, other, &to, error);
	if (r == 0)
		r = check_free(&to.places, error);
	if (r == 0)
		r = carry_through(&from, &to, error);
	if (r < 0)
		return error_wrap(error, "cannot rename container %s to %s", name, other);
	event_log_reason(name, EVENT_RENAMED, "to %s", other);
	event_log_reason(other, EVENT_RENAMED, "from %s", name);
	return 0;
}
