/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any bytes as the head of a program.
 */
#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"
#include "host/elf-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_fd_ int fd = memfd_create("program", MFD_CLOEXEC);
	_cleanup_elf_text_ ElfText text = { 0 };

	assert(fd >= 0);
	if (size > 0)
		assert(write(fd, data, size) == (ssize_t)size);
	assert(elf_text_read(fd, &text) == 0);
	assert(strv_length(text.needed) <= ELF_NEEDED_MAX);
	assert(!text.foreign || !text.interpreter);
	return 0;
}
