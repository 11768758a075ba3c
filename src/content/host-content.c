/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of the host that a container may write to. What it may only read stays as it is: others read it, too.
 */
#include "content/host-content.h"

static bool is_relabelled(const DescMount *mount)
{
	return mount->type == DESC_MOUNT_HOST_BIND && !mount->readonly && !mount->keep_label;
}

bool content_is_host(const Desc *desc)
{
	if (desc_writes_root(desc))
		return true;
	for (size_t i = 0; i < desc->n_mounts; i++)
		if (is_relabelled(&desc->mounts[i]))
			return true;
	return false;
}

int content_relabel(const Desc *desc, const Label *label, Error **ret_error)
{
	if (desc_writes_root(desc)) {
		int r = label_relabel_tree(label, desc->root, ret_error);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < desc->n_mounts; i++) {
		const DescMount *mount = &desc->mounts[i];
		int r = is_relabelled(mount) ? label_relabel_tree(label, mount->source, ret_error)
					     : 0;
		if (r < 0)
			return r;
	}
	return 0;
}
