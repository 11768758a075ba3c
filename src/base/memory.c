/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory that a process needed once.
 */
#include "base/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEGMENTS_MAX 8u

typedef struct Segments {
	struct {
		size_t begin, size;
	} list[SEGMENTS_MAX];
	size_t n;
} Segments;

/* Only what is never written: those pages are the file's. */
static int add_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	Segments *segments = data;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum && segments->n < SEGMENTS_MAX; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		size_t begin = info->dlpi_addr + segment->p_vaddr, above = begin & (page - 1);

		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
			continue;
		segments->list[segments->n].begin = begin - above;
		segments->list[segments->n++].size = segment->p_memsz + above;
	}
	return 1; /* the program comes first; libraries are shared with everybody */
}

void memory_give_back(void)
{
	Segments segments = { .n = 0 };

	(void)malloc_trim(0);
	/* First all of them: the program's headers lie in one, and would come back with it. */
	(void)dl_iterate_phdr(add_segments, &segments);
	for (size_t i = 0; i < segments.n; i++)
		(void)madvise((void *)segments.list[i].begin, segments.list[i].size,
			MADV_DONTNEED); /* an advice: may fail */
}
