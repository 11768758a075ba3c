/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory that a process needed once.
 */
#include "base/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

/* Only what is never written: those pages are the file's. */
static int forget_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)data;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		size_t begin = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
			(void)madvise((void *)(begin & ~(page - 1)), /* an advice: may fail */
				segment->p_memsz + (begin & (page - 1)), MADV_DONTNEED);
	}
	return 1; /* the program comes first; libraries are shared with everybody */
}

void memory_give_back(void)
{
	(void)malloc_trim(0);
	(void)dl_iterate_phdr(forget_segments, NULL);
}
