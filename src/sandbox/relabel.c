/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * relabel: gives every file of a container's tree, and of the host's directories that it may write to, the container's label again.
 */
#include "content/host-content.h"
#include "identity/confirm.h"
#include "label/label.h"
#include "sandbox/handle.h"
#include "content/image.h"
#include "sandbox/registry.h"
#include "sandbox/name-lock.h"

PUBLIC int vsb_relabel(const char *name, vsb_error **error)
{
	_cleanup_label_ Label *label = NULL;
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container c = {};
	int r = sandbox_begin_change(name, &lock, &c, error);
	if (r >= 0)
		r = identity_open_label(c.desc, c.identity, &label, error);
	if (r >= 0)
		r = image_mount(&c.places, false, error);
	if (r < 0)
		return r;
	r = label_relabel_tree(label, c.places.tree, error);
	return r < 0 ? error_wrap(error, "container %s: cannot relabel %s", name, c.places.tree)
		     : content_relabel(c.desc, label, error);
}
