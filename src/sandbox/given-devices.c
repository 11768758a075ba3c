/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What numbers they have now: those of what is plugged in change.
 */
#include "sandbox/given-devices.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/strv.h"
#include "base/trusted-path.h"

static int read_one(const char *text, DeviceFact *ret, Error **ret_error)
{
	_cleanup_free_ char *path = strndup(text, strcspn(text, ":"));
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = trusted_path_open(path, 0, &fd, NULL, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "--device");
	if (fstat(fd, &st) < 0 || (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
		return error_set(ret_error, ENODEV,
			"--device: cannot use %s: it is not a device of this host", path);
	*ret = (DeviceFact){ S_ISBLK(st.st_mode), major(st.st_rdev), minor(st.st_rdev) };
	return 0;
}

int given_devices_read(const Desc *desc, DeviceFact **ret, Error **ret_error)
{
	size_t n = strv_length(desc->devices);
	_cleanup_free_ DeviceFact *facts = calloc(n + 1, sizeof(*facts));

	if (!facts)
		return error_oom(ret_error);
	for (size_t i = 0; i < n; i++) {
		int r = read_one(desc->devices[i], &facts[i], ret_error);

		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(facts);
	return 0;
}
