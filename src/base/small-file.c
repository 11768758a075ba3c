/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file inside a container.
 */
#include "base/small-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int read_up_to(int fd, size_t max, char *text)
{
	size_t size = 0;
	ssize_t n = 1;

	while (n > 0 && size < max) {
		n = read(fd, text + size, max - size);
		size += n > 0 ? (size_t)n : 0;
	}
	text[size] = '\0';
	return n < 0 ? -errno : n > 0;
}

int small_file_read(const char *path, size_t max, char **ret)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(max + 1);
	int r = text ? read_up_to(fd, max, text) : -errno;

	if (fd >= 0)
		(void)close(fd);
	if (r >= 0)
		*ret = text;
	else
		free(text);
	return r;
}
