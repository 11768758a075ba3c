/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Questions to the loaded SELinux policy.
 */
#include "label/selinux-canonical.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

int selinux_canonical(const LabelHost *host, const char *text, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(host->root, SELINUXFS "/context");
	_cleanup_fd_ int fd = -EBADF;
	char answer[LABEL_TEXT_MAX + 1];
	char *copy;
	ssize_t n;

	if (!path)
		return error_oom(ret_error);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	if (write(fd, text, strlen(text) + 1) < 0) {
		if (errno == EINVAL)
			return error_set(ret_error, EINVAL,
				"the SELinux policy of this host does not know the context \"%s\": " INSTALL_POLICY,
				text);
		return error_errno(ret_error, errno,
			"cannot query the SELinux policy about the context \"%s\"", text);
	}
	n = pread(fd, answer, LABEL_TEXT_MAX, 0);
	if (n < 0)
		return error_errno(ret_error, errno, "cannot read %s", path);
	answer[n] = '\0';
	copy = strdup(answer);
	if (!copy)
		return error_oom(ret_error);
	*ret = copy;
	return 0;
}
