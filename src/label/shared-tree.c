/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that many containers read. Under Smack they lose their labels, so that the mount decides. Under SELinux they get the policy's label of such files: the
 * mount option overrides it in all but mprotect(), for which the kernel looks at the file below the overlay. AppArmor has no labels.
 */
#include <ftw.h>
#include <string.h>
#include <sys/xattr.h>

#include "label/choose.h"
#include "label/label.h"
#include "label/selinux-contexts.h"

#define DESCRIPTORS 64 /* that the walk keeps open */

static int forget(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return lremovexattr(path, "security.SMACK64") < 0 && errno != ENODATA && errno != EOPNOTSUPP
		       ? -1
		       : 0;
}

static _Thread_local char *shared; /* the context; nftw() passes nothing on */

static int share(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return lsetxattr(path, "security.selinux", shared, strlen(shared) + 1, 0) < 0 ? -1 : 0;
}

static int share_tree(const char *path, Error **ret_error)
{
	_cleanup_selinux_contexts_ SelinuxContexts policy = {};
	int r = selinux_contexts_load(&label_host_real, false, &policy, ret_error);

	if (r < 0)
		return r;
	shared = policy.ro_file;
	r = nftw(path, share, DESCRIPTORS, FTW_PHYS);
	shared = NULL;
	return r < 0 ? error_errno(ret_error, errno, "label %s with %s", path, policy.ro_file) : 0;
}

int label_share_tree(const char *path, Error **ret_error)
{
	const char *model = label_model_of_host();

	if (model && strcmp(model, "selinux") == 0)
		return share_tree(path, ret_error);
	if (!model || strcmp(model, "smack") != 0)
		return 0;
	return nftw(path, forget, DESCRIPTORS, FTW_PHYS) < 0
		       ? error_errno(ret_error, errno, "take the labels off %s", path)
		       : 0;
}
