/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What export begins with, whatever it writes.
 */
#include "sandbox/export-source.h"

#include "base/fd.h"
#include "content/base-store.h"
#include "sandbox/snapshot-store.h"

static int check(const Desc *desc, Error **ret_error)
{
	if (!desc_has_own_root(desc))
		return 0;
	return error_set(ret_error, EOPNOTSUPP,
		desc->base ? "it is a full system on the base %.12s, and only containers that "
			     "share the host's programs can be exported; move its data with "
			     "tar(1) into a new one"
			   : "its root is not of our making%.0s; copy that",
		desc->base ? desc->base : "");
}

int export_source_open(const char *name, ExportSource *ret, char **ret_tag, Error **ret_error)
{
	_cleanup_free_ char *of = NULL;
	int r = snapshot_split(name, &of, ret_tag, ret_error);

	if (r == 0)
		r = sandbox_begin_change(of, &ret->lock, &ret->container, ret_error);
	return r < 0 ? r : check(ret->container.desc, ret_error);
}

/* It is that from now on. */
static int take_snapshot(const char *tag, Container *c, Error **ret_error)
{
	_cleanup_container_ Container now = *c;

	*c = (Container){};
	return snapshot_load(&now, tag, c, ret_error);
}

int export_source_begin(
	ExportSource *source, const char *tag, unsigned int flags, Error **ret_error)
{
	int r = tag ? take_snapshot(tag, &source->container, ret_error)
		    : still_begin(&source->container, source->lock, flags & VSB_PAUSE,
			      &source->still, ret_error);

	return r < 0 ? r : base_scratch_make(&source->scratch, &source->scratch_lock, ret_error);
}

void export_source_end(ExportSource *source)
{
	if (source->scratch)
		base_scratch_remove(source->scratch);
	free(source->scratch);
	source->scratch_lock = fd_close(source->scratch_lock);
	still_end(&source->still);
	name_lock_free(source->lock);
	container_done(&source->container);
	*source = EXPORT_SOURCE_NONE;
}
