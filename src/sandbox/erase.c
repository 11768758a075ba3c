/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Undoing all that belongs to a container: one function for each thing that create makes.
 */
#include "sandbox/erase.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "content/apply.h"
#include "content/etc-merge.h"
#include "content/image.h"
#include "content/manifest.h"
#include "host/host.h"
#include "identity/confirm.h"
#include "identity/wishes.h"
#include "label/label.h"
#include "sandbox/compile-run.h"
#include "sandbox/host-record.h"
#include "sandbox/snapshot-store.h"

static int erase_keyfile(const Container *c, Error **ret_error)
{
	const char *path = c->places.keyfile;

	return unlink(path) < 0 && errno != ENOENT
		       ? error_errno(ret_error, errno, "cannot remove %s", path)
		       : 0;
}

/* Has its delete begun? */
static bool is_being_deleted(const Container *c)
{
	return file_exists(c->places.deleting);
}

/* An interrupted create made just what its journal says: a tree that was there before is somebody else's. A doomed container's tree goes as a
 * whole, with all that the container wrote into it. */
static int erase_tree(const Container *c, Error **ret_error)
{
	return is_being_deleted(c) ? file_remove_tree(AT_FDCWD, c->places.tree, ret_error)
				   : plan_undo(c->places.journal, ret_error);
}

static int erase_label(const Container *c, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;

	/* A description that was interrupted before a label was chosen has none to unload, and on a host whose policy went away
	 * there is nothing loaded either. */
	if (wish_labels(c->desc, c->identity).process &&
		identity_open_label(c->desc, c->identity, &label, NULL) >= 0) {
		int r = label_restore_all(label, ret_error);

		if (r == 0)
			r = label_unload(label, ret_error);
		if (r < 0)
			return r;
	}
	return label_release(c->desc->name, ret_error);
}

static int erase_snapshots(const Container *c, Error **ret_error)
{
	int r = is_being_deleted(c) ? file_remove_tree(AT_FDCWD, c->places.snapshots, ret_error)
				    : 0;

	return r == 0 && is_being_deleted(c) ? snapshot_finish(&c->places, ret_error) : r;
}

static int erase_upgrade(const Container *c, Error **ret_error)
{
	int r = etc_merge_forget(&c->places, ret_error);

	if (r == 0)
		r = manifest_forget(c->places.manifest, ret_error);
	return r < 0 ? r : host_record_forget(c->desc->name, ret_error);
}

/* The links of a container that has a supervisor are its supervisor's. A sandbox of one command has none: when it is killed its links are still
 * recorded and plugged in.
 * By the program, since no command loads the plug-in itself. */
static int erase_links(const Container *c, Error **ret_error)
{
	return is_being_deleted(c) ? 0 : compile_detach_links(c, ret_error);
}

static int erase_units(const Container *c, Error **ret_error)
{
	return host_units_remove(c->desc, &c->places, ret_error);
}

static int erase_host_journal(const Container *c, Error **ret_error)
{
	return c->identity->uuid ? host_journal_unlink(c->identity->uuid, ret_error) : 0;
}

static int erase_image(const Container *c, Error **ret_error)
{
	return image_erase(&c->places, ret_error);
}

static int erase_identity(const Container *c, Error **ret_error)
{
	return identity_release(c->desc, c->identity, ret_error);
}

bool container_may_run(const Container *c)
{
	return is_being_deleted(c) || file_exists(c->places.keyfile);
}

int container_erase(const Container *c, Error **ret_error)
{
	/* The reverse of create: what others can see or start goes first, reservations go last so that nobody gets them while
	 * something still carries them. */
	static int (*const steps[])(const Container *, Error **) = {
		erase_units,
		erase_keyfile,
		erase_host_journal,
		erase_tree,
		erase_snapshots,
		erase_image,
		erase_upgrade,
		erase_label,
		erase_links,
		erase_identity,
	};
	int result = container_may_run(c) ? compile_cleanup(c, true, ret_error) : 0;

	if (result < 0)
		return result;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_error_ Error *error = NULL;
		int r = steps[i](c, &error);

		if (r < 0 && result == 0) {
			result = r;
			if (ret_error)
				*ret_error = TAKE_PTR(error);
		}
	}
	return result < 0 ? (error_wrap(ret_error, "container %s", c->desc->name), result) : 0;
}
