/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files without labels of their own. SELinux and AppArmor need none of that: the former's mount option overrides them, the latter has none.
 */
#include <ftw.h>
#include <string.h>
#include <sys/xattr.h>

#include "label/choose.h"
#include "label/label.h"

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

int label_forget_tree(const char *path, Error **ret_error)
{
	const char *model = label_model_of_host();

	if (!model || strcmp(model, "smack") != 0)
		return 0;
	return nftw(path, forget, DESCRIPTORS, FTW_PHYS) < 0
		       ? error_errno(ret_error, errno, "take the labels off %s", path)
		       : 0;
}
