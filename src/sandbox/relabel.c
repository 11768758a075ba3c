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

PUBLIC int vsb_relabel(const char *name, vsb_error **error)
{
	_cleanup_label_ Label *label = NULL;
	_cleanup_claim_ Claim *claim = NULL;
	_cleanup_free_ char *tree = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r;

	r = sandbox_begin_change(name, &claim, &desc, error);
	if (r < 0)
		return r;
	r = identity_open_label(desc, &label, error);
	if (r < 0)
		return r;
	tree = registry_tree(desc);
	if (!tree)
		return error_oom(error);
	r = image_mount(desc, tree, false, error);
	if (r < 0)
		return r;
	r = label_relabel_tree(label, tree, error);
	return r < 0 ? error_wrap(error, "container %s: relabel %s", name, tree)
		     : content_relabel(desc, label, error);
}
