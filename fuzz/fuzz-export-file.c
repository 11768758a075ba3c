/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The outer archive of an exported container, which anybody may have made.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "content/export-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read of a file says the same when it is written again. */
static void check(const ExportFile *file)
{
	_cleanup_export_head_ ExportHead again = {};
	_cleanup_free_ char *text = NULL;

	assert(export_head_format(&file->head, &text, NULL) == 0);
	assert(export_head_parse(text, &again, NULL) == 0);
	assert(strcmp(again.name, file->head.name) == 0 && again.size == file->head.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_fd_ int fd = memfd_create("export", MFD_CLOEXEC);
	_cleanup_export_file_ ExportFile file = {};

	if (fd < 0 || fd_write_all(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) != 0)
		return 0;
	if (export_file_read(fd, &file, NULL) < 0)
		return 0;
	assert(file.offset + file.packed <= size);
	check(&file);
	return 0;
}
